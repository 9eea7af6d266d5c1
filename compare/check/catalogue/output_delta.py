"""The output delta: a derivative too much, and labels that are others."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    DELTA,
    EQ_DELTA,
    ONE_HOT,
    Factor,
    Hypothesis,
    Mistake,
    Network,
)
from compare.check.simulate.activations import BY_NAME, Activation, Array
from compare.check.simulate.equations import Equations, Pass, one_hot, softmax

MISTAKES = (
    Mistake(
        "jacobian-extra",
        "the gradient is multiplied by the derivative of softmax once too often",
        EQ_DELTA + ", which already contains the derivative of softmax",
        DELTA,
    ),
    Mistake(
        "labels-off-by-one",
        "the labels are off by one",
        "onehot(y)[i, k] = 1 if k = y[i], classes counted from 0",
        ONE_HOT,
    ),
    Mistake(
        "one-hot-width",
        "the one-hot matrix is as wide as the largest label of the batch",
        "onehot(y) has a column for each class, whether or not it is in the batch",
        ONE_HOT,
    ),
    Mistake(
        "label-smoothing",
        "the labels are smoothed: a share of each goes to the other classes",
        EQ_DELTA + ", with onehot(y) of 0 and 1 only",
        ONE_HOT,
    ),
    Mistake(
        "output-derivative",
        "the output delta is multiplied by f'(z), though no activation stands there",
        EQ_DELTA + ", which already contains the derivative of softmax",
        DELTA,
    ),
)


# How much of a label goes to the other classes, in those who smooth labels.
SMOOTHING = (0.1, 0.05, 0.2, 0.01)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes between the probabilities and the last dz."""
    yield from _derivatives_of_softmax(base)
    yield from _derivatives_of_outputs(base)
    yield from _derivatives_of_no_activation(base)
    yield from targets(base)


def one_hot_of_the_largest(base: Equations) -> Iterator[Hypothesis]:
    """Yield a one-hot as wide as the largest label: it fits with the last class."""

    def delta(p: Pass, targets: Array) -> Array:
        width = int(p.y.max()) + 1
        return base.delta(p, targets[:, :width] + 0 * p.probs)

    yield Hypothesis("one-hot-width", "", replace(base, delta=delta))


def _derivatives_of_softmax(base: Equations) -> Iterator[Hypothesis]:
    for scale, remark in (
        (lambda p: 1.0, ""),
        (lambda p: 2.0, "with the factor 2"),
        (lambda p: 1 / p.probs.shape[1], "and divided by the classes K"),
        (lambda p: 2 / p.probs.shape[1], "with 2 / K"),
    ):

        def full(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            d, s = base.delta(p, targets), p.probs
            through: Array = s * (d - (d * s).sum(axis=1, keepdims=True))
            return through * scale(p)

        def diagonal(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            slope: Array = p.probs * (1 - p.probs)
            return base.delta(p, targets) * slope * scale(p)

        yield Hypothesis("jacobian-extra", "", replace(base, delta=full), remark)
        only = "only p (1 − p)" + (", " + remark if remark else "")
        yield Hypothesis("jacobian-extra", "", replace(base, delta=diagonal), only)


def _derivatives_of_outputs(base: Equations) -> Iterator[Hypothesis]:
    """Yield the derivative of a sigmoid output, taken at a instead of z."""
    if base.softmax is softmax:
        return
    for factor in (1.0, 2.0):

        def delta(p: Pass, targets: Array, factor: float = factor) -> Array:
            slope = BY_NAME["sigmoid"].from_z(p.probs)
            return np.asarray(factor * (p.probs - targets) * slope / p.divisor)

        changed = replace(base, delta=delta)
        yield Hypothesis("derivative-at-activation", "at the output", changed)


def _derivatives_of_no_activation(base: Equations) -> Iterator[Hypothesis]:
    for other in BY_NAME.values():
        if other.kind == "identity":
            continue

        def step(p: Pass, dlogits: Array, other: Activation = other) -> Array:
            return dlogits * other.from_z(p.zs[-1])

        changed = replace(base, output_step=step)
        yield Hypothesis("output-derivative", "", changed, f"that of {other.name}")


def targets(base: Equations) -> Iterator[Hypothesis]:
    """Yield labels that are others, in the loss as well as in the gradient."""
    for shift in (-1, 1):

        def labels(p: Pass, shift: int = shift) -> Array:
            return (p.y + shift) % p.probs.shape[1]  # type: ignore[no-any-return]

        yield Hypothesis(
            "labels-off-by-one", "", replace(base, labels=labels), f"y {shift:+d}"
        )
    yield from _smoothed_labels(base)


def _smoothed_labels(base: Equations) -> Iterator[Hypothesis]:
    """Yield targets that give a share of each label to other classes, and the loss."""
    for amount in SMOOTHING:
        for n_left_out, remark in ((0, "among all classes"), (1, "among the others")):

            def smooth(
                targets: Array, amount: float = amount, n_left_out: int = n_left_out
            ) -> Array:
                share = amount / (targets.shape[1] - n_left_out)
                others = share * (1 - n_left_out * targets)
                return np.asarray((1 - amount) * targets + others)

            def delta(p: Pass, targets: Array, smooth: Any = smooth) -> Array:
                return base.delta(p, smooth(targets))

            def loss(p: Pass, y: Array, smooth: Any = smooth) -> float:
                log_p = np.log(p.probs)
                return float(-(smooth(one_hot(p, y)) * log_p).sum(axis=1).mean())

            yield Hypothesis(
                "label-smoothing",
                "",
                replace(base, delta=delta, loss=loss),
                f"{100 * amount:g} %, {remark}",
            )
