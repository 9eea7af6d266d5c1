"""A factor too much: on the whole gradient, on some of its arrays, or on the loss."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    DELTA,
    EQ_DELTA,
    Factor,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_hidden_layers,
    name_layers,
    subsets,
)
from compare.check.simulate.equations import Array, Equations, Pass

MISTAKES = (
    Mistake(
        "sum-over-batch",
        "the sum over the batch is taken instead of the mean",
        EQ_DELTA,
        DELTA,
    ),
    Mistake(
        "mean-over-classes",
        "the mean is taken over batch and classes, not over the batch alone",
        EQ_DELTA,
        DELTA,
    ),
    Mistake(
        "divisor-other",
        "the gradient is divided by another number than the batch size",
        EQ_DELTA + ", with B the rows of this batch",
        DELTA,
    ),
    Mistake(
        "constant-factor",
        "the gradient is multiplied by a constant",
        EQ_DELTA,
        DELTA,
    ),
    Mistake("divided-twice", "the batch size is divided by twice", EQ_DELTA, DELTA),
    Mistake(
        "factor-two",
        "the gradient has the factor 2 of a squared error",
        EQ_DELTA,
        DELTA,
    ),
    Mistake(
        "jacobian-missing",
        "the gradient is that of a mean squared error, without the softmax Jacobian",
        EQ_DELTA + ", which is cross-entropy and softmax together",
        DELTA,
    ),
    Mistake(
        "wrong-sign",
        "the gradient has the wrong sign",
        "dz = (p − onehot(y)) / B, not (onehot(y) − p)",
        DELTA,
    ),
)


BATCH: Factor = lambda p: p.divisor  # noqa: E731  # a table of factors reads best so
FACTORS: tuple[tuple[str, Factor, str], ...] = (
    ("sum-over-batch", BATCH, "times the batch size B"),
    ("mean-over-classes", lambda p: 1 / p.probs.shape[1], "divided by the classes K"),
    ("divided-twice", lambda p: 1 / p.divisor, "divided by B once more"),
    ("factor-two", lambda p: 2.0, "times 2"),
    ("divisor-other", lambda p: p.divisor / max(p.divisor - 1, 0.1), "by B − 1"),
    ("jacobian-missing", lambda p: 2 / p.probs.shape[1], "times 2 / K"),
    ("wrong-sign", lambda p: -1.0, "times −1"),
    (
        "short-batch-divisor",
        lambda p: p.divisor / p.batch_size,
        "divided by batch_size, whatever the number of rows",
    ),
)
OF_A_LOSS = ("sum-over-batch", "mean-over-classes", "divided-twice", "wrong-sign")


def loss(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield a factor on the loss alone."""
    for key, factor, remark in FACTORS:
        if key in OF_A_LOSS:

            def scaled(p: Pass, y: Array, factor: Factor = factor) -> float:
                return base.loss(p, y) * factor(p)

            yield Hypothesis(key, "in the loss", replace(base, loss=scaled), remark)


def output_delta(base: Equations) -> Iterator[Hypothesis]:
    """Yield a factor on the output delta, and so on everything."""
    for key, factor, remark in FACTORS:

        def delta(p: Pass, targets: Array, factor: Factor = factor) -> Array:
            return base.delta(p, targets) * factor(p)

        yield Hypothesis(key, "", replace(base, delta=delta), remark)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield a factor on the output delta, on some arrays, on deltas further down."""
    yield from output_delta(base)
    yield from _arrays(base, net)
    for layers in subsets(range(net.depth - 1)):
        for key, factor, remark in FACTORS:
            yield Hypothesis(
                key,
                name_hidden_layers(layers, net.depth),
                replace(base, hidden_step=_scaled(base.hidden_step, layers, factor)),
                remark,
            )


def fitted(base: Equations, factor: float, n_rows: int) -> Iterator[Hypothesis]:
    """Yield the ways to a factor that was measured on a batch of `n_rows`."""

    def by_features(p: Pass, targets: Array) -> Array:
        return np.asarray(base.delta(p, targets) * (p.divisor / p.X.shape[1]))

    def by_classes(p: Pass, targets: Array) -> Array:
        return np.asarray(base.delta(p, targets) * (p.divisor / targets.shape[1]))

    for delta, words in (
        (by_features, "by the number of features"),
        (by_classes, "by the number of classes"),
    ):
        yield Hypothesis("divisor-other", "", replace(base, delta=delta), words)
    divisor = n_rows / factor
    if abs(divisor - round(divisor)) < 1e-6 * abs(divisor):
        divisor = round(divisor)

    def divided(p: Pass, targets: Array) -> Array:
        return np.asarray(base.delta(p, targets) * (p.divisor / divisor))

    def multiplied(p: Pass, targets: Array) -> Array:
        return np.asarray(base.delta(p, targets) * factor)

    words = f"by {divisor:.7g}, whatever the batch"
    yield Hypothesis("divisor-other", "", replace(base, delta=divided), words)
    words = f"by {factor:.6g}"
    yield Hypothesis("constant-factor", "", replace(base, delta=multiplied), words)


def _arrays(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield a factor on some of the dW, some of the db, or both of some layers."""
    depth = net.depth
    for key, factor, remark in FACTORS:
        for layers in subsets(range(depth)):
            for which in ("dW", "db", "both"):
                if which == "both" and len(layers) == depth:
                    continue  # that is the factor on the output delta
                averaged = (key, which) == ("divided-twice", "db")
                changes: dict[str, Any] = {}
                if which != "db":
                    changes["weight_gradient"] = _scaled(
                        base.weight_gradient, layers, factor
                    )
                if which != "dW":
                    changes["bias_gradient"] = _scaled(
                        base.bias_gradient, layers, factor
                    )
                where = name_layers(layers, "dW" if which == "both" else which, depth)
                if which == "both":
                    where += " and db"
                elif len(layers) == depth:
                    where = f"in every {which}"
                yield Hypothesis(
                    "db-averaged" if averaged else key,
                    where,
                    replace(base, **changes),
                    "" if averaged else remark,
                )


def _scaled(function: Any, layers: tuple[int, ...], factor: Factor) -> Any:
    return in_layers(layers, lambda p, *args: function(p, *args) * factor(p), function)
