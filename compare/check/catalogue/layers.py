"""dW and db: transposed, of another layer, over another axis, of one sample."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    BIAS_GRADIENT,
    WEIGHT_GRADIENT,
    Factor,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_layers,
    subsets,
)
from compare.check.catalogue.scale import BATCH
from compare.check.simulate.equations import Array, Equations, Pass

MISTAKES = (
    Mistake(
        "layers-reversed",
        "the gradients are returned in reverse order, last layer first",
        "[(dW, db) of the first layer, …, of the last]",
        "gradients.insert(0",
    ),
    Mistake(
        "buffer-shared",
        "the hidden layers share one buffer: the last one overwrites the others",
        "zs[l] and inputs[l] are arrays of their own for each layer",
        "inputs.append(a)",
    ),
    Mistake("dw-transposed", "dW is transposed", "dW = aᵀ dz", WEIGHT_GRADIENT),
    Mistake(
        "dw-wrong-layer",
        "dW is computed from the activations of the wrong layer",
        "dW = aᵀ dz, with a the input of the same layer",
        WEIGHT_GRADIENT,
    ),
    Mistake(
        "dw-from-preactivation",
        "dW is computed from the pre-activation z instead of the activation a",
        "dW = aᵀ dz, with a = f(z) of the layer before",
        WEIGHT_GRADIENT,
    ),
    Mistake(
        "db-missing", "the bias gradient is missing", "db = Σ_batch dz", BIAS_GRADIENT
    ),
    Mistake(
        "db-averaged",
        "the bias gradient is averaged over the batch, though dz already is",
        "db = Σ_batch dz, because dz already contains 1/B",
        BIAS_GRADIENT,
    ),
    Mistake(
        "db-wrong-axis",
        "the bias gradient is summed over the wrong axis",
        "db = Σ_batch dz (axis=0): one number per unit",
        BIAS_GRADIENT,
    ),
    Mistake(
        "db-first-sample",
        "the bias gradient comes from one sample only",
        "db = Σ_batch dz: the sum over all samples",
        BIAS_GRADIENT,
    ),
    Mistake(
        "one-sample",
        "the gradient is that of one sample: the others are overwritten, not added",
        "dW = Σ_batch aᵀ dz,  db = Σ_batch dz: += in a loop over the samples",
        WEIGHT_GRADIENT,
    ),
)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes in the gradients of weights and biases."""
    for layers in subsets(range(net.depth)):
        where = name_layers(layers, "dW", net.depth)
        for key, wrong, remark in _weight_gradients(base):
            changed = in_layers(layers, wrong, base.weight_gradient)
            yield Hypothesis(key, where, replace(base, weight_gradient=changed), remark)
    for layers in subsets(range(net.depth)):
        where = name_layers(layers, "db", net.depth)
        for key, of_dz, remark in BIAS_GRADIENTS:

            def bias(p: Pass, dz: Array, layer: int, of_dz: Any = of_dz) -> Array:
                return of_dz(dz)  # type: ignore[no-any-return]

            changed = in_layers(layers, bias, base.bias_gradient)
            yield Hypothesis(key, where, replace(base, bias_gradient=changed), remark)
    yield from _one_sample(base)
    yield from _without_a_sample(base)
    yield Hypothesis(
        "layers-reversed", "", replace(base, listed=lambda gradients: gradients[::-1])
    )
    if net.depth > 2 and net.activation.name != "identity":
        yield _shared_buffers(base)


def _shared_buffers(base: Equations) -> Hypothesis:
    """Return what comes of it if each hidden layer finds the last one's arrays.

    Of the identity it is dW from the activations of another layer, and no more.
    """

    def weight(p: Pass, dz: Array, layer: int) -> Array:
        a = p.inputs[-1] if layer > 0 else p.inputs[0]
        return a.T @ dz

    def slope(p: Pass, h: int) -> Array:
        return p.activation.from_z(p.zs[-2])

    changed = replace(base, weight_gradient=weight, derivative=slope)
    return Hypothesis("buffer-shared", "", changed)


def _weight_gradients(base: Equations) -> Iterator[tuple[str, Any, str]]:
    def transposed(p: Pass, dz: Array, layer: int) -> Array:
        return base.weight_gradient(p, dz, layer).T

    def preactivation(p: Pass, dz: Array, layer: int) -> Array:
        a = p.zs[layer - 1] if layer > 0 else p.inputs[0]
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
        lambda p: [p.activation.f(p.zs[-1])],
    )
    yield "dw-transposed", transposed, ""
    yield "dw-from-preactivation", preactivation, ""
    for shift, word in ((1, "further"), (-1, "before")):
        for last in ends:
            yield "dw-wrong-layer", other(shift, last), f"those of one layer {word}"


BIAS_GRADIENTS: tuple[tuple[str, Callable[[Array], Any], str], ...] = (
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


def _one_sample(base: Equations) -> Iterator[Hypothesis]:
    """Yield gradients of a loop over samples that keeps only one: = instead of +=."""
    for row, word in ((-1, "the last"), (0, "the first")):
        for times, remark in ((lambda p: 1.0, ""), (BATCH, ", times B")):
            yield Hypothesis(
                "one-sample",
                "",
                replace(
                    base,
                    weight_gradient=_outer_of(base, row, times),
                    bias_gradient=_row_of(base, row, times),
                ),
                word + remark,
            )


def _without_a_sample(base: Equations) -> Iterator[Hypothesis]:
    """Yield gradients of all samples but one: a loop that ends too early."""
    for rows, word in ((slice(None, -1), "the last"), (slice(1, None), "the first")):

        def weight(p: Pass, dz: Array, layer: int, rows: slice = rows) -> Array:
            return base.weight_gradient(_only(p, rows), dz[rows], layer)

        def bias(p: Pass, dz: Array, layer: int, rows: slice = rows) -> Array:
            return base.bias_gradient(p, dz[rows], layer)

        changed = replace(base, weight_gradient=weight, bias_gradient=bias)
        yield Hypothesis("sample-lost", "", changed, f"{word} of each batch")


def _only(p: Pass, rows: Any) -> Pass:
    """Return the pass as it was for some of the samples."""
    return replace(p, inputs=[a[rows] for a in p.inputs])


def _outer_of(base: Equations, row: int, times: Factor) -> Any:
    def weight_gradient(p: Pass, dz: Array, layer: int) -> Array:
        one = np.arange(len(dz))[[row]]
        return base.weight_gradient(_only(p, one), dz[one], layer) * times(p)

    return weight_gradient


def _row_of(base: Equations, row: int, times: Factor) -> Any:
    def bias_gradient(p: Pass, dz: Array, layer: int) -> Array:
        return base.bias_gradient(p, dz[[row]], layer) * times(p)

    return bias_gradient
