"""The decay of the weights: of what, by how much, in the gradient or beside it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    DECOUPLED,
    L2,
    Hypothesis,
    Mistake,
    Network,
    in_rules,
)
from compare.check.simulate import rules as right
from compare.check.simulate.equations import Array, Equations, Pass
from compare.check.simulate.rules import Rules, Step
from compare.config import HyperParameters

Factor = Callable[[Step], float]
LEFT_ON = (1e-2, 1e-3, 1e-4, 5e-4, 5e-3, 0.1, 1e-5)
EQ_L2 = "g = dW + λW for weights, g = db for biases, with dW the mean over the batch"
MISTAKES = (
    Mistake(
        "decay-left-on",
        "the weights decay, though no decay was asked for",
        "g = dW, where weight_decay is 0",
        L2,
    ),
    Mistake("l2-on-biases", "L2 is applied to the biases too", EQ_L2, L2),
    Mistake("l2-not-divided", "the L2 term is too large", EQ_L2, L2),
    Mistake("l2-divided-twice", "the L2 term is divided once too often", EQ_L2, L2),
    Mistake("l2-missing", "the L2 term is missing", EQ_L2, L2),
    Mistake(
        "decay-decoupled",
        "the weight decay is decoupled, as in AdamW, instead of added to the gradient",
        EQ_L2,
        L2,
    ),
    Mistake(
        "decay-coupled",
        "the weight decay is added to the gradient, but AdamW decouples it",
        "θ ← θ − ηλθ, then a step of Adam with g = dW",
        DECOUPLED,
    ),
    Mistake(
        "adamw-decay",
        "AdamW's decay is applied in another way",
        "θ ← θ − ηλθ first, then a step of Adam with g = dW, without λ",
        DECOUPLED,
    ),
)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes of an L2 that the gradient itself is to contain."""
    if not base.l2:
        for amount in LEFT_ON:
            with_l2, words = replace(base, l2=amount), f"L2, λ = {amount:g}"
            yield Hypothesis("decay-left-on", "", with_l2, words)
        return
    for key, factor, remark in (
        ("l2-missing", 0.0, ""),
        ("l2-not-divided", 2.0, "2λW: the ½ of λ/2 ‖W‖² is missing"),
        ("l2-divided-twice", 0.5, "λW / 2"),
    ):
        yield Hypothesis(key, "", replace(base, l2=factor * base.l2), remark)
    for power, key in ((1, "l2-not-divided"), (-1, "l2-divided-twice")):

        def scaled(p: Pass, dz: Array, layer: int, power: int = power) -> Array:
            decay = base.l2 * p.divisor**power * p.weights[layer][0]
            return np.asarray(base.weight_gradient(p, dz, layer) + decay)

        changed = replace(base, l2=0.0, weight_gradient=scaled)
        yield Hypothesis(key, "", changed, "λW B" if power == 1 else "λW / B")

    def decayed(p: Pass, dz: Array, layer: int) -> Array:
        decay = base.l2 * p.weights[layer][1]
        return np.asarray(base.bias_gradient(p, dz, layer) + decay)

    yield Hypothesis("l2-on-biases", "", replace(base, bias_gradient=decayed))


def training(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield the mistakes of the decay; without any, that there is one."""
    for amount in LEFT_ON:
        for of, name in ((lambda theta: theta, "L2"), (np.sign, "L1")):
            left_on = replace(base, decay=_always(amount, of))
            yield in_rules("decay-left-on", left_on, f"{name}, λ = {amount:g}")
    if hp.weight_decay == 0:
        return
    forms: list[tuple[str, dict[str, Any], str]] = [
        (key, {"decay": decay}, remark) for key, decay, remark in _coupled_decays(hp)
    ]
    forms.append(("l2-missing", {"decay": _no_decay}, ""))
    if hp.optimizer == "adamw":
        after = {"decay": _no_decay, "finish": _shrink_after}
        twice = "and L2 is in the gradient too"
        forms += [
            ("decay-coupled", {"decay": _l2(lambda step: 1.0)}, ""),
            ("adamw-decay", after, "after Adam's step"),
            ("adamw-decay", {"decay": _decouple(lambda step: 1.0)}, "without η"),
            ("adamw-decay", {"decay": _l2_then_shrink}, twice),
            ("adamw-decay", {"decay": _shrink_then_l2}, twice),
        ]
    else:
        rate: Factor = lambda step: step.hp.learning_rate  # noqa: E731
        after = {"decay": _no_decay, "finish": _shrink_after}
        forms += [
            ("decay-decoupled", {"decay": _decouple(rate)}, "before the step"),
            ("decay-decoupled", {"decay": _decouple(lambda step: 1.0)}, "without η"),
            ("decay-decoupled", after, "after the step"),
        ]
    for key, changes, remark in forms:
        yield in_rules(key, replace(base, **changes), remark)


def _always(amount: float, of: Callable[[Array], Array]) -> Any:
    def decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
        return theta, g if step.is_bias else g + amount * of(theta)

    return decay


def _coupled_decays(hp: HyperParameters) -> Iterator[tuple[str, Any, str]]:
    make = _decouple_scaled if hp.optimizer == "adamw" else _l2
    yield "l2-on-biases", make(lambda step: 1.0, biases=True), ""
    for key, factor, remark in (
        ("l2-not-divided", lambda step: 2.0, "2λW: the ½ of λ/2 ‖W‖² is missing"),
        ("l2-not-divided", lambda step: float(step.n_rows), "λW times the batch size"),
        ("l2-divided-twice", lambda step: 1 / step.n_rows, "λW / B"),
        ("l2-divided-twice", lambda step: 1 / step.n_samples, "λW / n_samples"),
        ("l2-divided-twice", lambda step: 0.5, "λW / 2"),
    ):
        yield key, make(factor), remark


def _l2(factor: Factor, *, biases: bool = False) -> Any:
    def decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
        if step.is_bias and not biases:
            return theta, g
        return theta, g + factor(step) * step.hp.weight_decay * theta

    return decay


def _decouple_scaled(factor: Factor, *, biases: bool = False) -> Any:
    return _decouple(lambda step: step.hp.learning_rate * factor(step), biases=biases)


def _decouple(factor: Factor, *, biases: bool = False) -> Any:
    def decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
        if step.is_bias and not biases:
            return theta, g
        return theta * (1 - factor(step) * step.hp.weight_decay), g

    return decay


def _l2_then_shrink(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
    _, coupled = _l2(lambda step: 1.0)(step, theta, g)
    return right.decay(step, theta, coupled)


def _shrink_then_l2(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
    smaller, _ = right.decay(step, theta, g)
    return _l2(lambda step: 1.0)(step, smaller, g)  # type: ignore[no-any-return]


def _no_decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
    return theta, g


def _shrink_after(step: Step, theta: Array, new: Array) -> Array:
    if step.is_bias:
        return new
    return new * (1 - step.hp.learning_rate * step.hp.weight_decay)
