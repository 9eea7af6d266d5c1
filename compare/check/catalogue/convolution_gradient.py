"""Convolutions, on the way back: the gradients of kernel, bias and input."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.convolution import (
    SHIFTS,
    Change,
    flip,
    moved,
    one_of,
    summed,
    swap,
    with_kernel,
    with_maps,
)
from compare.check.catalogue.mistake import (
    CONV_BIAS_GRADIENT,
    CONV_INPUT_GRADIENT,
    CONV_WEIGHT_GRADIENT,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_layers,
    subsets,
)
from compare.check.catalogue.textbook_lines import CONVOLUTIONS
from compare.check.simulate.equations import Array, Equations, Pass

MISTAKES = (
    Mistake(
        "conv-backward-not-flipped",
        "the kernel is not flipped on the way back",
        "da = the kernel flipped, moved over dz with k − 1 zeros around it",
        CONV_INPUT_GRADIENT,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-dw-flipped",
        "the gradient of the kernel comes out flipped",
        "dW[o, c, i, j] = Σ over images, y, x of dz[o, y, x] a[c, y + i, x + j]",
        CONV_WEIGHT_GRADIENT,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-padding-backward",
        "the zeros around dz are one too many on one side and one too few on the other",
        "da reads dz with k − 1 zeros on every side",
        CONV_INPUT_GRADIENT,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-da-channels",
        "the output channels are not summed on the way back",
        "da[c] = Σ over o of what each dz[o] passes back",
        CONV_INPUT_GRADIENT,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-db-per-pixel",
        "the gradient of the bias is not summed over the pixels of the map",
        "db[o] = Σ over images and pixels of dz[o]",
        CONV_BIAS_GRADIENT,
        CONVOLUTIONS,
    ),
    Mistake(
        "conv-mean-over-pixels",
        "the gradient is the mean over the pixels of the map, not their sum",
        "dW and db are sums over pixels: only the batch is averaged",
        CONV_WEIGHT_GRADIENT,
        CONVOLUTIONS,
    ),
)


# Of dz (B, O, rows, columns).
BIAS_GRADIENTS: tuple[tuple[str, Change, str], ...] = (
    ("conv-db-per-pixel", lambda dz: dz.sum(axis=0), "an array for each map"),
    ("conv-db-per-pixel", lambda dz: dz[:, :, 0, 0].sum(axis=0), "the first pixel"),
    ("conv-db-per-pixel", lambda dz: dz[:, :, -1, -1].sum(axis=0), "the last pixel"),
    ("conv-db-per-pixel", lambda dz: dz.sum(axis=(0, 2)), "rows alone are summed"),
    ("conv-db-per-pixel", lambda dz: dz.sum(axis=(0, 3)), "columns alone are summed"),
    ("db-averaged", lambda dz: dz.mean(axis=(0, 2, 3)), "over batch and pixels"),
)
# Of dW (O, C, k, k), as it comes from the right equation.
WEIGHT_GRADIENTS: tuple[tuple[str, Change, str], ...] = (
    ("conv-dw-flipped", flip, ""),
    ("conv-kernel-transposed", swap, "in the gradient"),
    ("conv-channels", summed, "in the gradient: every channel has the sum of all"),
    ("conv-channels", one_of(1, 0), "in the gradient: only the first is not 0"),
    ("conv-channels", one_of(1, -1), "in the gradient: only the last is not 0"),
)
# The kernel through which dz passes back.
BACK_KERNELS: tuple[tuple[str, Change, str], ...] = (
    ("conv-backward-not-flipped", flip, ""),
    ("conv-kernel-transposed", swap, "on the way back"),
    ("conv-da-channels", one_of(0, -1), "only the last (= for +=)"),
    ("conv-da-channels", one_of(0, 0), "only the first"),
    ("conv-channels", summed, "on the way back: every channel gets what all get"),
)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield mistakes of the two gradients of a convolution and of its bias."""
    for layers in subsets(range(net.n_convolutions)):
        for key, of_dz, remark in BIAS_GRADIENTS:

            def db(p: Pass, dz: Array, layer: int, of: Change = of_dz) -> Array:
                return of(dz)

            changed = replace(
                base, bias_gradient=in_layers(layers, db, base.bias_gradient)
            )
            yield Hypothesis(key, name_layers(layers, "db", net.depth), changed, remark)
        for key, of_kernel, remark in WEIGHT_GRADIENTS:

            def kernel(p: Pass, dz: Array, layer: int, of: Change = of_kernel) -> Array:
                return of(base.weight_gradient(p, dz, layer))

            yield _in_kernels(base, net, key, layers, kernel, remark)
        for shift in SHIFTS:

            def beside(
                p: Pass, dz: Array, layer: int, by: tuple[int, int] = shift
            ) -> Array:
                there = with_maps(p, layer, lambda maps: moved(maps, by))
                return base.weight_gradient(there, dz, layer)

            yield _in_kernels(
                base, net, "conv-shifted", layers, beside, "in the gradient"
            )
        yield from _averages(base, net, layers)
    for layers in subsets(range(1, net.n_convolutions)):
        where = name_layers(layers, "W", net.depth)
        for key, change, remark in BACK_KERNELS:

            def da(p: Pass, dz: Array, layer: int, change: Change = change) -> Array:
                return base.input_gradient(with_kernel(p, layer, change), dz, layer)

            changed = in_layers(layers, da, base.input_gradient)
            yield Hypothesis(key, where, replace(base, input_gradient=changed), remark)
        for shift in SHIFTS:

            def da_moved(
                p: Pass, dz: Array, layer: int, by: tuple[int, int] = shift
            ) -> Array:
                return moved(base.input_gradient(p, dz, layer), by)

            changed = in_layers(layers, da_moved, base.input_gradient)
            yield Hypothesis(
                "conv-padding-backward", where, replace(base, input_gradient=changed)
            )


def _in_kernels(
    base: Equations,
    net: Network,
    key: str,
    layers: tuple[int, ...],
    wrong: Any,
    remark: str,
) -> Hypothesis:
    changed = in_layers(layers, wrong, base.weight_gradient)
    where = name_layers(layers, "dW", net.depth)
    return Hypothesis(key, where, replace(base, weight_gradient=changed), remark)


def _averages(
    base: Equations, net: Network, layers: tuple[int, ...]
) -> Iterator[Hypothesis]:
    """Yield means over the pixels in dW, in db, and in both."""

    def averaged(function: Any) -> Any:
        def mean(p: Pass, dz: Array, layer: int) -> Array:
            n_pixels = dz.shape[2] * dz.shape[3]
            return np.asarray(function(p, dz, layer) / n_pixels)

        return in_layers(layers, mean, function)

    dW, db = averaged(base.weight_gradient), averaged(base.bias_gradient)
    for symbol, equations in (
        ("dW", replace(base, weight_gradient=dW)),
        ("db", replace(base, bias_gradient=db)),
        ("dW and db", replace(base, weight_gradient=dW, bias_gradient=db)),
    ):
        where = name_layers(layers, symbol.split()[0], net.depth)
        where += " and db" if symbol == "dW and db" else ""
        yield Hypothesis("conv-mean-over-pixels", where, equations)
