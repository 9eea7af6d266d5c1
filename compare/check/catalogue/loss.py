"""The loss: another one than the cross-entropy, or with something added."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from compare.check.catalogue import output_delta, scale
from compare.check.catalogue.mistake import LOSS, Factor, Hypothesis, Mistake, Network
from compare.check.catalogue.overflow import LOG_EPSILONS
from compare.check.simulate import equations as right
from compare.check.simulate.equations import Array, Equations, Pass

MISTAKES = (
    Mistake(
        "loss-squared-error",
        "the loss is a squared error, not the cross-entropy",
        "loss = mean over the batch of −log p[y]",
        LOSS,
    ),
    Mistake(
        "loss-binary",
        "the loss is a binary cross-entropy of each output, not the cross-entropy",
        "loss = mean over the batch of −log p[y]",
        LOSS,
    ),
    Mistake(
        "loss-logarithm",
        "the loss takes a logarithm of another base",
        "loss = mean over the batch of −ln p[y]: np.log",
        LOSS,
    ),
    Mistake(
        "l2-in-loss",
        "loss_and_gradients counts the weight decay in",
        "loss = mean over the batch of −log p[y]: L2 comes in with the step",
        LOSS,
    ),
)


BINARY: tuple[tuple[str, Factor], ...] = (
    ("summed over the classes", lambda p: 1.0),
    ("mean over batch and classes", lambda p: 1 / p.probs.shape[1]),
    ("summed over batch and classes", scale.BATCH),
)
SQUARES: tuple[tuple[str, Factor], ...] = (
    ("the sum over classes, mean over batch", lambda p: 1.0),
    ("half of it", lambda p: 0.5),
    ("the mean over batch and classes", lambda p: 1 / p.probs.shape[1]),
    ("the sum over batch and classes", scale.BATCH),
    ("half the sum over batch and classes", lambda p: 0.5 * p.divisor),
)


def loss(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the loss alone, or labels and loss."""
    for plus in LOG_EPSILONS:

        def with_epsilon(p: Pass, y: Array, plus: float = plus) -> float:
            return right.log_of_probabilities(p, y, plus=plus)

        yield Hypothesis(
            "log-epsilon", "", replace(base, loss=with_epsilon), f"it is {plus:g}"
        )
    for remark, factor in BINARY:

        def binary(p: Pass, y: Array, factor: Factor = factor) -> float:
            t = right.one_hot(p, y)
            rows = t * np.log(p.probs) + (1 - t) * np.log1p(-p.probs)
            return float(-rows.sum(axis=1).mean() * factor(p))

        yield Hypothesis("loss-binary", "", replace(base, loss=binary), remark)
    for factor, remark in (
        (lambda p: 1 / np.log(2), "in bits: log₂"),
        (lambda p: 1 / np.log(10), "log₁₀"),
    ):

        def in_another_base(p: Pass, y: Array, factor: Factor = factor) -> float:
            return base.loss(p, y) * factor(p)

        yield Hypothesis(
            "loss-logarithm", "", replace(base, loss=in_another_base), remark
        )
    for remark, factor in SQUARES:

        def squared(p: Pass, y: Array, factor: Factor = factor) -> float:
            error = p.probs - right.one_hot(p, y)
            return float((error**2).sum(axis=1).mean() * factor(p))

        yield Hypothesis("loss-squared-error", "", replace(base, loss=squared), remark)
    yield from output_delta.targets(base)
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
