"""The whole training step as one compiled function: forward, autograd and update.

`torch.compile` sees everything between a gathered batch and the new parameters, and
makes C++ of it; the matrix products stay with the BLAS. Compiling only the model, as
most tutorials do, was slower here than not compiling at all: what is saved in the
layers is lost at the borders of the compiled parts.

Compilation takes tens of seconds, in the first step of a full batch. A shorter last
batch runs the same function uncompiled: to compile it too would double the wait.
"""

import os
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from torch_impl.lean import LeanTorchImplementation
from torch_impl.updates import State, Tensors

COMPILERS = ("g++", "clang++", "c++", "cl")
Step = Callable[[Tensors, list[State], torch.Tensor, torch.Tensor], None]


class CompiledTorchImplementation(LeanTorchImplementation):
    """`LeanTorchImplementation` with `torch.compile` around its whole step.

    Raises
    ------
    NotImplementedError
        At creation, without a C++ compiler or without Python's headers.
    """

    # Kernels that the compiler can see through, and merge with what surrounds them.
    fused_update = False
    capturable = True

    def __init__(self, **options: Any) -> None:
        check_compiler()
        super().__init__(**options)
        self._compiled: Step = torch.compile(
            self._whole_step,
            dynamic=False,
            fullgraph=True,
            # What calls the kernels is C++ too: 5 % faster here than from Python.
            options={"cpp_wrapper": True},
        )

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        full = len(X) == self.batch_size
        with torch.no_grad():
            step = self._compiled if full else self._whole_step
            step(self.params, self._states, X, y)

    def _whole_step(
        self, params: Tensors, states: list[State], X: torch.Tensor, y: torch.Tensor
    ) -> None:
        grads = torch.func.grad(self._loss)(params, X, y)
        self._apply(params, list(grads), states)


def check_compiler() -> None:
    """Raise NotImplementedError unless `torch.compile` can make machine code here."""
    compiler = os.environ.get("CXX")
    if not any(map(shutil.which, [compiler] if compiler else COMPILERS)):
        raise NotImplementedError(
            "torch.compile needs a C++ compiler and finds none: install g++ or "
            "clang++, or name one in the variable CXX"
        )
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.is_file():
        raise NotImplementedError(
            f"torch.compile needs the headers of Python, and {header} does not exist: "
            "install Python's development files (python3-dev)"
        )
