"""PyTorch with autograd and nothing else: the leanest eager loop we know.

Five economies over `implementation.py`, each measured: the batch is gathered into one
buffer for all steps; functions instead of modules; `autograd.grad`, so that no `.grad`
is kept; the optimizer as a function, fused; inference without modules. The arithmetic
is the same. Few people write PyTorch like this. It is here because "faster than
PyTorch" means little against a loop that wastes time.
"""

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from torch_impl.checks import check_offered
from torch_impl.implementation import Array, IntArray, TorchImplementation
from torch_impl.model import Weights
from torch_impl.updates import State, Tensors, Update

MAX_BATCHES = 8
ACTIVATIONS: dict[str, Any] = {
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "identity": lambda z: z,
}


class LeanTorchImplementation(TorchImplementation):
    """Autograd without modules, `.grad` and optimizer objects.

    Parameters are those of `TorchImplementation`, without its choice of optimizer
    kernels: they are fused unless a subclass says otherwise.
    """

    fused_update = True
    capturable = False

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...] = (784, 128, 64, 10),
        activation: str = "relu",
        optimizer: str = "sgd",
        learning_rate: float = 0.015,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **others: Any,
    ) -> None:
        check_offered("torch_impl.lean", activation, ACTIVATIONS)
        self._function = ACTIVATIONS[activation]
        self._update = Update(
            optimizer,
            learning_rate,
            momentum,
            nesterov,
            betas,
            eps,
            fused=self.fused_update,
            capturable=self.capturable,
        )
        super().__init__(
            layer_sizes=layer_sizes,
            activation=activation,
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            **others,
        )
        # weight, bias, weight, bias, …
        self.params: Tensors = list(self.model.parameters())
        self._states = [self._update.new_state(p) for p, _ in self._groups(self.params)]
        self._batches: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def _groups(self, tensors: Tensors) -> list[tuple[Tensors, float]]:
        """Split by weight decay, which biases do not get; one group without it."""
        if not self._weight_decay:
            return [(tensors, 0.0)]
        return [(tensors[0::2], self._weight_decay), (tensors[1::2], 0.0)]

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state."""
        super().set_weights(weights)
        for state in self._states:
            state.forget()

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
        X_all, y_all, rows_all = self._epoch(X, y, order)
        for rows in rows_all.split(self.batch_size):
            self._step(*self._gather(X_all, y_all, rows))
        self._check_finite()

    def _gather(
        self, X: torch.Tensor, y: torch.Tensor, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the batch, in buffers that the next batch of this size overwrites."""
        n = len(rows)
        if n not in self._batches:
            if len(self._batches) >= MAX_BATCHES:
                # But never a full batch: a CUDA graph may be recorded on its buffers.
                full = self._batches.get(self.batch_size)
                self._batches = {} if full is None else {self.batch_size: full}
            self._batches[n] = X.new_empty((n, X.shape[1])), y.new_empty(n)
        X_batch, y_batch = self._batches[n]
        torch.index_select(X, 0, rows, out=X_batch)
        torch.index_select(y, 0, rows, out=y_batch)
        return X_batch, y_batch

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        loss = self._loss(self.params, X, y)
        grads = torch.autograd.grad(loss, self.params)
        with torch.no_grad():
            self._apply(self.params, list(grads), self._states)

    def _apply(self, params: Tensors, grads: Tensors, states: list[State]) -> None:
        groups = zip(self._groups(params), self._groups(grads), states, strict=True)
        for (some, decay), (their_grads, _), state in groups:
            self._update.apply(some, their_grads, state, decay)

    def _logits(self, params: Tensors, X: torch.Tensor) -> torch.Tensor:
        a, n = X, 2 * len(self._conv_layers)
        if n:
            a = a.view(-1, *self._image_shape)
            for layer in range(0, n, 2):
                z = functional.conv2d(a, params[layer], params[layer + 1])
                a = functional.max_pool2d(self._function(z), 2)
            a = a.flatten(1)
        for layer in range(n, len(params) - 2, 2):
            a = self._function(functional.linear(a, params[layer], params[layer + 1]))
        return functional.linear(a, params[-2], params[-1])

    def _loss(self, params: Tensors, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self._mean_loss(self._logits(params, X), y)

    @torch.inference_mode()
    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        logits = self._in_parts(
            lambda part: self._logits(self.params, part), self._tensor(X)
        )
        return np.asarray(functional.softmax(logits, dim=1).cpu().numpy())
