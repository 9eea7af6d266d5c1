"""The step of SGD: momentum, the rate, clipping."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    LOOK_AHEAD,
    MOVE,
    VELOCITY,
    Hypothesis,
    Mistake,
    in_rules,
)
from compare.check.simulate import rules as right
from compare.check.simulate.equations import Array
from compare.check.simulate.rules import Memory, Rules, Step
from compare.config import HyperParameters

MISTAKES = (
    Mistake(
        "gradient-clipped",
        "the gradients are clipped",
        "g = ∂loss/∂θ, whatever its size",
        MOVE,
    ),
    Mistake(
        "momentum-damped",
        "momentum is damped: the gradient is multiplied by (1 − μ)",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "momentum-missing",
        "there is no momentum",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "velocity-late",
        "the step is taken with the velocity of the step before",
        "v ← μv + g first, then θ ← θ − ηv",
        MOVE,
    ),
    Mistake(
        "nesterov-for-momentum",
        "Nesterov's momentum is used where plain momentum was asked for",
        "v ← μv + g,  θ ← θ − ηv",
        LOOK_AHEAD,
    ),
    Mistake(
        "momentum-for-nesterov",
        "plain momentum is used where Nesterov's was asked for",
        "v ← μv + g,  θ ← θ − η(g + μv)",
        LOOK_AHEAD,
    ),
    Mistake(
        "learning-rate-twice",
        "the learning rate is applied twice",
        "θ ← θ − ηv, with η in one place only",
        MOVE,
    ),
)


# Limits to which gradients are often clipped.
LIMITS = (1.0, 5.0, 0.5, 0.1, 0.01, 10.0, 0.25)


def training(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield clipped gradients, and what can be wrong with momentum."""
    yield from _clipped(base)
    if hp.optimizer != "sgd":
        return
    forms: list[tuple[str, dict[str, Any], str]] = [
        ("learning-rate-twice", {"rate_power": 2}, "")
    ]
    if hp.momentum > 0:
        forms += [
            ("momentum-damped", {"damped_from": 1}, ""),
            ("momentum-damped", {"damped_from": 2}, "after the first step"),
            ("momentum-missing", {"momentum": 0.0, "nesterov": False}, ""),
            ("velocity-late", {"late": True}, ""),
            (
                "momentum-for-nesterov" if hp.nesterov else "nesterov-for-momentum",
                {"nesterov": not hp.nesterov},
                "",
            ),
        ]
    for key, options, remark in forms:
        rule = partial(right.sgd, **options)
        yield in_rules(key, replace(base, rule=rule), remark)


def _clipped(base: Rules) -> Iterator[Hypothesis]:
    def by_value(limit: float, g: Array) -> Array:
        return np.clip(g, -limit, limit)

    def by_norm(limit: float, g: Array) -> Array:
        norm = float(np.sqrt((g**2).sum()))
        return g * (limit / norm) if norm > limit else g

    for clip, remark in (
        (by_value, "each number"),
        (by_norm, "the norm of each array"),
    ):
        for limit in LIMITS:
            rule = partial(_clip_first, base.rule, partial(clip, limit))
            clipped = replace(base, rule=rule)
            yield in_rules("gradient-clipped", clipped, f"{remark}, {limit:g}")


def _clip_first(
    rule: Any, clip: Any, step: Step, theta: Array, g: Array, memory: Memory
) -> Any:
    return rule(step, theta, clip(g), memory)
