"""What shows only where logits are large: overflow, log(0), and the cure of an ε."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from compare.check.catalogue.mistake import EXP, LOSS, Hypothesis, Mistake
from compare.check.simulate.equations import (
    Array,
    Equations,
    Pass,
    log_of_probabilities,
)

MISTAKES = (
    Mistake(
        "softmax-overflow",
        "softmax does not subtract the maximum, so exp overflows",
        "pₖ = exp(zₖ − max z) / Σⱼ exp(zⱼ − max z)",
        EXP,
    ),
    Mistake(
        "log-epsilon",
        "the loss keeps p away from 0 by a small number: log(p + 1e-9)",
        "loss = mean(log Σ exp zⱼ − z[y]), from logits: no epsilon is needed",
        LOSS,
    ),
    Mistake(
        "log-zero",
        "the loss takes the logarithm of a probability that has become 0",
        "loss = mean(log Σ exp zⱼ − z[y]), from logits: never log(0)",
        LOSS,
    ),
)


Softmax = Callable[[Array], Array]
LOG_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-15, 1e-16)


def extremes(
    base: Equations, more_epsilons: Sequence[float] = ()
) -> Iterator[Hypothesis]:
    """Yield the mistakes that show only where logits are large."""
    without = replace(base, softmax=_softmax_without_maximum)
    for softmax in (_softmax_without_maximum, _softmax_through_its_logarithm):
        overflowing = replace(base, softmax=softmax)
        yield from _overflow_in_one_function(base, overflowing)
        for loss in (base.loss, log_of_probabilities, _loss_without_maximum):
            everywhere = replace(overflowing, loss=loss)
            yield Hypothesis("softmax-overflow", "", everywhere)
    for tiny in dict.fromkeys((*LOG_EPSILONS, *more_epsilons)):

        def with_epsilon(p: Pass, y: Array, plus: float = tiny) -> float:
            return log_of_probabilities(p, y, plus=plus)

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
    yield Hypothesis("log-zero", "", replace(base, loss=log_of_probabilities))


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
