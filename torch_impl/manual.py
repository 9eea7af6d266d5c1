"""The gradients by hand, in PyTorch operations: what PyTorch costs without autograd.

The same equations and the same tricks as the fast NumPy twin: buffers allocated once,
`out=` everywhere, one flat vector of parameters and one of gradients. What is left
between the two is a library's own cost per call, its BLAS, and its fused optimizer.
It is a row of its own: nobody uses PyTorch for this.
"""

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from torch_impl.arrays import float_dtype, tensor_of
from torch_impl.checks import (
    check_data,
    check_finite,
    check_offered,
    check_order,
    check_weights,
)
from torch_impl.updates import Update

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]

MAX_BUFFERS = 8
# Rows per forward pass in prediction: enough for BLAS, small enough for the cache.
PREDICT_ROWS = 1024

aten = torch.ops.aten
# Forward and backward, in place: a = f(z) overwrites z, da becomes dz.
ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "relu": (
        torch.relu_,
        lambda da, a: aten.threshold_backward(da, a, 0, grad_input=da),
    ),
    "sigmoid": (
        torch.sigmoid_,
        lambda da, a: aten.sigmoid_backward(da, a, grad_input=da),
    ),
    "tanh": (torch.tanh_, lambda da, a: aten.tanh_backward(da, a, grad_input=da)),
    "identity": (lambda z: z, lambda da, a: da),
}


class Buffers:
    """Every tensor that a batch of `n_rows` needs, allocated once."""

    def __init__(
        self, n_rows: int, layer_sizes: tuple[int, ...], dtype: torch.dtype
    ) -> None:
        self.X = torch.empty(n_rows, layer_sizes[0], dtype=dtype)
        self.y = torch.empty(n_rows, dtype=torch.int64)
        self.z = [torch.empty(n_rows, n, dtype=dtype) for n in layer_sizes[1:]]
        self.dz = [torch.empty(n_rows, n, dtype=dtype) for n in layer_sizes[1:-1]]
        self.ones = torch.ones(n_rows, dtype=dtype)
        self.minus_ones = torch.full((n_rows, 1), -1.0, dtype=dtype)


class ManualTorchImplementation:
    """Hand-written backpropagation with `torch.mm`; no autograd, on the CPU."""

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
        check_offered("torch_impl.manual", activation, ACTIVATIONS)
        self.layer_sizes, self.batch_size = tuple(layer_sizes), batch_size
        self._numpy_dtype = float_dtype(dtype)
        self.dtype: torch.dtype = getattr(torch, self._numpy_dtype.name)
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        self._buffers: dict[int, Buffers] = {}

        pairs = list(itertools.pairwise(layer_sizes))
        n_weights = sum(fan_in * fan_out for fan_in, fan_out in pairs)
        self.params = torch.zeros(n_weights + sum(layer_sizes[1:]), dtype=self.dtype)
        self.grads = torch.zeros_like(self.params)
        self.W, self.b = self._views(self.params, n_weights)
        self.dW, self.db = self._views(self.grads, n_weights)
        # With decay, weights and biases are updated apart; without, at one go.
        split = [n_weights] if weight_decay else []
        self._groups = list(
            zip(
                self.params.tensor_split(split),
                self.grads.tensor_split(split),
                (weight_decay, 0.0),
                strict=False,
            )
        )
        self._update = Update(optimizer, learning_rate, momentum, nesterov, betas, eps)
        self._states = [self._update.new_state([p]) for p, _, _ in self._groups]

    def _views(
        self, flat: torch.Tensor, n_weights: int
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Return the weights (fan_in, fan_out) and biases: weights first, then b."""
        pairs = list(itertools.pairwise(self.layer_sizes))
        weights = flat[:n_weights].split([m * n for m, n in pairs])
        biases = flat[n_weights:].split([n for _, n in pairs])
        shaped = zip(weights, pairs, strict=True)
        return [w.view(pair) for w, pair in shaped], list(biases)

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        check_weights(weights, self.layer_sizes)
        for layer, (W, b) in enumerate(weights):
            self.W[layer].copy_(tensor_of(W, np.float64))
            self.b[layer].copy_(tensor_of(b, np.float64))
        for state in self._states:
            state.forget()

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        pairs = zip(self.W, self.b, strict=True)
        return [(W.numpy().copy(), b.numpy().copy()) for W, b in pairs]

    @torch.inference_mode()
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
        if len(order) == 0:
            return
        X_all, y_all = self._tensors(X, y)
        rows_all = tensor_of(check_order(order, len(X)), np.int64)
        for rows in rows_all.split(self.batch_size):
            work = self._work(len(rows))
            torch.index_select(X_all, 0, rows, out=work.X)
            torch.index_select(y_all, 0, rows, out=work.y)
            self._forward(work, work.X)
            self._backward(work, work.X, work.y)
            self._step()
        check_finite(self.params.numpy())

    def _forward(self, work: Buffers, X: torch.Tensor) -> torch.Tensor:
        a, last = X, len(self.W) - 1
        for layer, z in enumerate(work.z):
            torch.addmm(self.b[layer], a, self.W[layer], out=z)
            a = self._activate(z) if layer < last else z
        return a

    def _backward(self, work: Buffers, X: torch.Tensor, y: torch.Tensor) -> None:
        dz = work.z[-1]
        torch.softmax(dz, 1, out=dz)
        dz.scatter_add_(1, y.unsqueeze(1), work.minus_ones)
        dz.div_(len(y))
        for layer in range(len(self.W) - 1, -1, -1):
            a = work.z[layer - 1] if layer else X
            torch.mm(a.t(), dz, out=self.dW[layer])
            torch.mv(dz.t(), work.ones, out=self.db[layer])
            if layer:
                da = work.dz[layer - 1]
                torch.mm(dz, self.W[layer].t(), out=da)
                dz = self._activate_backward(da, a)

    def _step(self) -> None:
        groups = zip(self._groups, self._states, strict=True)
        for (params, grads, weight_decay), state in groups:
            self._update.apply([params], [grads], state, weight_decay)

    @torch.inference_mode()
    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        X_tensor = tensor_of(X, self._numpy_dtype)
        probs = torch.empty(len(X), self.layer_sizes[-1], dtype=self.dtype)
        for start in range(0, len(X), PREDICT_ROWS):
            rows = X_tensor[start : start + PREDICT_ROWS]
            logits = self._forward(self._work(len(rows)), rows)
            torch.softmax(logits, 1, out=probs[start : start + PREDICT_ROWS])
        return np.asarray(probs.numpy())

    @torch.inference_mode()
    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        X_tensor, y_tensor = self._tensors(X, y)
        work = self._work(len(X))
        logits = self._forward(work, X_tensor)
        loss = float(torch.nn.functional.cross_entropy(logits, y_tensor))
        self._backward(work, X_tensor, y_tensor)
        pairs = zip(self.dW, self.db, strict=True)
        return loss, [(dW.numpy().copy(), db.numpy().copy()) for dW, db in pairs]

    def _work(self, n_rows: int) -> Buffers:
        if n_rows not in self._buffers:
            if len(self._buffers) >= MAX_BUFFERS:
                self._buffers.clear()
            self._buffers[n_rows] = Buffers(n_rows, self.layer_sizes, self.dtype)
        return self._buffers[n_rows]

    def _tensors(self, X: Array, y: IntArray) -> tuple[torch.Tensor, torch.Tensor]:
        """Check X and y, and return them as tensors to be read only."""
        labels = check_data(X, y, self.layer_sizes)
        return tensor_of(X, self._numpy_dtype), tensor_of(labels, np.int64)
