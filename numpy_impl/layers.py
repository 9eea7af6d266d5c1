"""The fast twin's arithmetic: each forward beside its backward, all in place.

Every function writes into arrays that the caller allocated once; none allocates an
array of its own. Outputs come first, then inputs. The same equations, allocating and
without tricks, are in `textbook.py`; `tests/` compares the two and both with PyTorch.

Letters: B = batch size, M = fan_in, N = fan_out, K = number of classes.
Refuses to be: a general layer library. These are the operations of one network.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


# --- linear: z = a W + b ------------------------------------------------------------


def linear_forward(z: Array, a: Array, W: Array, b: Array) -> None:
    """Write z = a W + b: z (B, N), a (B, M), W (M, N), b (N,)."""
    np.dot(a, W, out=z)
    np.add(z, b, out=z)


def linear_backward(dW: Array, db: Array, dz: Array, a: Array, ones: Array) -> None:
    """Write dW = aᵀ dz and db = Σ_batch dz; `ones` is a vector of B ones.

    The sum over the batch is the product of a row of ones with dz: BLAS does it in a
    third of the time of `dz.sum(axis=0)`.
    """
    np.dot(a.T, dz, out=dW)
    np.dot(ones, dz, out=db)


def linear_backward_input(da: Array, dz: Array, W: Array) -> None:
    """Write da = dz Wᵀ: da (B, M), dz (B, N)."""
    np.dot(dz, W.T, out=da)


# --- activations: a = f(z) overwrites z; dz = da ⊙ f'(z) overwrites da --------------
#
# Each derivative is computed from a = f(z), so that z need not be kept. `scratch` has
# the shape of z; `mask` too, of type bool.


def relu_forward(z: Array, scratch: Array) -> None:
    """Overwrite z with max(z, 0)."""
    np.maximum(z, 0, out=z)


def relu_backward(da: Array, a: Array, mask: NDArray[np.bool_], scratch: Array) -> None:
    """Overwrite da with da where a > 0, else 0. At exactly 0 the derivative is 0."""
    np.greater(a, 0, out=mask)
    np.multiply(da, mask, out=da)


def sigmoid_forward(z: Array, scratch: Array) -> None:
    """Overwrite z with σ(z) = (1 + tanh(z/2)) / 2, which cannot overflow."""
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    np.add(z, 1, out=z)
    np.multiply(z, 0.5, out=z)


def sigmoid_backward(
    da: Array, a: Array, mask: NDArray[np.bool_], scratch: Array
) -> None:
    """Overwrite da with da ⊙ a (1 − a)."""
    np.subtract(1, a, out=scratch)
    np.multiply(scratch, a, out=scratch)
    np.multiply(da, scratch, out=da)


def tanh_forward(z: Array, scratch: Array) -> None:
    """Overwrite z with tanh z."""
    np.tanh(z, out=z)


def tanh_backward(da: Array, a: Array, mask: NDArray[np.bool_], scratch: Array) -> None:
    """Overwrite da with da ⊙ (1 − a²)."""
    np.multiply(a, a, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.multiply(da, scratch, out=da)


def identity_forward(z: Array, scratch: Array) -> None:
    """Leave z as it is."""


def identity_backward(
    da: Array, a: Array, mask: NDArray[np.bool_], scratch: Array
) -> None:
    """Leave da as it is: the derivative is 1."""


Forward = Callable[[Array, Array], None]
Backward = Callable[[Array, Array, NDArray[np.bool_], Array], None]

ACTIVATIONS: dict[str, tuple[Forward, Backward]] = {
    "relu": (relu_forward, relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "identity": (identity_forward, identity_backward),
}


# --- softmax and cross-entropy, from logits -----------------------------------------


def softmax(logits: Array, row: Array) -> None:
    """Overwrite logits with p = exp(z − max z) / Σ exp(z − max z); `row` is (B, 1).

    Without the maximum, exp overflows at logits near 89 (float32) or 710 (float64).
    """
    np.max(logits, axis=1, keepdims=True, out=row)
    np.subtract(logits, row, out=logits)
    np.exp(logits, out=logits)
    np.sum(logits, axis=1, keepdims=True, out=row)
    np.divide(logits, row, out=logits)


def cross_entropy(logits: Array, y: IntArray) -> float:
    """Return mean(log Σⱼ exp zⱼ − z[y]); logits (B, K) are only read.

    For reporting, never inside a training step: this one allocates. From logits, not
    from probabilities, so that p = 0 costs no precision.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(y)), y]).mean())


def softmax_cross_entropy_backward(
    logits: Array, y: IntArray, targets: "Targets", row: Array
) -> None:
    """Overwrite logits with dlogits = (p − onehot(y)) / B.

    The derivative of softmax followed by cross-entropy is this one difference
    (docs/2-backpropagation.md, equation 7): no Jacobian, no division by p, no
    one-hot matrix. `row` is a (B, 1) scratch column.
    """
    softmax(logits, row)
    targets.subtract_one(logits, y)
    np.multiply(logits, 1 / len(y), out=logits)


class Targets:
    """Subtract 1 at (i, y[i]) without allocating: `logits[rows, y] -= 1` makes copies.

    Element (i, k) of a (B, K) matrix is number i·K + k of its flat view.
    """

    def __init__(self, batch_size: int, n_classes: int, dtype: np.dtype[Any]) -> None:
        self._row_starts = np.arange(batch_size, dtype=np.intp) * n_classes
        self._positions = np.empty(batch_size, dtype=np.intp)
        self._values = np.empty(batch_size, dtype=dtype)

    def subtract_one(self, matrix: Array, y: IntArray) -> None:
        """Overwrite matrix[i, y[i]] with matrix[i, y[i]] − 1, for every row i."""
        flat = matrix.reshape(-1)
        np.add(self._row_starts, y, out=self._positions)
        # With mode="raise", NumPy copies through a hidden buffer.
        flat.take(self._positions, out=self._values, mode="clip")
        np.subtract(self._values, 1, out=self._values)
        flat.put(self._positions, self._values, mode="clip")
