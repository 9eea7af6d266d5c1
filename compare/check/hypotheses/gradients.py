"""The known mistakes of the backward pass."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.equations import DERIVATIVE_FROM_Z, FUNCTION, Array, Equations, Pass
from compare.check.hypotheses.common import (
    BATCH,
    FACTORS,
    Factor,
    Hypothesis,
    name_hidden_layers,
    name_layers,
    subsets,
)
from compare.check.hypotheses.deltas import output_deltas
from compare.check.hypotheses.slopes import Slope, wrong_slopes


def gradient_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield the mistakes of the backward pass."""
    yield from output_deltas(base)
    yield from _scaled_tensors(base, depth)
    yield from _hidden_steps(base, depth, activation)
    yield from _weight_gradients(base, depth)
    yield from _bias_gradients(base, depth)
    yield from _one_sample(base)


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
        for key, slope, remark in wrong_slopes(activation):
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
                replace(base, hidden_step=_scale_step(base, layers, factor)),
                remark,
            )
        for and_z, remark in ((False, ""), (True, "as well as from z")):
            yield Hypothesis(
                "mask-from-gradient",
                where,
                replace(base, hidden_step=_mask_of_da(base, layers, and_z)),
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


def _slope(base: Equations, layers: tuple[int, ...], wrong: Slope) -> Slope:
    return lambda p, h: wrong(p, h) if h in layers else base.derivative(p, h)


def _scale_step(base: Equations, layers: tuple[int, ...], factor: Factor) -> Any:
    def hidden_step(p: Pass, da: Array, slope: Array, layer: int) -> Array:
        dz = base.hidden_step(p, da, slope, layer)
        return dz * factor(p) if layer in layers else dz

    return hidden_step


def _mask_of_da(base: Equations, layers: tuple[int, ...], and_z: bool) -> Any:
    def hidden_step(p: Pass, da: Array, slope: Array, layer: int) -> Array:
        if layer not in layers:
            return base.hidden_step(p, da, slope, layer)
        return np.maximum(da, 0) * (slope if and_z else 1)

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
        return base.weight_gradient(p, dz, layer).T

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


def _one_sample(base: Equations) -> Iterator[Hypothesis]:
    """Yield gradients of a loop over samples that keeps only one: = instead of +=."""
    for row, word in ((-1, "the last"), (0, "the first")):
        for times, remark in ((lambda p: 1.0, ""), (BATCH, ", times B")):
            yield Hypothesis(
                "one-sample",
                "",
                replace(
                    base,
                    weight_gradient=_outer_of(row, times),
                    bias_gradient=_row_of(row, times),
                ),
                word + remark,
            )


def _outer_of(row: int, times: Factor) -> Any:
    def weight_gradient(p: Pass, dz: Array, layer: int) -> Array:
        return np.outer(p.inputs[layer][row], dz[row]) * times(p)

    return weight_gradient


def _row_of(row: int, times: Factor) -> Any:
    def bias_gradient(p: Pass, dz: Array, layer: int) -> Array:
        return np.asarray(dz[row] * times(p))

    return bias_gradient
