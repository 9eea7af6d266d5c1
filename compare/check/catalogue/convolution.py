"""Convolutions, forward: kernels turned round, shifted windows, channels, biases.

Kernels, shifts and channels are mistakes of one kind: the right convolution, of another
kernel or of other maps. So each is a linear change with its transpose: with these the
backward pass may belong to the wrong forward pass, or to the right one.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    CONV_BIAS,
    CONVOLVE,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_layers,
    subsets,
)
from compare.check.catalogue.textbook_lines import CONVOLUTIONS
from compare.check.simulate.equations import Array, Equations, Pass, bias, product

EQ_CONVOLVE = "z[o, y, x] = b[o] + Σ over c, i, j of W[o, c, i, j] a[c, y + i, x + j]"
MISTAKES = (
    Mistake(
        "conv-kernel-flipped",
        "the kernel is flipped in the forward pass: a convolution as mathematicians "
        "have it, where a correlation is meant",
        EQ_CONVOLVE,
        CONVOLVE,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-kernel-transposed",
        "rows and columns of the kernel are exchanged",
        EQ_CONVOLVE,
        CONVOLVE,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-shifted",
        "the window stands one pixel beside its place, as after wrong padding",
        EQ_CONVOLVE + ", without padding",
        CONVOLVE,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-channels",
        "the input channels are not summed as they should be",
        EQ_CONVOLVE,
        CONVOLVE,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-bias-repeated",
        "the bias is added inside the sum, once for each of its terms",
        EQ_CONVOLVE + ": one b[o] for a pixel of a map",
        CONV_BIAS,
        CONVOLUTIONS,
    ),
)

Change = Callable[[Array], Array]


def flip(W: Array) -> Array:
    """Return the kernels read from the last row and column to the first."""
    return W[:, :, ::-1, ::-1]


def swap(W: Array) -> Array:
    """Return the kernels with rows and columns exchanged."""
    return W.swapaxes(2, 3)


def one_of(axis: int, index: int) -> Change:
    """Return what leaves one channel of a kernel as it is, and makes others 0."""

    def only(W: Array) -> Array:
        kept = np.zeros_like(W)
        here: list[Any] = [slice(None)] * 4
        here[axis] = [index]
        kept[tuple(here)] = W[tuple(here)]
        return kept

    return only


def _all_as(which: int) -> tuple[Change, Change]:
    """Return what gives every input channel the kernel of one, and its transpose."""

    def same(W: Array) -> Array:
        return np.repeat(W[:, [which]], W.shape[1], axis=1)

    def gathered(dW: Array) -> Array:
        found = np.zeros_like(dW)
        found[:, which] = dW.sum(axis=1)
        return found

    return same, gathered


def summed(W: Array) -> Array:
    """Return the sum over the input channels in place of each."""
    return np.asarray(np.broadcast_to(W.sum(axis=1, keepdims=True), W.shape))


def _averaged(W: Array) -> Array:
    return np.asarray(W / W.shape[1])


# key, the kernel that is used instead, the transpose of this change, and words.
KERNELS: tuple[tuple[str, Change, Change, str], ...] = (
    ("conv-kernel-flipped", flip, flip, ""),
    ("conv-kernel-transposed", swap, swap, ""),
    ("conv-channels", one_of(1, -1), one_of(1, -1), "only the last (= for +=)"),
    ("conv-channels", one_of(1, 0), one_of(1, 0), "only the first"),
    ("conv-channels", *_all_as(0), "all have the kernel of the first"),
    ("conv-channels", *_all_as(-1), "all have the kernel of the last"),
    ("conv-channels", summed, summed, "all have the sum of the kernels"),
    ("conv-channels", _averaged, _averaged, "their mean is taken"),
)
SHIFTS: tuple[tuple[int, int], ...] = tuple(
    (rows, columns)
    for rows, columns in itertools.product((-1, 0, 1), repeat=2)
    if rows or columns
)


def moved(maps: Array, by: tuple[int, int]) -> Array:
    """Return maps with [y, x] from [y + by, x + bx], 0 where that is outside."""
    (rows, columns), (height, width) = by, maps.shape[2:]
    padded = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return padded[:, :, 1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]


def with_kernel(p: Pass, layer: int, change: Change) -> Pass:
    """Return the pass with another kernel in one layer."""
    weights = list(p.weights)
    W, b = weights[layer]
    weights[layer] = (change(W), b)
    return replace(p, weights=weights)


def with_maps(p: Pass, layer: int, change: Change) -> Pass:
    """Return the pass with other maps before one layer."""
    inputs = list(p.inputs)
    inputs[layer] = change(p.maps(layer))
    return replace(p, inputs=inputs)


def forward(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield mistakes of the convolution, each with both backward passes."""
    for layers in subsets(range(net.n_convolutions)):
        where = name_layers(layers, "W", net.depth)
        for key, change, back, remark in KERNELS:

            def linear(p: Pass, layer: int, change: Change = change) -> Array:
                return base.linear(with_kernel(p, layer, change), layer)

            changed = replace(base, linear=in_layers(layers, linear, base.linear))
            for equations in _backwards(changed, layers, change, back):
                yield Hypothesis(key, where, equations, remark)
        for shift in SHIFTS:
            yield from _shifted(base, layers, where, shift)
        without = in_layers(layers, product, base.linear)
        yield Hypothesis(
            "forward-no-bias",
            name_layers(layers, "b", net.depth),
            replace(base, linear=without),
        )
        yield from _repeated_bias(base, layers, name_layers(layers, "b", net.depth))


def _backwards(
    base: Equations, layers: tuple[int, ...], change: Change, back: Change
) -> Iterator[Equations]:
    """Yield the backward passes to a changed kernel: its own, another, and mixed."""

    def of_weights(p: Pass, dz: Array, layer: int) -> Array:
        return back(base.weight_gradient(p, dz, layer))

    def of_inputs(p: Pass, dz: Array, layer: int) -> Array:
        return base.input_gradient(with_kernel(p, layer, change), dz, layer)

    weights = in_layers(layers, of_weights, base.weight_gradient)
    inputs = in_layers(layers, of_inputs, base.input_gradient)
    yield replace(base, weight_gradient=weights, input_gradient=inputs)
    yield base
    yield replace(base, weight_gradient=weights)
    yield replace(base, input_gradient=inputs)


def _shifted(
    base: Equations, layers: tuple[int, ...], where: str, shift: tuple[int, int]
) -> Iterator[Hypothesis]:
    def change(maps: Array) -> Array:
        return moved(maps, shift)

    def linear(p: Pass, layer: int) -> Array:
        return base.linear(with_maps(p, layer, change), layer)

    def of_weights(p: Pass, dz: Array, layer: int) -> Array:
        return base.weight_gradient(with_maps(p, layer, change), dz, layer)

    def of_inputs(p: Pass, dz: Array, layer: int) -> Array:
        return moved(base.input_gradient(p, dz, layer), (-shift[0], -shift[1]))

    wrong = replace(base, linear=in_layers(layers, linear, base.linear))
    own = replace(
        wrong,
        weight_gradient=in_layers(layers, of_weights, base.weight_gradient),
        input_gradient=in_layers(layers, of_inputs, base.input_gradient),
    )
    remark = f"by {shift[0]} rows and {shift[1]} columns".replace("-", "−")
    for equations in (own, wrong):
        yield Hypothesis("conv-shifted", where, equations, remark)


def _repeated_bias(
    base: Equations, layers: tuple[int, ...], where: str
) -> Iterator[Hypothesis]:
    for axes, remark in (((1,), "of an input channel"), ((1, 2, 3), "of a product")):

        def times(p: Pass, layer: int, axes: tuple[int, ...] = axes) -> float:
            return float(np.prod([p.weights[layer][0].shape[k] for k in axes]))

        def linear(p: Pass, layer: int, times: Any = times) -> Array:
            return np.asarray(product(p, layer) + times(p, layer) * bias(p, layer))

        def of_bias(p: Pass, dz: Array, layer: int, times: Any = times) -> Array:
            return np.asarray(base.bias_gradient(p, dz, layer) * times(p, layer))

        wrong = replace(base, linear=in_layers(layers, linear, base.linear))
        own = in_layers(layers, of_bias, base.bias_gradient)
        for equations in (wrong, replace(wrong, bias_gradient=own)):
            yield Hypothesis("conv-bias-repeated", where, equations, remark)
