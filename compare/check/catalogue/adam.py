"""The step of Adam: moments, correction, ε, and the count of steps."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from compare.check.catalogue.mistake import (
    ADAM_MOVE,
    CORRECTION,
    FIRST_MOMENT,
    SECOND_MOMENT,
    Hypothesis,
    Mistake,
    in_rules,
)
from compare.check.simulate import rules as right
from compare.check.simulate.equations import Array
from compare.check.simulate.rules import Memory, Rules, Step
from compare.config import HyperParameters

EQ_MHAT = "m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ),  t = 1, 2, 3, …"
EQ_ADAM = "θ ← θ − η m̂ / (√v̂ + ε)"
MISTAKES = (
    Mistake(
        "adam-no-correction", "Adam lacks the bias correction", EQ_MHAT, CORRECTION
    ),
    Mistake(
        "adam-epsilon",
        "Adam's ε stands in another place",
        EQ_ADAM + ": ε is added after the root and after the correction",
        ADAM_MOVE,
    ),
    Mistake(
        "adam-epsilon-value",
        "Adam's ε has another value than the one asked for",
        EQ_ADAM,
        ADAM_MOVE,
    ),
    Mistake(
        "adam-root-missing",
        "Adam divides by v̂ instead of its root",
        EQ_ADAM,
        ADAM_MOVE,
    ),
    Mistake(
        "adam-hats-kept",
        "Adam keeps the corrected m̂ and v̂ in place of m and v",
        EQ_MHAT + ", for this step only",
        CORRECTION,
    ),
    Mistake(
        "adam-power",
        "Adam's correction multiplies β by t instead of raising it to the power t",
        EQ_MHAT,
        CORRECTION,
    ),
    Mistake("adam-t", "Adam's t does not count the steps from 1", EQ_MHAT, CORRECTION),
    Mistake(
        "adam-betas-exchanged",
        "Adam's β₁ and β₂ are exchanged",
        "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²",
        FIRST_MOMENT,
    ),
    Mistake(
        "adam-betas-other",
        "Adam's β₁ and β₂ have other values than those asked for",
        "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²",
        FIRST_MOMENT,
    ),
    Mistake(
        "adam-amsgrad",
        "Adam divides by the largest v̂ so far: that is AMSGrad",
        EQ_ADAM,
        ADAM_MOVE,
    ),
    Mistake(
        "adam-v-not-squared",
        "Adam's v is built from g instead of g²",
        "v ← β₂ v + (1 − β₂) g²",
        SECOND_MOMENT,
    ),
)


BETAS = (
    (0.9, 0.999),
    (0.9, 0.99),
    (0.9, 0.98),
    (0.9, 0.95),
    (0.95, 0.999),
    (0.99, 0.999),
    (0.5, 0.999),
    (0.9, 0.9),
    (0.8, 0.999),
)
# Values of Adam's ε that other libraries and papers use.
EPSILONS = (1e-7, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-10, 1e-12, 1e-15)


def training(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield the mistakes of Adam, which AdamW shares."""
    if hp.optimizer == "sgd":
        return
    forms: list[tuple[str, dict[str, Any], str]] = [
        ("learning-rate-twice", {"rate_power": 2}, ""),
        ("adam-no-correction", {"correct_m": False, "correct_v": False}, ""),
        ("adam-no-correction", {"correct_m": False}, "of m"),
        ("adam-no-correction", {"correct_v": False}, "of v"),
        ("adam-epsilon", {"epsilon": "before"}, "√v + ε, before the correction"),
        ("adam-epsilon", {"epsilon": "inside"}, "√(v̂ + ε), under the root"),
        ("adam-betas-exchanged", {"exchange": True}, ""),
        ("adam-v-not-squared", {"square": False}, ""),
        ("adam-root-missing", {"root": False}, ""),
        ("adam-hats-kept", {"keep_hats": True}, ""),
        ("adam-power", {"power": False}, ""),
        ("adam-amsgrad", {"largest": True}, ""),
        *(
            (
                "adam-betas-other",
                {"betas": betas},
                f"they are {betas[0]:g}, {betas[1]:g}",
            )
            for betas in BETAS
            if betas != hp.betas
        ),
        *(
            ("adam-epsilon-value", {"eps": eps}, f"it is {eps:g}")
            for eps in EPSILONS
            if eps != hp.eps
        ),
    ]
    for key, options, remark in forms:
        rule = partial(right.adam, **options)
        yield in_rules(key, replace(base, rule=rule), remark)
    for count, remark in (
        (lambda step: step.t - 1, "it starts at 0"),
        (lambda step: max(step.t - 1, 1), "it stays at 1 for two steps"),
        (lambda step: step.t + 1, "it starts at 2"),
        (lambda step: 1, "it stays at 1"),
        (lambda step: step.epoch + 1, "it counts epochs"),
        (
            lambda step: (step.t - 1) * step.n_tensors + step.tensor + 1,
            "it counts every array, not every step",
        ),
        (
            lambda step: (step.t - 1) * step.n_tensors + _weights_first(step) + 1,
            "it counts every array, not every step",
        ),
    ):
        rule = partial(_adam_with_t, count)
        yield in_rules("adam-t", replace(base, rule=rule), remark)


def _weights_first(step: Step) -> int:
    """Return the place of an array in the order W[0], W[1], …, b[0], b[1], …"""
    return step.tensor // 2 + step.is_bias * step.n_tensors // 2


def _adam_with_t(
    count: Callable[[Step], float], step: Step, theta: Array, g: Array, memory: Memory
) -> tuple[Array, Memory]:
    return right.adam(step, theta, g, memory, t=count(step))
