"""The fast twin's arithmetic: each forward beside its backward, all in place.

Every function writes into arrays that the caller allocated once; none allocates an
array of its own. Outputs come first, then inputs. The same equations, allocating and
without tricks, are in `textbook.py`; `tests/` compares the two and both with PyTorch.

`a.dot(W, out=z)` is `np.dot(a, W, out=z)` without NumPy's dispatch: 0.2 µs a call.

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
    a.dot(W, out=z)
    np.add(z, b, out=z)


def linear_backward(dW: Array, db: Array, dz: Array, a: Array, ones: Array) -> None:
    """Write dW = aᵀ dz and db = Σ_batch dz; `ones` is a vector of B ones.

    The sum over the batch is the product of a row of ones with dz: BLAS does it in a
    third of the time of `dz.sum(axis=0)`.
    """
    a.T.dot(dz, out=dW)
    ones.dot(dz, out=db)


def linear_backward_input(da: Array, dz: Array, W: Array) -> None:
    """Write da = dz Wᵀ: da (B, M), dz (B, N)."""
    dz.dot(W.T, out=da)


# --- activations: a = f(z) overwrites z; dz = da ⊙ f'(z) overwrites da --------------
#
# Each derivative is computed from a = f(z), so that z need not be kept. `zeros` and
# `scratch` have the shape of z.


def relu_forward(z: Array, zeros: Array) -> None:
    """Overwrite z with max(z, 0).

    Beside an array of zeros, `np.maximum` takes a quarter of its time beside the
    number 0, for which NumPy has no vector loop.
    """
    np.maximum(z, zeros, out=z)


def relu_backward(da: Array, a: Array, zeros: Array, scratch: Array) -> None:
    """Overwrite da with da where a > 0, else 0. At exactly 0 the derivative is 0.

    The comparison is written as numbers, 1 or 0, for the product to read. An array of
    bool takes as long: what its comparison saves, converting it for the product costs.
    """
    np.greater(a, zeros, out=scratch)
    np.multiply(da, scratch, out=da)


def sigmoid_forward(z: Array, zeros: Array) -> None:
    """Overwrite z with σ(z) = (1 + tanh(z/2)) / 2, which cannot overflow."""
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    np.add(z, 1, out=z)
    np.multiply(z, 0.5, out=z)


def sigmoid_backward(da: Array, a: Array, zeros: Array, scratch: Array) -> None:
    """Overwrite da with da ⊙ a (1 − a)."""
    np.subtract(1, a, out=scratch)
    np.multiply(scratch, a, out=scratch)
    np.multiply(da, scratch, out=da)


def tanh_forward(z: Array, zeros: Array) -> None:
    """Overwrite z with tanh z."""
    np.tanh(z, out=z)


def tanh_backward(da: Array, a: Array, zeros: Array, scratch: Array) -> None:
    """Overwrite da with da ⊙ (1 − a²)."""
    np.multiply(a, a, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.multiply(da, scratch, out=da)


def identity_forward(z: Array, zeros: Array) -> None:
    """Leave z as it is."""


def identity_backward(da: Array, a: Array, zeros: Array, scratch: Array) -> None:
    """Leave da as it is: the derivative is 1."""


Forward = Callable[[Array, Array], None]
Backward = Callable[[Array, Array, Array, Array], None]

ACTIVATIONS: dict[str, tuple[Forward, Backward]] = {
    "relu": (relu_forward, relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "identity": (identity_forward, identity_backward),
}


# --- softmax and cross-entropy, from logits -----------------------------------------


class OutputBuffers:
    """What softmax and its derivative need for a batch of B rows and K classes."""

    def __init__(self, n_rows: int, n_classes: int, dtype: np.dtype[Any]) -> None:
        self.transposed = np.empty((n_classes, n_rows), dtype)
        self.ones = np.ones(n_classes, dtype)
        self.row = np.empty(n_rows, dtype)  # one number per row of the batch
        self.column = self.row[:, np.newaxis]  # the same memory, (B, 1)
        # Element (i, k) of a (B, K) matrix is number i·K + k of its flat view.
        self.row_starts = np.arange(n_rows, dtype=np.intp) * n_classes
        self.positions = np.empty(n_rows, np.intp)


def softmax(logits: Array, work: OutputBuffers) -> None:
    """Overwrite logits with p = exp(z − max z) / Σ exp(z − max z), row by row.

    Without the maximum, exp overflows at logits near 89 (float32) or 710 (float64).
    NumPy is slow along rows as short as ten: the maximum is taken of the transposed
    copy, the sum is a product with a vector of ones.
    """
    work.transposed[...] = logits.T
    np.maximum.reduce(work.transposed, axis=0, out=work.row)
    np.subtract(logits, work.column, out=logits)
    np.exp(logits, out=logits)
    logits.dot(work.ones, out=work.row)
    np.divide(logits, work.column, out=logits)


def subtract_one_hot(matrix: Array, y: IntArray, work: OutputBuffers) -> None:
    """Overwrite matrix[i, y[i]] with matrix[i, y[i]] − 1, for every row i.

    `matrix[rows, y] -= 1` says the same and makes copies.
    """
    flat, values = matrix.reshape(-1), work.row
    np.add(work.row_starts, y, out=work.positions)
    # With mode="raise", NumPy copies through a hidden buffer.
    flat.take(work.positions, out=values, mode="clip")
    np.subtract(values, 1, out=values)
    flat.put(work.positions, values, mode="clip")


def cross_entropy(logits: Array, y: IntArray) -> float:
    """Return mean(log Σⱼ exp zⱼ − z[y]); logits (B, K) are only read.

    For reporting, never inside a training step: this one allocates. From logits, not
    from probabilities, so that p = 0 costs no precision.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(y)), y]).mean())


def softmax_cross_entropy_backward(
    logits: Array, y: IntArray, work: OutputBuffers, scale: float = 1.0
) -> None:
    """Overwrite logits with dlogits = scale · (p − onehot(y)) / B.

    The derivative of softmax followed by cross-entropy is this one difference
    (docs/2-backpropagation.md, equation 7): no Jacobian, no division by p, no
    one-hot matrix. Every gradient is a product with dlogits, so `scale` multiplies
    them all, for the price of nothing.
    """
    softmax(logits, work)
    subtract_one_hot(logits, y, work)
    np.multiply(logits, scale / len(y), out=logits)


class CrossEntropy:
    """What a network minimizes: the two functions above, for it to hold as one thing.

    `regularization.py` has another, with smoothed labels.
    """

    def value(self, logits: Array, y: IntArray) -> float:
        """Return the mean over the batch; logits (B, K) are only read."""
        return cross_entropy(logits, y)

    def backward(
        self, logits: Array, y: IntArray, work: OutputBuffers, scale: float = 1.0
    ) -> None:
        """Overwrite logits with scale · ∂loss/∂logits."""
        softmax_cross_entropy_backward(logits, y, work, scale)
