"""Each known mistake between the batches, as training with one rule replaced.

Order, short batches, L2, momentum, Adam. The mistakes of the gradient itself are in
the files beside this one; they join in, because a class need not show its gradients.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from compare.check import steps as right
from compare.check.equations import Array, Equations
from compare.check.hypotheses import all_function_hypotheses
from compare.check.steps import Memory, Step, Training
from compare.config import HyperParameters

# Values of Adam's ε that other libraries and papers use.
EPSILONS = (1e-7, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-10, 1e-12, 1e-15)
# Limits to which gradients are often clipped.
LIMITS = (1.0, 5.0, 0.5, 0.1, 0.01, 10.0, 0.25)


@dataclass(frozen=True)
class TrainingHypothesis:
    """A mistake in one of its forms: its key, where it sits, and how it trains."""

    key: str
    where: str
    training: Training
    remark: str = ""


def training_hypotheses(
    base: Equations, hp: HyperParameters
) -> Iterator[TrainingHypothesis]:
    """Yield every mistake that can change a trajectory under these hyper-parameters."""
    training = Training(base)
    yield from _batches(training, hp)
    yield from _decays(training, hp)
    yield from _clipped(training)
    yield from _sgd(training, hp) if hp.optimizer == "sgd" else _adam(training, hp)
    depth = len(hp.layer_sizes) - 1
    for h in all_function_hypotheses(base, depth, hp.activation):
        if h.key == "l2-in-loss":
            continue  # in training that is L2 twice, which has been yielded
        yield TrainingHypothesis(h.key, h.where, Training(h.equations), h.remark)


# --- batches -------------------------------------------------------------------------


def _batches(base: Training, hp: HyperParameters) -> Iterator[TrainingHypothesis]:
    def dropped(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return [r for r in right.batches(order, n, hp) if len(r) == hp.batch_size]

    def from_the_start(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.arange(len(order)), n, hp)

    def every_row(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.arange(n), n, hp)

    def sorted_order(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(np.sort(order), n, hp)

    def reversed_order(order: Array, n: int, hp: HyperParameters) -> list[Array]:
        return right.batches(order[::-1], n, hp)

    for key, rows, remark in (
        ("short-batch-dropped", dropped, ""),
        ("order-ignored", from_the_start, "rows 0, 1, 2, … are used"),
        ("order-ignored", every_row, "all rows of X are used, 0, 1, 2, …"),
        ("order-ignored", sorted_order, "the rows are sorted"),
        ("order-ignored", reversed_order, "it is read backwards"),
    ):
        yield TrainingHypothesis(key, "", replace(base, batches=rows), remark)
    yield TrainingHypothesis(
        "short-batch-divisor",
        "",
        replace(base, divisor=lambda n_rows, hp: hp.batch_size),
    )
    yield TrainingHypothesis("updated-weights", "", replace(base, immediately=None))
    depth = len(hp.layer_sizes) - 1
    for layer in range(1, depth) if depth > 2 else ():
        yield TrainingHypothesis(
            "updated-weights", f"at W[{layer}]", replace(base, immediately=(layer,))
        )
    yield TrainingHypothesis(
        "labels-not-shuffled", "", replace(base, labels_in_order=True)
    )
    yield TrainingHypothesis("accumulated", "", replace(base, accumulate=True))
    yield TrainingHypothesis("state-forgotten", "", replace(base, forgetful=True))


# --- weight decay --------------------------------------------------------------------


def _decays(base: Training, hp: HyperParameters) -> Iterator[TrainingHypothesis]:
    if hp.weight_decay == 0:
        return
    for key, decay, remark in _coupled_decays(hp):
        yield TrainingHypothesis(key, "", replace(base, decay=decay), remark)
    yield TrainingHypothesis("l2-missing", "", replace(base, decay=_no_decay))
    if hp.optimizer == "adamw":
        coupled = replace(base, decay=_l2(lambda step: 1.0))
        yield TrainingHypothesis("decay-coupled", "", coupled)
        for changes, remark in (
            ({"decay": _no_decay, "finish": _shrink_after}, "after Adam's step"),
            ({"decay": _decouple(lambda step: 1.0)}, "without η"),
            ({"decay": _l2_then_shrink}, "and L2 is in the gradient too"),
            ({"decay": _shrink_then_l2}, "and L2 is in the gradient too"),
        ):
            yield TrainingHypothesis(
                "adamw-decay", "", replace(base, **changes), remark
            )
        return
    decoupled = replace(base, decay=_decouple(lambda step: step.hp.learning_rate))
    yield TrainingHypothesis("decay-decoupled", "", decoupled, "before the step")
    without_rate = replace(base, decay=_decouple(lambda step: 1.0))
    yield TrainingHypothesis("decay-decoupled", "", without_rate, "without η")
    afterwards = replace(base, decay=_no_decay, finish=_shrink_after)
    yield TrainingHypothesis("decay-decoupled", "", afterwards, "after the step")


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


def _l2(factor: Callable[[Step], float], *, biases: bool = False) -> Any:
    def decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
        if step.is_bias and not biases:
            return theta, g
        return theta, g + factor(step) * step.hp.weight_decay * theta

    return decay


def _decouple_scaled(factor: Callable[[Step], float], *, biases: bool = False) -> Any:
    return _decouple(lambda step: step.hp.learning_rate * factor(step), biases=biases)


def _decouple(factor: Callable[[Step], float], *, biases: bool = False) -> Any:
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


def _clipped(base: Training) -> Iterator[TrainingHypothesis]:
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
            yield TrainingHypothesis(
                "gradient-clipped", "", replace(base, rule=rule), f"{remark}, {limit:g}"
            )


def _clip_first(
    rule: Any, clip: Any, step: Step, theta: Array, g: Array, memory: Memory
) -> Any:
    return rule(step, theta, clip(g), memory)


# --- SGD -----------------------------------------------------------------------------


def _sgd(base: Training, hp: HyperParameters) -> Iterator[TrainingHypothesis]:
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
        yield TrainingHypothesis(key, "", replace(base, rule=rule), remark)


# --- Adam ----------------------------------------------------------------------------


def _adam(base: Training, hp: HyperParameters) -> Iterator[TrainingHypothesis]:
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
        *(
            ("adam-epsilon-value", {"eps": eps}, f"it is {eps:g}")
            for eps in EPSILONS
            if eps != hp.eps
        ),
    ]
    for key, options, remark in forms:
        rule = partial(right.adam, **options)
        yield TrainingHypothesis(key, "", replace(base, rule=rule), remark)
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
        yield TrainingHypothesis("adam-t", "", replace(base, rule=rule), remark)


def _weights_first(step: Step) -> int:
    """Return the place of an array in the order W[0], W[1], …, b[0], b[1], …"""
    return step.tensor // 2 + step.is_bias * step.n_tensors // 2


def _adam_with_t(
    count: Callable[[Step], float], step: Step, theta: Array, g: Array, memory: Memory
) -> tuple[Array, Memory]:
    return right.adam(step, theta, g, memory, t=count(step))
