"""The known mistakes of the backward pass."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.checker import equations as right
from compare.checker.equations import (
    DERIVATIVE_FROM_A,
    DERIVATIVE_FROM_Z,
    FUNCTION,
    Array,
    Equations,
    Pass,
)
from compare.checker.hypotheses.common import (
    FACTORS,
    Factor,
    Hypothesis,
    name_hidden_layers,
    name_layers,
    subsets,
)


def gradient_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield the mistakes of the backward pass."""
    yield from _output_deltas(base)
    yield from _scaled_tensors(base, depth)
    yield from _hidden_steps(base, depth, activation)
    yield from _weight_gradients(base, depth)
    yield from _bias_gradients(base, depth)
    for shift in (-1, 1):

        def labels(p: Pass, shift: int = shift) -> Array:
            return (p.y + shift) % p.probs.shape[1]  # type: ignore[no-any-return]

        yield Hypothesis(
            "labels-off-by-one", "", replace(base, labels=labels), f"y {shift:+d}"
        )


def _output_deltas(base: Equations) -> Iterator[Hypothesis]:
    for key, factor, remark in FACTORS:

        def delta(p: Pass, targets: Array, factor: Factor = factor) -> Array:
            return right.delta(p, targets) * factor(p)

        yield Hypothesis(key, "", replace(base, delta=delta), remark)
    for scale, remark in (
        (lambda p: 1.0, ""),
        (lambda p: 2.0, "with the factor 2"),
        (lambda p: 1 / p.probs.shape[1], "and divided by the classes K"),
        (lambda p: 2 / p.probs.shape[1], "with 2 / K"),
    ):

        def full(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            d, s = right.delta(p, targets), p.probs
            through: Array = s * (d - (d * s).sum(axis=1, keepdims=True))
            return through * scale(p)

        def diagonal(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            slope: Array = p.probs * (1 - p.probs)
            return right.delta(p, targets) * slope * scale(p)

        yield Hypothesis("jacobian-extra", "", replace(base, delta=full), remark)
        only = "only p (1 − p)" + (", " + remark if remark else "")
        yield Hypothesis("jacobian-extra", "", replace(base, delta=diagonal), only)


def _scaled_tensors(base: Equations, depth: int) -> Iterator[Hypothesis]:
    """Yield a factor on some of the dW, some of the db, or both of some layers."""
    for key, factor, remark in FACTORS:
        for layers in subsets(range(depth)):
            for which in ("dW", "db", "both"):
                if which == "both" and len(layers) == depth:
                    continue  # that is the factor on the output delta
                averaged = (key, which) == ("divided-twice", "db")
                renamed = "db-averaged" if averaged else key
                changes: dict[str, Any] = {}
                if which != "db":
                    changes["weight_gradient"] = _scale(
                        base.weight_gradient, layers, factor
                    )
                if which != "dW":
                    changes["bias_gradient"] = _scale(
                        base.bias_gradient, layers, factor
                    )
                where = name_layers(layers, "dW" if which == "both" else which, depth)
                if which == "both":
                    where += " and db"
                elif len(layers) == depth:
                    where = f"in every {which}"
                yield Hypothesis(
                    renamed,
                    where,
                    replace(base, **changes),
                    "" if averaged else remark,
                )


def _scale(function: Any, layers: tuple[int, ...], factor: Factor) -> Any:
    def scaled(p: Pass, dz: Array, layer: int) -> Array:
        g = function(p, dz, layer)
        return g * factor(p) if layer in layers else g  # type: ignore[no-any-return]

    return scaled


def _hidden_steps(base: Equations, depth: int, activation: str) -> Iterator[Hypothesis]:
    hidden = range(depth - 1)
    for layers in subsets(hidden):
        where = name_hidden_layers(layers, depth)
        for key, slope, remark in _wrong_slopes(activation):
            yield Hypothesis(
                key,
                where,
                replace(base, derivative=_slope(base, layers, slope)),
                remark,
            )
        for key, factor, remark in FACTORS:
            yield Hypothesis(
                key,
                where,
                replace(base, hidden_step=_scale_step(layers, factor)),
                remark,
            )
        matrices = [layer + 1 for layer in layers]
        where = name_layers(matrices, "W", depth)
        if len(layers) == depth - 1:
            where = "in every layer"
        yield Hypothesis(
            "delta-without-weights",
            where,
            replace(base, input_gradient=_passed_on(base, matrices)),
        )
        yield Hypothesis(
            "delta-weights-not-transposed",
            where,
            replace(base, input_gradient=_not_transposed(base, matrices)),
        )
    yield from _masks_of_other_layers(base, depth)


Slope = Callable[[Pass, int], Array]


def _wrong_slopes(activation: str) -> Iterator[tuple[str, Slope, str]]:
    from_z, from_a = DERIVATIVE_FROM_Z[activation], DERIVATIVE_FROM_A[activation]
    if activation != "identity":
        yield "derivative-missing", lambda p, h: np.ones_like(p.zs[h]), ""
    if activation in ("sigmoid", "tanh"):
        yield "derivative-at-activation", lambda p, h: from_z(p.inputs[h + 1]), ""
        yield "derivative-at-preactivation", lambda p, h: from_a(p.zs[h]), ""
    if activation == "relu":
        yield "relu-mask-at-zero", lambda p, h: (p.zs[h] >= 0).astype(float), ""
    for other in DERIVATIVE_FROM_Z:
        if other not in (activation, "identity"):

            def of_z(p: Pass, h: int, other: str = other) -> Array:
                return DERIVATIVE_FROM_Z[other](p.zs[h])

            def of_a(p: Pass, h: int, other: str = other) -> Array:
                return DERIVATIVE_FROM_A[other](p.inputs[h + 1])

            yield "derivative-of-other", of_z, f"it is that of {other}"
            if (activation, other) == ("sigmoid", "relu"):
                continue  # a > 0 always: that is no derivative at all
            yield "derivative-of-other", of_a, f"it is that of {other}, from a"


def _slope(base: Equations, layers: tuple[int, ...], wrong: Slope) -> Slope:
    return lambda p, h: wrong(p, h) if h in layers else base.derivative(p, h)


def _scale_step(layers: tuple[int, ...], factor: Factor) -> Any:
    def hidden_step(p: Pass, da: Array, slope: Array, layer: int) -> Array:
        dz = right.hidden_step(p, da, slope, layer)
        return dz * factor(p) if layer in layers else dz

    return hidden_step


def _passed_on(base: Equations, matrices: list[int]) -> Any:
    def input_gradient(p: Pass, dz: Array, layer: int) -> Array:
        return dz if layer in matrices else base.input_gradient(p, dz, layer)

    return input_gradient


def _not_transposed(base: Equations, matrices: list[int]) -> Any:
    def input_gradient(p: Pass, dz: Array, layer: int) -> Array:
        if layer not in matrices:
            return base.input_gradient(p, dz, layer)
        return dz @ p.weights[layer][0]

    return input_gradient


def _masks_of_other_layers(base: Equations, depth: int) -> Iterator[Hypothesis]:
    for shift, remark in ((1, "one layer too high"), (-1, "one layer too low")):
        for layers in subsets(range(depth - 1)):

            def slope(p: Pass, h: int, shift: int = shift) -> Array:
                z = p.zs[h + shift] if h + shift >= 0 else p.X
                return DERIVATIVE_FROM_Z[p.activation](z)

            yield Hypothesis(
                "mask-wrong-layer",
                name_hidden_layers(layers, depth),
                replace(base, derivative=_slope(base, layers, slope)),
                remark,
            )


def _weight_gradients(base: Equations, depth: int) -> Iterator[Hypothesis]:
    def transposed(p: Pass, dz: Array, layer: int) -> Array:
        return right.weight_gradient(p, dz, layer).T

    def preactivation(p: Pass, dz: Array, layer: int) -> Array:
        a = p.zs[layer - 1] if layer > 0 else p.X
        return a.T @ dz

    def other(shift: int, last: Callable[[Pass], list[Array]]) -> Any:
        def gradient(p: Pass, dz: Array, layer: int) -> Array:
            # Python counts −1 from the end, and so does the user's code: what stands
            # at the end of its list, if anything, makes a difference.
            every = [*p.inputs, *last(p)]
            return every[layer + shift].T @ dz

        return gradient

    def nothing(p: Pass) -> list[Array]:
        return []

    ends: tuple[Callable[[Pass], list[Array]], ...] = (
        nothing,
        lambda p: [p.logits],
        lambda p: [p.probs],
        lambda p: [FUNCTION[p.activation](p.zs[-1])],
    )
    for layers in subsets(range(depth)):
        where = name_layers(layers, "dW", depth)
        for key, wrong, remark in (
            ("dw-transposed", transposed, ""),
            ("dw-from-preactivation", preactivation, ""),
            *(
                ("dw-wrong-layer", other(shift, last), f"those of one layer {word}")
                for shift, word in ((1, "further"), (-1, "before"))
                for last in ends
            ),
        ):
            yield Hypothesis(
                key,
                where,
                replace(base, weight_gradient=_choose(base, layers, wrong, "weight")),
                remark,
            )


def _bias_gradients(base: Equations, depth: int) -> Iterator[Hypothesis]:
    wrong_ones: tuple[tuple[str, Callable[[Array], Any], str], ...] = (
        ("db-missing", lambda dz: np.zeros(dz.shape[1]), ""),
        ("db-wrong-axis", lambda dz: dz.sum(axis=1), "axis=1 instead of axis=0"),
        ("db-wrong-axis", lambda dz: dz.mean(axis=1), "the mean over axis=1"),
        ("db-wrong-axis", lambda dz: np.full(dz.shape[1], dz.sum()), "over both axes"),
        (
            "db-wrong-axis",
            lambda dz: np.asarray(dz.sum()),
            "over both axes, one number",
        ),
        ("db-wrong-axis", lambda dz: np.full(dz.shape[1], dz.mean()), "mean over both"),
        ("db-first-sample", lambda dz: dz[0], "the first"),
        ("db-first-sample", lambda dz: dz[-1], "the last"),
        ("db-first-sample", lambda dz: dz[0] * len(dz), "the first, times B"),
    )
    for layers in subsets(range(depth)):
        where = name_layers(layers, "db", depth)
        for key, of_dz, remark in wrong_ones:

            def wrong(p: Pass, dz: Array, layer: int, of_dz: Any = of_dz) -> Array:
                return of_dz(dz)  # type: ignore[no-any-return]

            yield Hypothesis(
                key,
                where,
                replace(base, bias_gradient=_choose(base, layers, wrong, "bias")),
                remark,
            )


def _choose(base: Equations, layers: tuple[int, ...], wrong: Any, which: str) -> Any:
    correct = getattr(base, f"{which}_gradient")

    def gradient(p: Pass, dz: Array, layer: int) -> Array:
        return (wrong if layer in layers else correct)(p, dz, layer)  # type: ignore[no-any-return]

    return gradient
