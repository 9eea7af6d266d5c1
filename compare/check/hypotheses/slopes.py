"""The known mistakes in f', the derivative of the activation."""

from collections.abc import Callable, Iterator

import numpy as np

from compare.check.equations import (
    DERIVATIVE_FROM_A,
    DERIVATIVE_FROM_Z,
    FUNCTION,
    Array,
    Pass,
)

Slope = Callable[[Pass, int], Array]
# Slopes of the leaky ReLU below 0, in those who use one.
LEAKS = (0.01, 0.1, 0.2, 0.3, 0.001)
# Slips of the pen, as functions of a = f(z).
SLIPS: dict[str, tuple[tuple[str, Callable[[Array], Array]], ...]] = {
    "sigmoid": (
        ("1 − a", lambda a: 1 - a),
        ("a", lambda a: a),
        ("a (1 + a)", lambda a: a * (1 + a)),
        ("1 − a²", lambda a: 1 - a**2),
        ("a² (1 − a)", lambda a: a**2 * (1 - a)),
    ),
    "tanh": (
        ("1 − a", lambda a: 1 - a),
        ("1 + a²", lambda a: 1 + a**2),
        ("(1 − a)²", lambda a: (1 - a) ** 2),
        ("a²", lambda a: a**2),
    ),
}


def leaky(z: Array, leak: float) -> Array:
    """Return z above 0, and leak · z below."""
    return np.where(z > 0, z, leak * z)


def leaky_slope(z: Array, leak: float) -> Array:
    """Return 1 above 0, and the leak below."""
    return np.where(z > 0, 1.0, leak)


def wrong_slopes(activation: str) -> Iterator[tuple[str, Slope, str]]:
    """Yield (key, f', remark) for every wrong f' of this activation."""
    from_z, from_a = DERIVATIVE_FROM_Z[activation], DERIVATIVE_FROM_A[activation]
    if activation != "identity":
        yield "derivative-missing", lambda p, h: np.ones_like(p.zs[h]), ""
    if activation in ("sigmoid", "tanh"):
        yield "derivative-at-activation", lambda p, h: from_z(p.inputs[h + 1]), ""
        yield "derivative-at-preactivation", lambda p, h: from_a(p.zs[h]), ""
    if activation == "relu":
        yield "relu-mask-at-zero", lambda p, h: (p.zs[h] >= 0).astype(float), ""
        for leak in LEAKS:

            def leaking(p: Pass, h: int, leak: float = leak) -> Array:
                return leaky_slope(p.zs[h], leak)

            yield (
                "derivative-of-other",
                leaking,
                f"it is that of a ReLU that leaks {leak}",
            )
    for formula, of_activation in SLIPS.get(activation, ()):

        def slip(
            p: Pass, h: int, of: Callable[[Array], Array] = of_activation
        ) -> Array:
            return of(FUNCTION[p.activation](p.zs[h]))

        yield "derivative-formula", slip, f"it is {formula}"
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
