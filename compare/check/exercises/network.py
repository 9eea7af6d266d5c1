"""A small neural network in NumPy: forward, backward and three optimizers."""

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


class MyMLP:
    """A multi-layer perceptron, trained by SGD, Adam or AdamW."""

    def __init__(
        self,
        *,
        layer_sizes=(784, 128, 64, 10),
        activation="relu",
        optimizer="sgd",
        learning_rate=0.015,
        momentum=0.9,
        nesterov=False,
        weight_decay=0.0,
        betas=(0.9, 0.999),
        eps=1e-8,
        batch_size=64,
        dtype="float32",
    ):
        self.layer_sizes, self.activation = layer_sizes, activation
        self.optimizer, self.learning_rate = optimizer, learning_rate
        self.momentum, self.nesterov = momentum, nesterov
        self.weight_decay = weight_decay
        self.betas, self.eps = betas, eps
        self.batch_size = batch_size
        self.dtype = np.dtype(dtype)

    # --- weights in and out ---

    def set_weights(self, weights):
        """Copy [(W, b), ...] in and forget what the optimizer remembers."""
        self.W = [np.array(W, self.dtype) for W, _ in weights]
        self.b = [np.array(b, self.dtype) for _, b in weights]
        # what the optimizer remembers: velocity, or m and v, and the number of steps
        self.m = [np.zeros_like(theta) for theta in self.W + self.b]
        self.v = [np.zeros_like(theta) for theta in self.W + self.b]
        self.t = 0

    def get_weights(self):
        """Return copies, [(W, b), ...]."""
        return [(W.copy(), b.copy()) for W, b in zip(self.W, self.b, strict=True)]

    # --- forward ---

    def f(self, z):
        """The activation."""
        if self.activation == "relu":
            return np.maximum(z, 0)
        if self.activation == "sigmoid":
            return sigmoid(z)
        if self.activation == "tanh":
            return np.tanh(z)
        return z

    def f_prime(self, z):
        """Its derivative, as a function of z."""
        if self.activation == "relu":
            return (z > 0).astype(z.dtype)
        if self.activation == "sigmoid":
            return sigmoid(z) * (1 - sigmoid(z))
        if self.activation == "tanh":
            return 1 - np.tanh(z) ** 2
        return np.ones_like(z)

    def forward(self, X):
        """Return zs and activations; the last of both are the logits."""
        a = X.astype(self.dtype)
        zs, activations = [], [a]
        last = len(self.W) - 1
        for layer in range(len(self.W)):
            z = a @ self.W[layer] + self.b[layer]
            a = self.f(z) if layer < last else z
            zs.append(z)
            activations.append(a)
        return zs, activations

    def softmax(self, logits):
        """exp(z) / sum of exp(z), for each row."""
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def predict_proba(self, X):
        """Return probabilities, (n_samples, n_classes)."""
        return self.softmax(self.forward(X)[1][-1])

    def cross_entropy(self, logits, y):
        """Mean of -log p[y] over the batch."""
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -log_probs[np.arange(len(y)), y].mean()

    # --- backward ---

    def backward(self, X, y):
        """Yield layer, dW, db, from the last layer to the first."""
        zs, activations = self.forward(X)
        probs = self.softmax(activations[-1])
        one_hot = np.eye(probs.shape[1], dtype=self.dtype)[y]
        dz = (probs - one_hot) / len(y)
        for layer in reversed(range(len(self.W))):
            dW = activations[layer].T @ dz
            db = dz.sum(axis=0)
            yield layer, dW, db
            if layer > 0:
                da = dz @ self.W[layer].T
                dz = da * self.f_prime(zs[layer - 1])

    def loss_and_gradients(self, X, y):
        """Return the mean loss and [(dW, db), ...]."""
        loss = self.cross_entropy(self.forward(X)[1][-1], y)
        gradients = [(dW, db) for _, dW, db in self.backward(X, y)]
        return float(loss), gradients[::-1]

    # --- training ---

    def train_epoch(self, X, y, order):
        """One step for each batch; batch k is order[k * B : (k + 1) * B]."""
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            self.train_batch(X[rows], y[rows])

    def train_batch(self, X, y):
        """One step of the optimizer."""
        self.t += 1
        for layer, dW, db in list(self.backward(X, y)):
            if self.optimizer == "adamw":
                self.W[layer] *= 1 - self.learning_rate * self.weight_decay
            else:
                dW = dW + self.weight_decay * self.W[layer]
            self.step(self.W[layer], dW, layer)
            self.step(self.b[layer], db, layer + len(self.W))

    def step(self, theta, g, k):
        """Change theta in place; k is the number of its memory."""
        if self.optimizer == "sgd":
            self.sgd(theta, g, k)
        else:
            self.adam(theta, g, k)

    def sgd(self, theta, g, k):
        """v = momentum * v + g, theta -= learning_rate * v."""
        self.v[k] = self.momentum * self.v[k] + g
        move = g + self.momentum * self.v[k] if self.nesterov else self.v[k]
        theta -= self.learning_rate * move

    def adam(self, theta, g, k):
        """Kingma and Ba, algorithm 1."""
        beta1, beta2 = self.betas
        self.m[k] = beta1 * self.m[k] + (1 - beta1) * g
        self.v[k] = beta2 * self.v[k] + (1 - beta2) * g**2
        m_hat = self.m[k] / (1 - beta1**self.t)
        v_hat = self.v[k] / (1 - beta2**self.t)
        theta -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)
