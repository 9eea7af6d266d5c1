"""The compiled network behind the comparison's five methods, and nothing else.

Python makes the arrays, once, and hands a whole epoch to `kernels.epoch`.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numba_impl import kernels
from numba_impl.checks import (
    check_data,
    check_features,
    check_finite,
    check_offered,
    check_order,
    check_weights,
)

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]

# Rows per forward pass in prediction: enough for BLAS, small enough for the cache.
PREDICT_ROWS = 1024


class Room(NamedTuple):
    """Every array that a batch needs, allocated once for the largest one so far."""

    z: Array
    dz: Array
    batch: Array
    packed_W: Array  # noqa: N815  # W is the name of the field
    packed_dW: Array  # noqa: N815
    labels: IntArray
    seen: Array
    used: IntArray


class NumbaImplementation:
    """The network by hand in compiled loops.

    Parameters
    ----------
    layer_sizes, activation, dtype, batch_size, optimizer, learning_rate, momentum, \
nesterov, weight_decay, betas, eps
        The comparison's hyper-parameters.
    skip_zeros : bool
        Leave out the columns that are 0 in all rows of a batch, which each batch is
        searched for anew.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...],
        activation: str,
        dtype: str,
        batch_size: int,
        optimizer: str,
        learning_rate: float,
        momentum: float,
        nesterov: bool,
        weight_decay: float,
        betas: tuple[float, float],
        eps: float,
        skip_zeros: bool = False,
    ) -> None:
        check_offered("numba_impl", activation, kernels.ACTIVATIONS)
        check_offered("numba_impl", optimizer, kernels.OPTIMIZERS)
        self.layer_sizes, self.batch_size = tuple(layer_sizes), batch_size
        self.dtype = np.dtype(dtype)
        self._activation = kernels.ACTIVATIONS[activation]
        self._skip_zeros = skip_zeros
        self._rule = (
            kernels.OPTIMIZERS[optimizer],
            bool(nesterov),
            float(learning_rate),
            float(momentum),
            float(weight_decay),
            float(betas[0]),
            float(betas[1]),
            float(eps),
        )
        pairs = list(itertools.pairwise(self.layer_sizes))
        n_params = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairs)
        self._sizes = np.array(self.layer_sizes, np.int64)
        # θ, its gradient, and what the optimizer remembers: velocity, or two moments.
        self._flat = tuple(np.zeros(n_params, self.dtype) for _ in range(4))
        self._room_rows = 0
        self._t = 0

    def _room(self, n_rows: int) -> Room:
        if n_rows > self._room_rows:
            kind, n_features = self.dtype, self.layer_sizes[0]
            n_outputs = n_rows * sum(self.layer_sizes[1:])
            shape = self.layer_sizes[:2]
            self._arrays = Room(
                np.empty(n_outputs, kind),
                np.empty(n_outputs, kind),
                np.empty(n_rows * n_features, kind),
                np.empty(shape, kind),
                np.empty(shape, kind),
                np.empty(n_rows, np.int64),
                np.empty(n_features, kind),
                np.empty(n_features + 1, np.int64),
            )
            self._room_rows = n_rows
        return self._arrays

    def _pairs(self, flat: Array) -> Weights:
        """Return views into θ or its gradient, [(W, b), ...]."""
        return [
            (
                kernels.weight(flat, self._sizes, layer),
                kernels.bias(flat, self._sizes, layer),
            )
            for layer in range(len(self.layer_sizes) - 1)
        ]

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        check_weights(weights, self.layer_sizes)
        for (W, b), (W_new, b_new) in zip(
            self._pairs(self._flat[0]), weights, strict=True
        ):
            W[...], b[...] = W_new, b_new
        for memory in self._flat[2:]:
            memory.fill(0)
        self._t = 0

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        return [(W.copy(), b.copy()) for W, b in self._pairs(self._flat[0])]

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        Raises
        ------
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range.
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        X = self._matrix(X)
        y = np.require(check_data(X, y, self.layer_sizes), requirements="W")
        order = np.require(check_order(order, len(X)), requirements="W")
        self._train(X, y, order)
        check_finite(self._flat[0])

    def _train(self, X: Array, y: IntArray, order: IntArray) -> None:
        self._t = kernels.epoch(
            self._flat,
            self._room(min(len(order), self.batch_size)),
            self._sizes,
            X,
            y,
            order,
            self.batch_size,
            self._t,
            self._rule,
            self._activation,
            self._skip_zeros,
        )

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        check_features(X, self.layer_sizes)
        X = self._matrix(X)
        probs = np.empty((len(X), self.layer_sizes[-1]), self.dtype)
        for start in range(0, len(X), PREDICT_ROWS):
            rows = X[start : start + PREDICT_ROWS]
            kernels.probabilities(
                probs[start : start + PREDICT_ROWS],
                self._flat,
                self._room(len(rows)),
                self._sizes,
                rows,
                self._activation,
            )
        return probs

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        X = self._matrix(X)
        y = np.require(check_data(X, y, self.layer_sizes), requirements="W")
        room, f = self._room(len(X)), self._activation
        loss = kernels.loss(self._flat, room, self._sizes, X, y, f)
        rows = np.arange(len(X))
        kernels.gradients(self._flat, room, self._sizes, X, y, rows, f, False)
        pairs = self._pairs(self._flat[1])
        return float(loss), [(dW.copy(), db.copy()) for dW, db in pairs]

    def _matrix(self, X: Array) -> Array:
        """Return X in our dtype and in C order; copied if it cannot be written to.

        Nothing here writes to it, but Numba would compile another program for it.
        """
        return np.require(X, self.dtype, ["C", "W"])
