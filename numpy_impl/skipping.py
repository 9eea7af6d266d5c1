"""The fast network that leaves out what is exactly zero in a batch.

A pixel that is 0 in all images of a batch adds 0 · W to every z, and its row of dW is
0. In 64 images of MNIST that is so for 37 of 100 pixels. They are looked for anew in
every batch, and the products of the first layer are made without them: of X only the
columns that are used, of W only the rows. A compiled graph cannot do that, because its
shapes are fixed before it has seen a batch.

All of it happens within the step: nothing is prepared beforehand, and any data will do.
Refuses to be: a sparse matrix. A pixel that one image uses is computed for all.
"""

from typing import Any

import numpy as np

from numpy_impl.layers import Array, IntArray
from numpy_impl.network import Network, Workspace

# Packing and unpacking cost about a fifth of the products of the first layer: only if
# fewer columns than this part are used, they are packed.
PACK_BELOW = 0.8
BITS = {"float32": np.int32, "float64": np.int64}


class SkippingNetwork(Network):
    """`Network`, its first layer without the inputs that are 0 in the whole batch."""

    def __init__(self, layer_sizes: tuple[int, ...], **options: Any) -> None:
        super().__init__(layer_sizes, **options)
        n_features = self.layer_sizes[0]
        self._seen = np.empty(n_features, BITS[self.dtype.name])
        self._packed_W = np.empty_like(self.W[0])
        self._packed_dW = np.empty_like(self.W[0])
        self._packed_X = np.empty(0, self.dtype)

    def backpropagate(self, work: Workspace, *, scale: float = 1.0) -> None:
        """Write scale · ∂loss/∂θ into `grads`, for the batch in `work`."""
        used = self._used_columns(work.X)
        if len(used) > PACK_BELOW * self.layer_sizes[0]:
            super().backpropagate(work, scale=scale)
            return
        X = self._columns(work.X, used)
        W, dW = self.W[0], self.dW[0]
        self.W[0] = W_used = self._packed_W[: len(used)]
        self.dW[0] = dW_used = self._packed_dW[: len(used)]
        W.take(used, axis=0, out=W_used, mode="clip")
        try:
            self._forward(work, X)
            self._backward(work, X, work.y, scale)
        finally:
            self.W[0], self.dW[0] = W, dW
        self._work = self._input = None
        dW[self._seen == 0] = 0
        dW[used] = dW_used

    def _used_columns(self, X: Array) -> IntArray:
        """Return the columns with anything but 0; by their bits, so −0.0 is used."""
        np.bitwise_or.reduce(X.view(self._seen.dtype), axis=0, out=self._seen)
        return np.flatnonzero(self._seen)

    def _columns(self, X: Array, used: IntArray) -> Array:
        """Return X[:, used] in memory that is kept from batch to batch."""
        if self._packed_X.size < X.size:
            self._packed_X = np.empty(X.size, self.dtype)
        packed = self._packed_X[: len(X) * len(used)].reshape(len(X), len(used))
        X.take(used, axis=1, out=packed, mode="clip")
        return packed
