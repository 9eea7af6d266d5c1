"""The known mistakes of the loss, and those that show where logits are large."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from compare.check import equations as right
from compare.check.equations import Array, Equations, Pass
from compare.check.hypotheses.common import BATCH, FACTORS, Factor, Hypothesis
from compare.check.hypotheses.deltas import smoothed_labels

Softmax = Callable[[Array], Array]
LOG_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-15, 1e-16)


def loss_hypotheses(base: Equations) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the loss alone, or labels and loss."""
    for key, factor, remark in FACTORS:
        if key in (
            "sum-over-batch",
            "mean-over-classes",
            "divided-twice",
            "wrong-sign",
        ):

            def scaled(p: Pass, y: Array, factor: Factor = factor) -> float:
                return right.loss(p, y) * factor(p)

            yield Hypothesis(key, "in the loss", replace(base, loss=scaled), remark)
    for plus in LOG_EPSILONS:

        def with_epsilon(p: Pass, y: Array, plus: float = plus) -> float:
            return right.log_of_probabilities(p, y, plus=plus)

        yield Hypothesis(
            "log-epsilon", "", replace(base, loss=with_epsilon), f"it is {plus:g}"
        )
    for factor_name, scale in (
        ("the sum over classes, mean over batch", lambda p: 1.0),
        ("half of it", lambda p: 0.5),
        ("the mean over batch and classes", lambda p: 1 / p.probs.shape[1]),
        ("the sum over batch and classes", BATCH),
        ("half the sum over batch and classes", lambda p: 0.5 * p.divisor),
    ):

        def squared(p: Pass, y: Array, scale: Factor = scale) -> float:
            error = p.probs - right.one_hot(p, y)
            return float((error**2).sum(axis=1).mean() * scale(p))

        yield Hypothesis(
            "loss-squared-error", "", replace(base, loss=squared), factor_name
        )
    for shift in (-1, 1):

        def labels(p: Pass, shift: int = shift) -> Array:
            return (p.y + shift) % p.probs.shape[1]  # type: ignore[no-any-return]

        yield Hypothesis(
            "labels-off-by-one", "", replace(base, labels=labels), f"y {shift:+d}"
        )

    yield from smoothed_labels(base)
    yield from _with_l2(base)


def _with_l2(base: Equations) -> Iterator[Hypothesis]:
    """Yield a loss that contains the weight decay, and gradients with or without."""
    for factor, remark in ((0.5, "λ/2 Σ W²"), (1.0, "λ Σ W²")):

        def loss(p: Pass, y: Array, factor: float = factor) -> float:
            squares = sum(float((W**2).sum()) for W, _ in p.weights)
            return base.loss(p, y) + factor * p.weight_decay * squares

        def slope(p: Pass, dz: Array, layer: int, factor: float = factor) -> Array:
            decay = 2 * factor * p.weight_decay * p.weights[layer][0]
            return np.asarray(base.weight_gradient(p, dz, layer) + decay)

        with_loss = replace(base, loss=loss)
        yield Hypothesis("l2-in-loss", "", with_loss, remark)
        with_both = replace(with_loss, weight_gradient=slope)
        yield Hypothesis("l2-in-loss", "", with_both, remark)


def overflow_hypotheses(
    base: Equations, more_epsilons: Sequence[float] = ()
) -> Iterator[Hypothesis]:
    """Yield the mistakes that show only where logits are large."""
    without = replace(base, softmax=_softmax_without_maximum)
    for softmax in (_softmax_without_maximum, _softmax_through_its_logarithm):
        overflowing = replace(base, softmax=softmax)
        yield from _overflow_in_one_function(base, overflowing)
        for loss in (base.loss, right.log_of_probabilities, _loss_without_maximum):
            everywhere = replace(overflowing, loss=loss)
            yield Hypothesis("softmax-overflow", "", everywhere)
    for tiny in dict.fromkeys((*LOG_EPSILONS, *more_epsilons)):

        def with_epsilon(p: Pass, y: Array, plus: float = tiny) -> float:
            return right.log_of_probabilities(p, y, plus=plus)

        def clipped(p: Pass, y: Array, least: float = tiny) -> float:
            chosen = p.probs[np.arange(len(y)), y]
            return float(-np.log(np.clip(chosen, least, 1 - least)).mean())

        for loss in (with_epsilon, clipped):
            yield Hypothesis(
                "log-epsilon", "", replace(base, loss=loss), f"it is {tiny:g}"
            )
            yield Hypothesis(
                "softmax-overflow", "", replace(without, loss=loss), f"and {tiny:g}"
            )
    yield Hypothesis("log-zero", "", replace(base, loss=right.log_of_probabilities))


def _overflow_in_one_function(
    base: Equations, without: Equations
) -> Iterator[Hypothesis]:
    """Yield a softmax written twice, and right only once."""
    for mine, softmax, remark in (
        (base, without.softmax, "in the gradients; the prediction does it right"),
        (without, base.softmax, "in the prediction; the gradients do it right"),
    ):

        def delta(p: Pass, targets: Array, softmax: Softmax = softmax) -> Array:
            return base.delta(replace(p, probs=softmax(p.logits)), targets)

        for loss in (base.loss, _loss_without_maximum):
            changed = replace(mine, delta=delta, loss=loss)
            yield Hypothesis("softmax-overflow", "", changed, remark)


def epsilon_behind(p: Pass, loss: float) -> float:
    """Return the ε of log(p + ε) that gives this loss where some p[y] are 0; or 0."""
    chosen = p.probs[np.arange(len(p.y)), p.y]
    n_zero = int((chosen == 0).sum())
    if n_zero == 0:
        return 0.0
    rest = -np.log(chosen[chosen > 0]).sum()
    return float(np.exp((rest - loss * len(p.y)) / n_zero))


def _softmax_without_maximum(logits: Array) -> Array:
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def _softmax_through_its_logarithm(logits: Array) -> Array:
    log_sum = np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return np.asarray(np.exp(logits - log_sum))


def _loss_without_maximum(p: Pass, y: Array) -> float:
    log_sum = np.log(np.exp(p.logits).sum(axis=1))
    return float((log_sum - p.logits[np.arange(len(y)), y]).mean())
