"""The PyTorch network with everything that makes a better model, from PyTorch itself.

Schedules from `lr_scheduler`, `nn.Dropout`, `clip_grad_norm_`, averaged weights from
`swa_utils`.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from torch_impl import model as models
from torch_impl.implementation import Array, IntArray, TorchImplementation
from torch_impl.model import Weights

SCHEDULES = ("constant", "step", "cosine")


class OpenTorchImplementation(TorchImplementation):
    """`TorchImplementation` and the open division; each part is off by default.

    Parameters
    ----------
    dropout : float
        As in `nn.Dropout`; for dense networks only.
    gradient_clip : float
        Largest global norm of a gradient; 0: no limit.
    ema_decay : float
        Of the averaged weights. If not 0, `get_weights` and `predict_proba` give the
        average; training goes on from the weights of the last step.
    schedule : {"constant", "step", "cosine"}
        Per step: times `step_factor` after every `step_epochs` epochs, or half a
        cosine wave to 0 at the end of `n_epochs`; multiplied, over the first
        `warmup_epochs`, with a line that rises to 1.
    **closed
        The parameters of `TorchImplementation`.

    Raises
    ------
    NotImplementedError
        If a convolutional network is to have dropout.
    """

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        gradient_clip: float = 0.0,
        ema_decay: float = 0.0,
        schedule: str = "constant",
        n_epochs: int = 0,
        warmup_epochs: float = 0.0,
        step_epochs: int = 10,
        step_factor: float = 0.1,
        **closed: Any,
    ) -> None:
        super().__init__(**closed)
        if schedule not in SCHEDULES:
            raise ValueError(
                f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}"
            )
        self.gradient_clip, self.ema_decay = gradient_clip, ema_decay
        self._schedule, self._n_epochs = schedule, n_epochs
        self._warmup_epochs = warmup_epochs
        self._step_epochs, self._step_factor = step_epochs, step_factor
        if dropout and self._conv_layers:
            raise NotImplementedError(
                "dropout is for dense networks only: leave it out, or leave out the "
                "convolutional layers"
            )
        if dropout:
            self.model = with_dropout(self.model, dropout)
        self._dropout = dropout
        self._start()

    def _start(self) -> None:
        # Made in the first epoch, whose order says how many steps an epoch has.
        self._scheduler: LambdaLR | None = None
        self._average = (
            AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.ema_decay))
            if self.ema_decay
            else None
        )

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in; forget optimizer, average and place in the schedule."""
        super().set_weights(weights)
        self._start()

    def get_weights(self) -> Weights:
        """Return copies of the weights, averaged if `ema_decay` says so."""
        return models.get_weights(self._evaluated())

    @torch.inference_mode()
    def predict_proba(self, X: Array) -> Array:
        """Return probabilities (n_samples, n_classes), by what `get_weights` gives."""
        model = self._evaluated().eval()
        logits = self._in_parts(model, self._tensor(X))
        return np.asarray(functional.softmax(logits, dim=1).cpu().numpy())

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean loss against smoothed labels and its gradients.

        Of the weights in training, not of their average; without L2 and dropout.
        """
        self.model.eval()
        self.model.zero_grad(set_to_none=True)
        loss = self._mean_loss(self.model(self._tensor(X)), self._labels(X, y))
        loss.backward()
        return loss.item(), models.get_gradients(self.model)

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        Raises
        ------
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        if self._scheduler is None:
            self._scheduler = self._make_scheduler(-(-len(order) // self.batch_size))
        if not self._dropout:
            super().train_epoch(X, y, order)
            return
        # nn.Dropout draws from PyTorch's global generator: seed it by this epoch's
        # order, and leave it to others as it was.
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(hash(tuple(order[:8].tolist())))
            super().train_epoch(X, y, order)

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self._mean_loss(self.model(X), y).backward()
        if self.gradient_clip:
            clip_grad_norm_(self.model.parameters(), self.gradient_clip)
        self.optimizer.step()
        if self._scheduler is not None:
            self._scheduler.step()
        if self._average is not None:
            self._average.update_parameters(self.model)

    def _evaluated(self) -> nn.Module:
        return self.model if self._average is None else self._average.module

    def _make_scheduler(self, steps_per_epoch: int) -> LambdaLR:
        """Return the schedule in closed form.

        The classes of `lr_scheduler` multiply the last rate on and on, and so gather
        rounding errors: the tests compare them with this.
        """
        warmup = round(self._warmup_epochs * steps_per_epoch)
        total = self._n_epochs * steps_per_epoch
        drop_every = self._step_epochs * steps_per_epoch

        def factor(step: int) -> float:
            rise = (step + 1) / warmup if step + 1 < warmup else 1.0
            if self._schedule == "step":
                return rise * float(self._step_factor ** (step // drop_every))
            if self._schedule == "cosine" and step > warmup:
                phase = (min(step, total - 1) - warmup) / (total - warmup)
                return 0.5 * (1.0 + math.cos(math.pi * phase))
            return rise

        return LambdaLR(self.optimizer, factor)


def with_dropout(model: nn.Sequential, p: float) -> nn.Sequential:
    """Return the same layers with an `nn.Dropout` after each activation."""
    modules: list[nn.Module] = []
    for module in model:
        modules.append(module)
        if not isinstance(module, nn.Linear):
            modules.append(nn.Dropout(p))
    return nn.Sequential(*modules)
