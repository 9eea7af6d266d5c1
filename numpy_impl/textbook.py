"""A neural network in plain NumPy: one line per equation. Read this file first.

It is never optimised. The fast twin (`network.py`, `layers.py`, `optimizers.py`)
does the same arithmetic in place and is tested against this file; this file is
tested against PyTorch. The numbers in brackets are those of docs/.

Shapes: X (B, n_features) · y (B,) class indices · W (fan_in, fan_out) · b (fan_out,)
`weights` is a list of pairs [(W, b), ...], one per layer. dW means ∂loss/∂W.
"""

import numpy as np

# Each activation f with its derivative f', both as functions of z.       (3) (11)


def sigmoid(z):
    """σ(z) = 1 / (1 + e⁻ᶻ), written so that no exponential overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
}


def forward(weights, X, activation="relu"):
    """Return every pre-activation z and every activation a; the last z are logits."""
    f, _ = ACTIVATIONS[activation]
    zs, activations = [], [X]  #                                             (1)
    for W, b in weights:
        zs.append(activations[-1] @ W + b)  # z = a W + b                    (2)
        activations.append(f(zs[-1]))  # a = f(z)                            (3)
    return zs, activations[:-1]  # no activation after the last layer


def softmax(logits):
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ); the maximum cancels, and keeps exp in range."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))  #                (4)
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, y):
    """Mean over the batch of −log p[y], from logits: log Σ exp(zⱼ) − z[y]."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return (log_sum - shifted[np.arange(len(y)), y]).mean()  #               (5)


def loss_and_gradients(weights, X, y, activation="relu"):
    """Return the mean loss and [(dW, db), ...]: forward, then backpropagation."""
    _, f_prime = ACTIVATIONS[activation]
    zs, activations = forward(weights, X, activation)
    one_hot = np.eye(zs[-1].shape[1], dtype=X.dtype)[y]
    dz = (softmax(zs[-1]) - one_hot) / len(y)  # ∂loss/∂logits = (p − y)/B   (7)
    gradients = []
    for layer in reversed(range(len(weights))):
        dW = activations[layer].T @ dz  # dW = aᵀ dz                         (8)
        db = dz.sum(axis=0)  # db = Σ over the batch of dz                   (9)
        gradients.insert(0, (dW, db))
        if layer > 0:
            da = dz @ weights[layer][0].T  # da = dz Wᵀ                     (10)
            dz = da * f_prime(zs[layer - 1])  # dz = da ⊙ f'(z)             (11)
    return cross_entropy(zs[-1], y), gradients


# Optimizers. θ is one array (a W or a b), g its gradient; each returns the new θ
# and the new memory of that array. L2 decay (12) applies to W, never to b.


def l2(theta, g, weight_decay):
    """g + λθ: the gradient of the loss plus λ/2 ‖θ‖²."""
    return g + weight_decay * theta  #                                      (12)


def sgd(theta, g, velocity, *, learning_rate, momentum=0.0, nesterov=False):
    """Gradient descent with momentum: v ← μv + g, θ ← θ − ηv."""
    velocity = momentum * velocity + g  #                                   (13)
    step = g + momentum * velocity if nesterov else velocity  #             (14)
    return theta - learning_rate * step, velocity  #                        (15)


def adam(theta, g, m, v, t, *, learning_rate, betas=(0.9, 0.999), eps=1e-8):
    """Adam (Kingma & Ba 2015, Algorithm 1); t counts the steps from 1."""
    m = betas[0] * m + (1 - betas[0]) * g  #                                (16)
    v = betas[1] * v + (1 - betas[1]) * g**2  #                             (17)
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)  #      (18)
    return theta - learning_rate * m_hat / (np.sqrt(v_hat) + eps), m, v  #  (19)


def adamw(theta, *args, learning_rate, weight_decay, **kwargs):
    """Adam with decoupled decay (Loshchilov & Hutter 2019): first θ ← θ − ηλθ."""
    theta = theta - learning_rate * weight_decay * theta  #                 (20)
    return adam(theta, *args, learning_rate=learning_rate, **kwargs)
