"""PyTorch's own optimizers as plain functions, for variants without a class.

`torch.optim` documents a functional form of each optimizer. It does the arithmetic of
the class without its bookkeeping: parameter groups, hooks, dictionaries of state. The
equations are PyTorch's; nothing is computed here.
"""

from dataclasses import dataclass, field

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from torch_impl.checks import OPTIMIZERS, check_offered

Tensors = list[torch.Tensor]


@dataclass
class State:
    """What one list of parameters must remember: velocity, or moments and steps."""

    first: Tensors
    second: Tensors = field(default_factory=list)
    steps: Tensors = field(default_factory=list)

    def forget(self) -> None:
        """Set everything to zero, in place."""
        for tensor in (*self.first, *self.second, *self.steps):
            tensor.zero_()


@dataclass(frozen=True)
class Update:
    """One step of `sgd`, `adam` or `adamw`.

    `fused` does it in one kernel. `capturable` keeps the count of steps on the device,
    as a compiler or a CUDA graph needs it.
    """

    optimizer: str
    learning_rate: float
    momentum: float
    nesterov: bool
    betas: tuple[float, float]
    eps: float
    fused: bool = True
    capturable: bool = False

    def __post_init__(self) -> None:
        check_offered("torch_impl", self.optimizer, OPTIMIZERS)

    def new_state(self, params: Tensors) -> State:
        """Return a state of zeros."""
        zeros = [torch.zeros_like(p) for p in params]
        if self.optimizer == "sgd":
            return State(zeros)
        # In float32, 1 − βᵗ would cost half the digits of a float64 network. The
        # fused kernel reads t itself, and wants float32.
        dtype = torch.float32 if self.fused else torch.float64
        steps = [torch.zeros((), dtype=dtype, device=p.device) for p in params]
        return State(zeros, [torch.zeros_like(p) for p in params], steps)

    def apply(
        self, params: Tensors, grads: Tensors, state: State, weight_decay: float
    ) -> None:
        """Overwrite `params` and `state` with those after one step."""
        if self.optimizer == "sgd":
            sgd(
                params,
                grads,
                list(state.first),
                weight_decay=weight_decay,
                momentum=self.momentum,
                lr=self.learning_rate,
                dampening=0.0,
                nesterov=self.nesterov,
                maximize=False,
                fused=self.fused,
                foreach=not self.fused,
            )
            return
        adam(
            params,
            grads,
            state.first,
            state.second,
            [],
            state.steps,
            # Outside of a compiler, PyTorch refuses it on a CPU.
            capturable=self.capturable
            and (params[0].is_cuda or torch.compiler.is_compiling()),
            decoupled_weight_decay=self.optimizer == "adamw",
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=self.learning_rate,
            weight_decay=weight_decay,
            eps=self.eps,
            maximize=False,
            fused=self.fused,
            foreach=not self.fused,
        )
