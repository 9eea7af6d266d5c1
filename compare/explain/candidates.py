"""What may differ between a user's network and the reference.

A choice (Nesterov or not, where ε stands, which batch size) is tried. A number
(learning rate, momentum, λ) is solved for, on a scale on which a solver finds its way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.config import ACTIVATIONS
from compare.explain.settings import SETTINGS, Configuration
from compare.explain.variants import HABITS, Variant

BATCH_SIZES = (1, 2, 4, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256)


@dataclass(frozen=True)
class Choice:
    """One thing to try: in words, what it excludes, and how to apply it."""

    words: str
    about: str
    apply: Callable[[Variant], Variant]

    def undo(self, variant: Variant, base: Variant) -> Variant:
        """Return the variant with this as the base has it."""
        if self.about in variant.habits:
            return replace(variant, habits=variant.habits - {self.about})
        if self.about == "activation":
            return replace(variant, activation=base.activation)
        own = getattr(base.configuration, self.about)
        return _with(**{self.about: own})(variant)


def choices(base: Variant, n_samples: int) -> list[Choice]:
    """Return everything that is tried and is not the base's own."""
    c = base.configuration
    found: list[Choice] = []

    def add(about: str, words: str, **fields: Any) -> None:
        if any(getattr(c, name) != value for name, value in fields.items()):
            found.append(Choice(words, about, _with(**fields)))

    add("nesterov", "Nesterov on", nesterov=True)
    add("nesterov", "Nesterov off", nesterov=False)
    add("l2_on", "L2 on biases too", l2_on="all")
    add("l2_on", "L2 on the weights only", l2_on="weights")
    add("l2_per_batch", "L2 divided by the rows of a batch", l2_per_batch=True)
    add("l2_per_batch", "L2 not divided by the batch", l2_per_batch=False)
    add("epsilon", "epsilon before bias correction", epsilon="before")
    add("epsilon", "epsilon after bias correction", epsilon="after")
    for optimizer in ("sgd", "adam", "adamw"):
        # A rate of one is far from right for the other; the fit needs to begin near.
        rate = c.learning_rate if optimizer == c.optimizer else _usual_rate(optimizer)
        add("optimizer", optimizer, optimizer=optimizer, learning_rate=rate)
    for size in (*(b for b in BATCH_SIZES if b < n_samples), n_samples):
        add("batch_size", f"batch size {size}", batch_size=size)
    found += [
        Choice(name, "activation", _with_activation(name))
        for name in ACTIVATIONS
        if name != base.activation
    ]
    found += [
        Choice(words, habit, _with_habit(habit)) for habit, (words, _) in HABITS.items()
    ]
    return found


def _usual_rate(optimizer: str) -> float:
    return 0.01 if optimizer == "sgd" else 0.001


def _with(**fields: Any) -> Callable[[Variant], Variant]:
    return lambda v: replace(v, configuration=v.configuration.changed(**fields))


def _with_activation(name: str) -> Callable[[Variant], Variant]:
    return lambda v: replace(v, activation=name)


def _with_habit(habit: str) -> Callable[[Variant], Variant]:
    return lambda v: replace(v, habits=v.habits | {habit})


@dataclass(frozen=True)
class Number:
    """A setting that is solved for, and the scale on which it is."""

    field: str
    words: str
    only_for: tuple[str, ...]
    to_scale: Callable[[float], float]
    from_scale: Callable[[float], float]

    def value(self, c: Configuration) -> float:
        """Return the setting itself."""
        if self.field.startswith("beta_"):
            return c.betas[int(self.field[-1]) - 1]
        return float(getattr(c, self.field))

    def put(self, c: Configuration, value: float) -> Configuration:
        """Return the configuration with another value of the setting."""
        if self.field.startswith("beta_"):
            betas = list(c.betas)
            betas[int(self.field[-1]) - 1] = min(value, 0.999999)
            return replace(c, betas=(betas[0], betas[1]))
        return c.changed(**{self.field: value})


def _clipped(
    field: str, words: str, only_for: tuple[str, ...], least: float, most: float
) -> Number:
    """Return a number that is solved for as it is, between two limits."""
    return Number(
        field, words, only_for, float, lambda x: float(np.clip(x, least, most))
    )


def _beta(which: int) -> Number:
    """Return β on the scale of log(1 − β): it may be 0.9 or 0.9999."""
    return Number(
        f"beta_{which}",
        f"beta {which}",
        ("adam", "adamw"),
        lambda beta: float(np.log(1 - beta)),
        lambda x: float(1 - np.exp(np.clip(x, -15, 0))),
    )


EVERY = ("sgd", "adam", "adamw")
NUMBERS = (
    _clipped("learning_rate", "learning rate", EVERY, 1e-12, 1e3),
    _clipped("l2", "weight decay", EVERY, 0, 1e3),
    _clipped("momentum", "momentum", ("sgd",), 0, 0.9999),
    _beta(1),
    _beta(2),
    Number(
        "eps",
        "epsilon",
        ("adam", "adamw"),
        lambda eps: float(np.log(eps)),
        lambda x: float(np.exp(np.clip(x, -40, 5))),
    ),
)
# What the very first step depends on.
FIRST_STEP = ("learning_rate", "l2", "eps")


def as_options(
    base: Configuration, variant: Variant, activation: str
) -> tuple[str, ...]:
    """Return the changes as ``--second`` takes them."""
    if variant.habits or variant.activation != activation:
        return ()
    fields = [f for s in SETTINGS for f in s.fields]
    c = variant.configuration
    return tuple(
        f"{f}={_text(getattr(c, f))}"
        for f in fields
        if getattr(c, f) != getattr(base, f)
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(f"{v:.6g}" for v in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
