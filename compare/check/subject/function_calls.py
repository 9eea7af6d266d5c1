"""The two functions, called in the form in which they want their arrays."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.check.guard import Guard
from compare.check.probes import Probe
from compare.check.subject.layouts import (
    Layout,
    labels_as,
    read_gradients,
    read_output,
)
from compare.config import HyperParameters
from compare.own_code import field_of


@dataclass
class FunctionCalls:
    """`forward` and `gradients`, and the form of their arrays, once it is known."""

    forward: Callable[..., Any]
    gradients: Callable[..., Any] | None
    label: str
    hp: HyperParameters
    guard: Guard
    given: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    dtype: str = "float64"
    layout: Layout = field(default_factory=Layout)
    logits: bool = False
    label_form: str = "indices"

    def run_forward(self, layout: Layout, probe: Probe) -> tuple[Any, str]:
        """Return its output, a sample a row, and a note on its form."""
        out = self.guard.call(
            "forward",
            self.forward,
            layout.weights(probe.weights),
            layout.samples(probe.X),
        )
        array, note = read_output(out, len(probe.X), probe.hp.n_classes)
        return (layout.result(array) if isinstance(array, np.ndarray) else array), note

    def run_gradients(self, probe: Probe) -> tuple[Any, str]:
        """Return pairs as they came, or an exception, and a note on their form."""
        value = self.guard.call(
            "gradients",
            self._with_decay(self.gradients),
            self.layout.weights(probe.weights),
            self.layout.samples(probe.X),
            labels_as(self.label_form, probe.y, probe.hp.n_classes, self.dtype),
        )
        return read_gradients(value, len(probe.weights), self.layout)

    def _with_decay(self, gradients: Any) -> Any:
        """Hand over the weight decay, if the function has a parameter for it."""
        try:
            names = inspect.signature(gradients).parameters
        except (TypeError, ValueError):
            return gradients
        decay = {
            n: self.hp.weight_decay for n in names if field_of(n) == "weight_decay"
        }
        return functools.partial(gradients, **decay) if decay else gradients

    def ours(self, dW: Any, db: Any) -> tuple[Any, Any]:
        """Return dW as (fan_in, fan_out) and db as a vector."""
        if self.layout.transposed and isinstance(dW, np.ndarray) and dW.ndim == 2:
            dW = dW.T
        if isinstance(db, np.ndarray) and db.ndim == 2 and 1 in db.shape:
            db = db.ravel()
        return dW, db
