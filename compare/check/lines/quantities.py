"""What a right computation holds: arrays by name, z[1], dW[0], f'(z[0]) …

`batch_quantities.py` computes those of forward and backward, `training_quantities.py`
those of steps. Layers count from 0, as in `dW[0]` of the report. The numbers by which
arrays are usually multiplied, B or η, are here too.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from compare.check.simulate.equations import Array
from compare.config import HyperParameters


@dataclass(frozen=True, eq=False)
class Quantity:
    """One array of the right computation.

    Attributes
    ----------
    family : str
        What it is, whatever the layer: "z", "dW".
    name : str
        With its layer, and its step if there are several: "z[1]", "dW[0], step 2".
    equation : str
        How it is computed: "a[0] W[1] + b[1]"; empty for what is given.
    is_whole : bool
        False for a part on the way: exp(z), z without its bias.
    step : int
        The step of the training, from 0.
    layer : int
        −1 for what has none.
    """

    family: str
    name: str
    value: Array
    equation: str = ""
    is_whole: bool = True
    step: int = 0
    layer: int = -1

    @cached_property
    def dims(self) -> tuple[int, ...]:
        """Return its sizes without those of 1, the smaller first."""
        return tuple(sorted(n for n in self.value.shape if n != 1))


@dataclass
class Quantities:
    """All quantities of one question, and the numbers that may scale them."""

    found: list[Quantity]
    scales: dict[str, float]
    n_rows: int
    n_steps: int = 1
    settings: dict[str, float] = field(default_factory=dict)
    by_dims: dict[tuple[int, ...], list[Quantity]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for quantity in self.found:
            if np.isfinite(quantity.value).any():
                self.by_dims.setdefault(quantity.dims, []).append(quantity)

    def named(self, family: str) -> list[Quantity]:
        """Return those of one family, in the order of layers and steps."""
        return [q for q in self.found if q.family == family]


def scales_of(hp: HyperParameters, n_rows: int, n_samples: int) -> dict[str, float]:
    """Return the numbers by which arrays are usually multiplied, by name."""
    scales = {
        "B": float(n_rows),
        "K": float(hp.n_classes),
        "B K": float(n_rows * hp.n_classes),
        "η": hp.learning_rate,
        "η / B": hp.learning_rate / n_rows,
        "η B": hp.learning_rate * n_rows,
        "2 B": 2.0 * n_rows,
    }
    if n_samples != n_rows:
        scales["n"] = float(n_samples)
    if hp.batch_size != n_rows:
        scales["batch_size"] = float(hp.batch_size)
    return scales


def settings_of(hp: HyperParameters) -> dict[str, float]:
    """Return the numbers that the optimizer is given, by name."""
    settings = {"η": hp.learning_rate}
    if hp.weight_decay:
        settings["λ"] = hp.weight_decay
    if hp.optimizer == "sgd":
        return settings | {"μ": hp.momentum}
    return settings | {"β₁": hp.betas[0], "β₂": hp.betas[1], "ε": hp.eps}


def scales_of_updates(hp: HyperParameters) -> dict[str, float]:
    """Return the numbers of the optimizer's own equations."""
    if hp.optimizer == "sgd":
        return {"1 − μ": 1 - hp.momentum, "μ": hp.momentum} if hp.momentum else {}
    beta1, beta2 = hp.betas
    return {"1 − β₁": 1 - beta1, "1 − β₂": 1 - beta2}
