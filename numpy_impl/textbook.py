"""A neural network in plain NumPy: one line per equation. Read this file first.

The numbers in brackets are those of docs/, where each equation is derived. The fast
twin (`network.py`, `layers.py`, `optimizers.py`) does the same arithmetic and is
tested against this file; this file is tested against PyTorch. It is never optimised.

Shapes: X (B, n_features) · y (B,) class indices · W (fan_in, fan_out) · b (fan_out,)
`weights` is a list of pairs [(W, b), ...], one per layer. dW means ∂loss/∂W.

`python -m numpy_impl.textbook` trains the network on MNIST, in a few seconds.
"""

import gzip
from pathlib import Path

import numpy as np

# --- activations: f(z) and its derivative f'(z), for each element of z ----------------


def sigmoid(z):
    """σ(z) = 1 / (1 + e⁻ᶻ), written so that no exponential overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),  # (12)
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),  # (13)
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),  # (14)
    "identity": (lambda z: z, lambda z: np.ones_like(z)),  # (15)
}

# --- forward: from pixels to probabilities -------------------------------------------


def forward(weights, X, activation="relu"):
    """Return zs and inputs: zs[l] = inputs[l] W + b of layer l; zs[-1] are logits."""
    f, _ = ACTIVATIONS[activation]
    zs, inputs = [], []
    a = X  # (1)
    for W, b in weights:
        inputs.append(a)
        zs.append(a @ W + b)  # z = a W + b (2)
        a = f(zs[-1])  # a = f(z); not used after the last layer (3)
    return zs, inputs


def softmax(logits):
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ). Subtracting the maximum only prevents overflow."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)  # (4)


def cross_entropy(logits, y):
    """Mean over the batch of −log p[y], where −log p[y] = log Σⱼ exp(zⱼ) − z[y]."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    rows = np.arange(len(y))  # shifted[rows, y]: from row i, the column y[i]
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, y]  # (5)
    return losses.mean()  # (6)


# --- backward: the gradient of the loss ----------------------------------------------


def loss_and_gradients(weights, X, y, activation="relu"):
    """Return the mean loss and [(dW, db), ...]: forward, then backpropagation."""
    zs, inputs = forward(weights, X, activation)
    return cross_entropy(zs[-1], y), backward(weights, zs, inputs, y, activation)[0]


def backward(weights, zs, inputs, y, activation="relu"):
    """Return [(dW, db), ...] and dz of the first layer; zs, inputs from `forward`."""
    _, f_prime = ACTIVATIONS[activation]
    n_classes, dtype = zs[-1].shape[1], zs[-1].dtype
    one_hot = np.eye(n_classes, dtype=dtype)[y]  # row k of eye: 1 in place k, else 0
    dz = (softmax(zs[-1]) - one_hot) / len(y)  # dz = (p − one-hot) / B (7)
    gradients = []
    for layer in reversed(range(len(weights))):
        dW = inputs[layer].T @ dz  # dW = aᵀ dz (8)
        db = dz.sum(axis=0)  # db = Σ over the batch of dz (9)
        gradients.insert(0, (dW, db))
        if layer > 0:
            da = dz @ weights[layer][0].T  # da = dz Wᵀ (10)
            dz = da * f_prime(zs[layer - 1])  # dz = da ⊙ f'(z) (11)
    return gradients, dz


# --- optimizers: θ is one array (a W or a b), g its gradient -------------------------
#
# Each returns the new θ and what must be remembered for the next step.


def l2(theta, g, weight_decay):
    """The gradient of loss + λ/2 ‖θ‖². Only for a W: a b is not decayed."""
    return g + weight_decay * theta  # (16)


def sgd(theta, g, velocity, *, learning_rate, momentum=0.0, nesterov=False):
    """Gradient descent: v ← μ v + g, then θ ← θ − η v (Nesterov: g + μ v for v)."""
    velocity = momentum * velocity + g  # (17)
    step = g + momentum * velocity if nesterov else velocity  # (18)
    return theta - learning_rate * step, velocity  # (19)


def adam(theta, g, m, v, t, *, learning_rate, betas=(0.9, 0.999), eps=1e-8):
    """Adam (Kingma & Ba 2015, Algorithm 1); t counts the steps from 1."""
    m = betas[0] * m + (1 - betas[0]) * g  # (20)
    v = betas[1] * v + (1 - betas[1]) * g**2  # (21)
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)  # (22)
    return theta - learning_rate * m_hat / (np.sqrt(v_hat) + eps), m, v  # (23)


def adamw(
    theta, g, m, v, t, *, learning_rate, weight_decay, betas=(0.9, 0.999), eps=1e-8
):
    """Adam with decoupled decay (Loshchilov & Hutter 2019): first θ ← (1 − ηλ) θ."""
    theta = theta - learning_rate * weight_decay * theta  # (24)
    return adam(theta, g, m, v, t, learning_rate=learning_rate, betas=betas, eps=eps)


# --- training: one step of the optimizer for each batch ------------------------------


def train_epoch(weights, velocities, X, y, order, *, batch_size=64, **settings):
    """Go once through the data; `weights` and `velocities` get the new arrays.

    `order` lists the rows of X; batch k is order[k·B : (k+1)·B], the last may be short.
    `settings` are those of `sgd`. Velocities start as [(0, 0), ...].
    """
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        _, gradients = loss_and_gradients(weights, X[rows], y[rows])
        for layer, (dW, db) in enumerate(gradients):
            (W, b), (vW, vb) = weights[layer], velocities[layer]
            W, vW = sgd(W, dW, vW, **settings)
            b, vb = sgd(b, db, vb, **settings)
            weights[layer], velocities[layer] = (W, b), (vW, vb)


def read_mnist(part):
    """Return X (n, 784) in [0, 1] and y (n,); part is "train" or "t10k", the test set.

    An IDX file has 16 bytes (images) or 8 (labels) before the numbers, one byte each.
    """
    folder = Path(__file__).parents[1] / "data" / "mnist"
    X = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    y = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    X, y = np.frombuffer(X, np.uint8), np.frombuffer(y, np.uint8)
    return X.reshape(-1, 784).astype(np.float32) / 255, y


if __name__ == "__main__":
    (X, y), (X_test, y_test) = read_mnist("train"), read_mnist("t10k")
    rng = np.random.default_rng(0)
    weights = []
    for fan_in, fan_out in [(784, 128), (128, 64), (64, 10)]:
        W = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)).astype(np.float32)
        weights.append((W, np.zeros(fan_out, np.float32)))
    velocities = [(0, 0)] * len(weights)
    for epoch in range(1, 6):
        order = rng.permutation(len(X))
        train_epoch(weights, velocities, X, y, order, learning_rate=0.015, momentum=0.9)
        zs, _ = forward(weights, X_test)
        correct = np.mean(zs[-1].argmax(axis=1) == y_test)
        print(f"epoch {epoch}: {correct:.2%} of the 10,000 test images are recognised")
