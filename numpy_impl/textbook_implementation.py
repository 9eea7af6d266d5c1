"""The textbook behind the comparison's five methods: slow, and easy to read.

The equations are in `textbook.py`; here they are only called, in order.
"""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpy_impl import textbook
from numpy_impl.checks import (
    OPTIMIZERS,
    check_data,
    check_finite,
    check_offered,
    check_order,
    check_shapes,
)

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]


class TextbookImplementation:
    """The plain twin: `textbook.py`, one array at a time. Slow, and easy to read."""

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...] = (784, 128, 64, 10),
        activation: str = "relu",
        dtype: str = "float32",
        batch_size: int = 64,
        optimizer: str = "sgd",
        learning_rate: float = 0.015,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        check_offered("numpy_impl", activation, textbook.ACTIVATIONS)
        check_offered("numpy_impl", optimizer, OPTIMIZERS)
        if batch_size < 1:
            raise ValueError(f"batch_size must be >= 1, got {batch_size}")
        self.layer_sizes, self.activation = layer_sizes, activation
        self.dtype, self.batch_size = np.dtype(dtype), batch_size
        self.optimizer, self.weight_decay = optimizer, weight_decay
        self._sgd = {
            "learning_rate": learning_rate,
            "momentum": momentum,
            "nesterov": nesterov,
        }
        self._adam = {"learning_rate": learning_rate, "betas": betas, "eps": eps}
        self.set_weights([(np.zeros(W), np.zeros(b)) for W, b in self._shapes()])

    def _shapes(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        return [((m, n), (n,)) for m, n in itertools.pairwise(self.layer_sizes)]

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state."""
        check_shapes(weights, self._shapes())
        self.weights = [
            (np.array(W, self.dtype), np.array(b, self.dtype)) for W, b in weights
        ]
        self._memory = [
            [(np.zeros_like(theta), np.zeros_like(theta)) for theta in pair]
            for pair in self.weights
        ]
        self._t = 0

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        return [(W.copy(), b.copy()) for W, b in self.weights]

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B]."""
        X = np.asarray(X, self.dtype)
        y = check_data(X, y, self.layer_sizes)
        order = check_order(order, len(X))
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(order), self.batch_size):
                rows = order[start : start + self.batch_size]
                self._train_batch(X[rows], y[rows])
        for W, b in self.weights:
            check_finite(W)
            check_finite(b)

    def _train_batch(self, X: Array, y: IntArray) -> None:
        _, gradients = self._loss_and_gradients(X, y)
        self._t += 1
        for layer, (dW, db) in enumerate(gradients):
            W, b = self.weights[layer]
            memory = self._memory[layer]
            W, memory[0] = self._update(W, dW, memory[0], self.weight_decay)
            b, memory[1] = self._update(b, db, memory[1], 0.0)
            self.weights[layer] = (W, b)

    def _update(
        self, theta: Array, g: Array, memory: tuple[Array, Array], decay: float
    ) -> tuple[Array, tuple[Array, Array]]:
        if self.optimizer == "adamw":
            theta, m, v = textbook.adamw(
                theta, g, *memory, self._t, weight_decay=decay, **self._adam
            )
            return theta, (m, v)
        g = textbook.l2(theta, g, decay)
        if self.optimizer == "adam":
            theta, m, v = textbook.adam(theta, g, *memory, self._t, **self._adam)
            return theta, (m, v)
        theta, velocity = textbook.sgd(theta, g, memory[0], **self._sgd)
        return theta, (velocity, memory[1])

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        X = np.asarray(X, self.dtype)
        probs: Array = textbook.softmax(self._logits(X))
        return probs

    def _logits(self, X: Array) -> Array:
        zs, _ = textbook.forward(self.weights, X, self.activation)
        logits: Array = zs[-1]
        return logits

    def _loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        loss, gradients = textbook.loss_and_gradients(
            self.weights, X, y, self.activation
        )
        return float(loss), gradients

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        X = np.asarray(X, self.dtype)
        y = check_data(X, y, self.layer_sizes)
        return self._loss_and_gradients(X, y)
