"""A neural network in plain NumPy: one line per equation. Read this file first.

The numbers in brackets are those of docs/, where each equation is derived. The fast
twin (`network.py`, `layers.py`, `optimizers.py`) does the same arithmetic and is
tested against this file; this file is tested against PyTorch. It is never optimised.

Shapes: X (B, n_features) · y (B,) class indices · W (fan_in, fan_out) · b (fan_out,)
`weights` is a list of pairs [(W, b), ...], one per layer. dW means ∂loss/∂W.
"""

import numpy as np

# --- forward: from pixels to probabilities -------------------------------------------


def forward(weights, X, activation="relu"):
    """Return zs and inputs: zs[l] = inputs[l] W + b of layer l; zs[-1] are logits."""
    f, _ = ACTIVATIONS[activation]
    zs, inputs = [], []
    a = X  #                                                                     (1)
    for W, b in weights:
        inputs.append(a)
        zs.append(a @ W + b)  # z = a W + b                                      (2)
        a = f(zs[-1])  # a = f(z); not used after the last layer                 (3)
    return zs, inputs


def softmax(logits):
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ). Taking off the maximum changes nothing but range."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)  #                                   (4)


def cross_entropy(logits, y):
    """Mean over the batch of −log p[y], where −log p[y] = log Σⱼ exp(zⱼ) − z[y]."""
    z = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]  #          (5)
    return losses.mean()  #                                                      (6)


# --- backward: the gradient of the loss ----------------------------------------------


def loss_and_gradients(weights, X, y, activation="relu"):
    """Return the mean loss and [(dW, db), ...]: forward, then backpropagation."""
    _, f_prime = ACTIVATIONS[activation]
    zs, inputs = forward(weights, X, activation)
    one_hot = np.eye(zs[-1].shape[1], dtype=X.dtype)[y]
    dz = (softmax(zs[-1]) - one_hot) / len(y)  # dz = (p − one-hot) / B          (7)
    gradients = []
    for layer in reversed(range(len(weights))):
        dW = inputs[layer].T @ dz  # dW = aᵀ dz                                  (8)
        db = dz.sum(axis=0)  # db = Σ over the batch of dz                       (9)
        gradients.insert(0, (dW, db))
        if layer > 0:
            da = dz @ weights[layer][0].T  # da = dz Wᵀ                         (10)
            dz = da * f_prime(zs[layer - 1])  # dz = da ⊙ f'(z)                 (11)
    return cross_entropy(zs[-1], y), gradients


def sigmoid(z):
    """σ(z) = 1 / (1 + e⁻ᶻ), written so that no exponential overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


# f(z) and its derivative f'(z)
ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),  # (12)
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),  #           (13)
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),  #                        (14)
    "identity": (lambda z: z, lambda z: np.ones_like(z)),  #                    (15)
}

# --- optimizers: θ is one array (a W or a b), g its gradient -------------------------
#
# Each returns the new θ and what must be remembered for the next step.


def l2(theta, g, weight_decay):
    """The gradient of loss + λ/2 ‖θ‖². For a W; a b is not decayed."""
    return g + weight_decay * theta  #                                          (16)


def sgd(theta, g, velocity, *, learning_rate, momentum=0.0, nesterov=False):
    """Gradient descent: v ← μ v + g, then θ ← θ − η v (Nesterov: g + μ v for v)."""
    velocity = momentum * velocity + g  #                                       (17)
    step = g + momentum * velocity if nesterov else velocity  #                 (18)
    return theta - learning_rate * step, velocity  #                            (19)


def adam(theta, g, m, v, t, *, learning_rate, betas=(0.9, 0.999), eps=1e-8):
    """Adam (Kingma & Ba 2015, Algorithm 1); t counts the steps from 1."""
    m = betas[0] * m + (1 - betas[0]) * g  #                                    (20)
    v = betas[1] * v + (1 - betas[1]) * g**2  #                                 (21)
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)  #          (22)
    return theta - learning_rate * m_hat / (np.sqrt(v_hat) + eps), m, v  #      (23)


def adamw(theta, *args, learning_rate, weight_decay, **kwargs):
    """Adam with decoupled decay (Loshchilov & Hutter 2019): first θ ← (1 − ηλ) θ."""
    theta = theta - learning_rate * weight_decay * theta  #                     (24)
    return adam(theta, *args, learning_rate=learning_rate, **kwargs)
