"""A network of one's own, in one file: a class with the methods of the contract.

    python -m compare check examples/my_mlp.py:MyMLP
    python -m compare --impl numpy examples/my_mlp.py:MyMLP

Hyper-parameters arrive by name: a class takes those that it knows. This one knows
ReLU and SGD with momentum.
"""

import numpy as np


class MyMLP:
    """784-128-64-10 or any other sizes, ReLU, SGD with momentum."""

    def __init__(self, layer_sizes, learning_rate, momentum, batch_size, dtype):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.batch_size, self.dtype = batch_size, dtype

    def set_weights(self, weights):
        """Copy [(W, b), ...] in, W (fan_in, fan_out); forget the velocities."""
        self.params = [np.array(p, self.dtype) for pair in weights for p in pair]
        self.velocities = [np.zeros_like(p) for p in self.params]

    def get_weights(self):
        """Copy [(W, b), ...] out."""
        copies = [p.copy() for p in self.params]
        return list(zip(copies[0::2], copies[1::2], strict=True))

    def forward(self, X):
        """Return what enters each layer, and the logarithms of the probabilities."""
        inputs, a = [], np.asarray(X, self.dtype)
        for W, b in zip(self.params[0::2], self.params[1::2], strict=True):
            inputs.append(a)
            z = a @ W + b
            a = np.maximum(z, 0)
        # log softmax: without the maximum, exp overflows; log p is never log(0).
        z = z - z.max(axis=1, keepdims=True)
        return inputs, z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def predict_proba(self, X):
        """Return (n_samples, n_classes); rows sum to 1."""
        return np.exp(self.forward(X)[1])

    def gradients(self, X, y):
        """Return [dW, db, ...] of the mean cross-entropy, first layer first."""
        inputs, log_probs = self.forward(X)
        one_hot = np.eye(log_probs.shape[1], dtype=self.dtype)[y]
        dz = (np.exp(log_probs) - one_hot) / len(y)
        found = []
        for layer in reversed(range(len(inputs))):
            found = [inputs[layer].T @ dz, dz.sum(axis=0), *found]
            # a > 0 exactly where z > 0. Of the first layer, nobody asks for da.
            dz = dz @ self.params[2 * layer].T * (inputs[layer] > 0)
        return found

    def train_epoch(self, X, y, order):
        """Take a step for each batch; batch k is order[k * B : (k + 1) * B]."""
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            for p, v, g in zip(
                self.params,
                self.velocities,
                self.gradients(X[rows], y[rows]),
                strict=True,
            ):
                v *= self.momentum
                v += g
                p -= self.learning_rate * v

    def loss_and_gradients(self, X, y):
        """Optional: with it, `check` looks at each gradient by name."""
        log_probs = self.forward(X)[1]
        found = self.gradients(X, y)
        pairs = list(zip(found[0::2], found[1::2], strict=True))
        return float(-log_probs[np.arange(len(y)), y].mean()), pairs
