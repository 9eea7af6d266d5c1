"""The network: one flat vector of parameters, one of gradients, named views into both.

    params = [ W[0] | W[1] | ... | b[0] | b[1] | ... ]        grads alike

An optimizer then needs one loop over one array, and `net.W[1]` is still the matrix of
the second layer. `forward` and `backward` write into arrays that are allocated once
for each batch size. The same method without tricks: `textbook.py`.
"""

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpy_impl import layers
from numpy_impl.checks import check_offered
from numpy_impl.layers import Array, CrossEntropy, IntArray

MAX_WORKSPACES = 8


class Workspace:
    """Every array that a batch of `n_rows` needs, allocated once."""

    def __init__(
        self, n_rows: int, layer_sizes: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        widths = layer_sizes[1:]
        self.X = np.empty((n_rows, layer_sizes[0]), dtype)  # a gathered batch
        self.y = np.empty(n_rows, np.int64)
        self.z = [np.empty((n_rows, n), dtype) for n in widths]  # becomes a = f(z)
        self.dz = [np.empty((n_rows, n), dtype) for n in widths[:-1]]
        self.scratch = [np.empty((n_rows, n), dtype) for n in widths[:-1]]
        self.zeros = [np.zeros((n_rows, n), dtype) for n in widths[:-1]]
        self.ones = np.ones(n_rows, dtype)
        self.output = layers.OutputBuffers(n_rows, widths[-1], dtype)

    @property
    def first_dz(self) -> Array:
        """The dz of the first dense layer, where a backward pass has left it."""
        return self.dz[0] if self.dz else self.z[0]


def _n_biases(shape: tuple[int, ...]) -> int:
    """Return one for each output: the last size of a matrix, the first of kernels."""
    return shape[-1] if len(shape) == 2 else shape[0]


class Network:
    """A multi-layer perceptron: a ← f(a W + b) layer by layer, logits at the end.

    Parameters
    ----------
    layer_sizes : tuple of int
        Features, hidden layers, classes: (784, 128, 64, 10). At least two entries.
    activation : {"relu", "sigmoid", "tanh", "identity"}
        f, after every layer but the last.
    dtype : "float32" or "float64"
        Of every array; nothing is ever converted on the way.
    objective : CrossEntropy, optional
        What is minimized; by default the plain mean cross-entropy.

    Attributes
    ----------
    params, grads : ndarray of shape (n_params,)
        θ and ∂loss/∂θ; all weights first, then all biases. Zero until set.
    W, b, dW, db : lists of ndarray, one per layer
        Views into params and grads; W[l] (fan_in, fan_out), b[l] (fan_out,).
    n_weights : int
        params[:n_weights] are the weights.
    """

    # Per forward pass in prediction: enough for BLAS, small enough for the cache.
    predict_rows = 1024

    def __init__(
        self,
        layer_sizes: tuple[int, ...],
        *,
        activation: str = "relu",
        dtype: str = "float32",
        objective: CrossEntropy | None = None,
    ) -> None:
        if len(layer_sizes) < 2 or min(layer_sizes) < 1:
            raise ValueError(
                "layer_sizes must hold at least two positive sizes, features and "
                f"classes, got {layer_sizes}"
            )
        check_offered("numpy_impl", activation, layers.ACTIVATIONS)
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
        self.layer_sizes = tuple(layer_sizes)
        self.activation = activation
        self.dtype = np.dtype(dtype)
        self.objective = objective or CrossEntropy()
        self._activate, self._activate_backward = layers.ACTIVATIONS[activation]

        shapes = self._weight_shapes()
        self.n_weights = sum(map(math.prod, shapes))
        self.n_params = self.n_weights + sum(map(_n_biases, shapes))
        self.params = np.zeros(self.n_params, self.dtype)
        self.grads = np.zeros(self.n_params, self.dtype)
        self.use(*self._views(self.params), *self._views(self.grads))

        self._workspaces: dict[int, Workspace] = {}
        # What the last forward pass used, for backward; None when there is nothing.
        self._work: Workspace | None = None
        self._input: Array | None = None

    def use(
        self, W: list[Array], b: list[Array], dW: list[Array], db: list[Array]
    ) -> None:
        """Compute with these arrays, which may be views into somebody else's memory."""
        self.W, self.b, self.dW, self.db = W, b, dW, db
        # As rows: beside a batch of one image, NumPy adds equal shapes twice as fast.
        self._b_rows = [vector[np.newaxis] for vector in b]

    @property
    def shapes(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Shapes of (W, b), layer by layer."""
        return [(W.shape, b.shape) for W, b in zip(self.W, self.b, strict=True)]

    def _weight_shapes(self) -> list[tuple[int, ...]]:
        return list(itertools.pairwise(self.layer_sizes))

    def _views(self, flat: Array) -> tuple[list[Array], list[Array]]:
        weights, biases = [], []
        start, bias_start = 0, self.n_weights
        for shape in self._weight_shapes():
            end, bias_end = start + math.prod(shape), bias_start + _n_biases(shape)
            weights.append(flat[start:end].reshape(shape))
            biases.append(flat[bias_start:bias_end])
            start, bias_start = end, bias_end
        return weights, biases

    def workspace(self, n_rows: int) -> Workspace:
        """Return the arrays for batches of `n_rows`, allocated at the first request."""
        work = self._workspaces.get(n_rows)
        if work is None:
            if len(self._workspaces) >= MAX_WORKSPACES:
                self._workspaces.clear()
            work = self._workspaces[n_rows] = self._new_workspace(n_rows)
        return work

    def _new_workspace(self, n_rows: int) -> Workspace:
        return Workspace(n_rows, self.layer_sizes, self.dtype)

    def forward(self, X: Array) -> Array:
        """Return the logits of X (B, n_features): z = a W + b, a = f(z), per layer.

        The result (B, n_classes) is a buffer of the network: the next call overwrites
        it. X is only read, and must stay unchanged until `backward`.

        Raises
        ------
        ValueError
            If X is not a non-empty matrix with n_features columns.
        TypeError
            If its dtype is not the network's.
        """
        self._check_input(X)
        work = self.workspace(len(X))
        self._forward(work, X)
        self._work, self._input = work, X
        return work.z[-1]

    def _forward(self, work: Workspace, X: Array) -> None:
        a = X
        last = len(self.W) - 1
        for layer in range(last):
            z = work.z[layer]
            layers.linear_forward(z, a, self.W[layer], self._b_rows[layer])
            self._activate(z, work.zeros[layer])
            a = z
        layers.linear_forward(work.z[last], a, self.W[last], self._b_rows[last])

    def probabilities(self, X: Array) -> Array:
        """Return softmax(logits) of X, in a buffer that the next call overwrites."""
        self._check_input(X)
        work = self.workspace(len(X))
        self._forward(work, X)
        layers.softmax(work.z[-1], work.output)
        self._work = self._input = None  # the logits are gone: no backward from here
        return work.z[-1]

    def loss(self, y: IntArray) -> float:
        """Return the mean loss of the last forward pass against y (B,)."""
        work, _ = self._last_forward(y)
        return self.objective.value(work.z[-1], y)

    def backward(self, y: IntArray, *, scale: float = 1.0) -> None:
        """Write scale · ∂loss/∂θ into `grads`, for the batch of the last forward pass.

        y (B,) holds class indices in 0 … n_classes − 1. Uses up the forward pass: its
        logits are overwritten, and `forward` must run again before the next call.

        Raises
        ------
        RuntimeError
            If no forward pass precedes.
        ValueError
            If y has another length than its X.
        """
        work, X = self._last_forward(y)
        self._backward(work, X, y, scale)
        self._work = self._input = None

    def _backward(self, work: Workspace, X: Array, y: IntArray, scale: float) -> None:
        dz = work.z[-1]
        self.objective.backward(dz, y, work.output, scale)
        for layer in range(len(self.W) - 1, 0, -1):
            a, da = work.z[layer - 1], work.dz[layer - 1]
            layers.linear_backward(self.dW[layer], self.db[layer], dz, a, work.ones)
            layers.linear_backward_input(da, dz, self.W[layer])
            self._activate_backward(
                da, a, work.zeros[layer - 1], work.scratch[layer - 1]
            )
            dz = da
        layers.linear_backward(self.dW[0], self.db[0], dz, X, work.ones)

    def backpropagate(self, work: Workspace, *, scale: float = 1.0) -> None:
        """Write scale · ∂loss/∂θ into `grads`, for the batch in `work.X` and `work.y`.

        `forward` and `backward` in one, without their checks: the arrays of a
        workspace are right by construction. What training calls. Like `backward`, it
        leaves no forward pass behind.
        """
        self._work = self._input = None
        self._forward(work, work.X)
        self._backward(work, work.X, work.y, scale)

    def input_gradient(self, X: Array, y: IntArray) -> Array:
        """Return a new array ∂loss/∂X (B, n_features); `grads` is overwritten too.

        Training never needs it: this is for tests, and for asking which pixels matter.
        """
        self.forward(X)
        self.backward(y)
        return self._input_gradient(self.workspace(len(X)))

    def _input_gradient(self, work: Workspace) -> Array:
        """Return the gradient of X after a backward pass, in a new array."""
        return work.first_dz @ self.W[0].T

    def logit_gradient(self, X: Array, class_index: int, against: int) -> Array:
        """Return a new array ∂(z_k − z_j)/∂X (B, n_features): why k and not j?

        z are the logits, k is `class_index` and j is `against`. The difference is that
        of two columns of the last layer; from there it goes down as every dz does,
        da = dz Wᵀ and dz = da ⊙ f'(z), with no softmax and no loss.

        Raises
        ------
        ValueError
            If a class is none of 0 … n_classes − 1, or both are the same.
        """
        for k in (class_index, against):
            if not 0 <= k < self.layer_sizes[-1]:
                raise ValueError(
                    f"a class must be in 0 to {self.layer_sizes[-1] - 1}, got {k}"
                )
        if class_index == against:
            raise ValueError(f"two classes must differ, got {against} twice")
        self._check_input(X)
        work = self.workspace(len(X))
        self._forward(work, X)
        self._work = self._input = None  # dz is overwritten: no backward from here
        return self._logit_gradient(work, class_index, against)

    def _logit_gradient(self, work: Workspace, class_index: int, against: int) -> Array:
        """Return what `logit_gradient` does, after a forward pass in `work`."""
        slope = self._activate_backward
        column = self.W[-1][:, class_index] - self.W[-1][:, against]
        da = np.tile(column, (len(work.X), 1))
        for layer in reversed(range(len(self.W) - 1)):
            slope(da, work.z[layer], work.zeros[layer], work.scratch[layer])
            da = da @ self.W[layer].T
        return da

    def _check_input(self, X: NDArray[Any]) -> None:
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] != self.layer_sizes[0]:
            raise ValueError(
                f"X must have shape (n_samples >= 1, {self.layer_sizes[0]}), "
                f"got {X.shape}"
            )
        if X.dtype != self.dtype:
            raise TypeError(
                f"X has dtype {X.dtype}, this network computes in {self.dtype}: "
                f"convert it with X.astype({self.dtype.name!r})"
            )

    def _last_forward(self, y: NDArray[Any]) -> tuple[Workspace, Array]:
        if self._work is None or self._input is None:
            raise RuntimeError("forward(X) must be called before each backward(y)")
        if y.shape != self._work.y.shape:
            raise ValueError(
                f"y must have shape {self._work.y.shape}, one label per row of X, "
                f"got {y.shape}"
            )
        return self._work, self._input
