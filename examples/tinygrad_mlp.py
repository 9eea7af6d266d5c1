"""A framework that the suite does not know, in one file: tinygrad.

    python -m compare check examples/tinygrad_mlp.py:TinygradMLP
    python -m compare --impl numpy examples/tinygrad_mlp.py:TinygradMLP --quick

It needs `pip install tinygrad` (written with 0.14) and clang, a C compiler, which is
called for each new shape: the check takes minutes (`--no-epoch` leaves the longest gate
out). tinygrad finds the gradients; SGD with momentum is written out. This is the
plainest form, without its `TinyJit`.
"""

import numpy as np
from tinygrad import Tensor, dtypes


class TinygradMLP:
    """784-128-64-10 or any other sizes, ReLU, SGD with momentum."""

    def __init__(self, layer_sizes, learning_rate, momentum, batch_size, dtype):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.batch_size, self.dtype = batch_size, dtype

    def tensor(self, array):
        """Copy an array of NumPy's."""
        dtype = dtypes.float64 if self.dtype == "float64" else dtypes.float32
        return Tensor(np.array(array, self.dtype, order="C"), dtype=dtype)

    def set_weights(self, weights):
        """Copy [(W, b), ...] in, W (fan_in, fan_out); forget the velocities."""
        self.params = [self.tensor(p) for pair in weights for p in pair]
        self.velocities = [self.tensor(np.zeros(p.shape)) for p in self.params]

    def get_weights(self):
        """Copy [(W, b), ...] out."""
        copies = [p.numpy().copy() for p in self.params]
        return list(zip(copies[0::2], copies[1::2], strict=True))

    def log_probs(self, X):
        """Return the logarithms of the probabilities, (n_samples, n_classes)."""
        a = self.tensor(X)
        for W, b in zip(self.params[0::2], self.params[1::2], strict=True):
            z = a @ W + b
            a = z.relu()
        return z.log_softmax()

    def predict_proba(self, X):
        """Return (n_samples, n_classes); rows sum to 1."""
        return self.log_probs(X).exp().numpy()

    def loss(self, X, y):
        """Return the mean cross-entropy; one-hot labels pick log p of the class."""
        log_probs = self.log_probs(X)
        one_hot = self.tensor(np.eye(log_probs.shape[1])[y])
        return -(log_probs * one_hot).sum() / len(y)

    def train_epoch(self, X, y, order):
        """Take a step for each batch; batch k is order[k * B : (k + 1) * B]."""
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            gradients = self.loss(X[rows], y[rows]).gradient(*self.params)
            self.velocities = [
                (self.momentum * v + g).detach()
                for v, g in zip(self.velocities, gradients, strict=True)
            ]
            self.params = [
                (p - self.learning_rate * v).detach()
                for p, v in zip(self.params, self.velocities, strict=True)
            ]
            # tinygrad is lazy: nothing is computed before somebody asks for it.
            Tensor.realize(*self.params, *self.velocities)

    def loss_and_gradients(self, X, y):
        """Optional: with it, `check` looks at each gradient by name."""
        loss = self.loss(X, y)
        found = [g.numpy() for g in loss.gradient(*self.params)]
        return float(loss.item()), list(zip(found[0::2], found[1::2], strict=True))
