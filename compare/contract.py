"""The contract that an implementation satisfies to take part.

It is structural: nobody imports or inherits it. A class with these methods, in one
file, is enough. Refuses to import any framework.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]
"""[(W, b), ...], one pair per layer; W (fan_in, fan_out), b (fan_out,).

Of a convolution, W is (out_channels, in_channels, k, k) and b (out_channels,).
"""

METHODS = ("set_weights", "get_weights", "train_epoch", "predict_proba")


@runtime_checkable
class Implementation(Protocol):
    """One network that can be trained. Its hyper-parameters are fixed at creation."""

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state."""

    def get_weights(self) -> Weights:
        """Return copies of the weights."""

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Train on each row of `order` once. THE timed method.

        X (n_samples, n_features) and y (n_samples,), class indices, are only read.
        Batch k is order[k·B : (k+1)·B]; the last may be short. Each batch is one
        optimizer step on the mean loss over the batch.
        """

    def predict_proba(self, X: Array) -> Array:
        """Return probabilities, (n_samples, n_classes); rows sum to 1."""


@runtime_checkable
class WithGradients(Implementation, Protocol):
    """The optional method, which lets `check` look at each gradient by name."""

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean loss over the batch, without L2, and its gradients."""
