"""The way back through the hidden layers: masks, and the multiplication by Wᵀ."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from compare.check.catalogue.mistake import (
    EQ_STEP,
    HIDDEN_STEP,
    INPUT_GRADIENT,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_hidden_layers,
    name_layers,
    subsets,
)
from compare.check.simulate.equations import (
    Array,
    Equations,
    Pass,
)

MISTAKES = (
    Mistake(
        "mask-from-gradient",
        "the ReLU mask is taken from the sign of the gradient, not of z",
        EQ_STEP + ", f'(z) = 1 where z > 0",
        HIDDEN_STEP,
    ),
    Mistake(
        "mask-wrong-layer",
        "the mask, or f', is taken from the wrong layer",
        EQ_STEP + ", z of the same layer as dz",
        HIDDEN_STEP,
    ),
    Mistake(
        "delta-without-weights",
        "the delta is passed back without multiplying by W",
        "da = dz Wᵀ",
        INPUT_GRADIENT,
    ),
    Mistake(
        "delta-weights-not-transposed",
        "the delta is multiplied by W instead of its transpose",
        "da = dz Wᵀ",
        INPUT_GRADIENT,
    ),
)


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes between one delta and the delta of the layer before."""
    for layers in subsets(range(net.depth - 1)):
        where = name_hidden_layers(layers, net.depth)
        for step, remark in ((_mask_of_da, ""), (_both_masks, "as well as from z")):
            changed = in_layers(layers, step, base.hidden_step)
            yield Hypothesis(
                "mask-from-gradient", where, replace(base, hidden_step=changed), remark
            )
        for shift, remark in ((1, "one layer too high"), (-1, "one layer too low")):

            def slope(p: Pass, h: int, shift: int = shift) -> Array:
                z = p.zs[h + shift] if h + shift >= 0 else p.X
                return p.activation.from_z(z)

            changed = in_layers(layers, slope, base.derivative)
            yield Hypothesis(
                "mask-wrong-layer", where, replace(base, derivative=changed), remark
            )
        matrices = [layer + 1 for layer in layers]
        where = name_layers(matrices, "W", net.depth)
        if len(layers) == net.depth - 1:
            where = "in every layer"
        for key, back in (
            ("delta-without-weights", lambda p, dz, layer: dz),
            ("delta-weights-not-transposed", _not_transposed),
        ):
            changed = in_layers(matrices, back, base.input_gradient)
            yield Hypothesis(key, where, replace(base, input_gradient=changed))
    # Last, because a simple mistake is likelier in a pair.
    yield from _exchanged(base, net.depth)


def _exchanged(base: Equations, depth: int) -> Iterator[Hypothesis]:
    """Yield slopes that come from other layers in any combination but the simple."""
    hidden = range(depth - 1)
    if not 2 <= len(hidden) <= 3:
        return
    for shifts in itertools.product((0, 1, -1, 2), repeat=len(hidden)):
        if not any(shifts) or len({s for s in shifts if s}) < 2:
            continue

        def slope(p: Pass, h: int, shifts: tuple[int, ...] = shifts) -> Array:
            k = h + shifts[h]
            return p.activation.from_z(p.zs[k] if k >= 0 else p.X)

        words = ", ".join(
            f"f' of layer {h} from {f'z[{h + s}]' if h + s >= 0 else 'X'}"
            for h, s in enumerate(shifts)
            if s
        )
        if max(h + s for h, s in enumerate(shifts)) < depth:
            yield Hypothesis(
                "mask-wrong-layer", "", replace(base, derivative=slope), words
            )


def _mask_of_da(p: Pass, da: Array, slope: Array, layer: int) -> Array:
    return np.maximum(da, 0)


def _both_masks(p: Pass, da: Array, slope: Array, layer: int) -> Array:
    return np.maximum(da, 0) * slope


def _not_transposed(p: Pass, dz: Array, layer: int) -> Array:
    return dz @ p.weights[layer][0]
