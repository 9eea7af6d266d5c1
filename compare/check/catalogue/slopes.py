"""f', the derivative of the activation: missing, misplaced, of another, misspelt."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from compare.check.catalogue.mistake import (
    EQ_STEP,
    HIDDEN_STEP,
    RELU,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_hidden_layers,
    subsets,
)
from compare.check.simulate.equations import (
    DERIVATIVE_FROM_A,
    DERIVATIVE_FROM_Z,
    FUNCTION,
    Array,
    Equations,
    Pass,
)

MISTAKES = (
    Mistake(
        "derivative-missing",
        "the derivative of the activation is missing (or 1 everywhere)",
        EQ_STEP,
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-at-activation",
        "the derivative is taken at the activation a, not at the pre-activation z",
        EQ_STEP + ", f' evaluated at z",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-at-preactivation",
        "the formula of f' in terms of a = f(z) is given z instead of a",
        EQ_STEP + "; a (1 − a) and 1 − a² need a = f(z)",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-of-other",
        "the derivative is that of another activation",
        EQ_STEP + ", f' of the same f as in the forward pass",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-formula",
        "the formula of the derivative has a slip",
        EQ_STEP + "; sigmoid: f' = a (1 − a), tanh: f' = 1 − a², with a = f(z)",
        HIDDEN_STEP,
    ),
    Mistake(
        "relu-mask-at-zero",
        "the ReLU mask uses z >= 0 instead of z > 0",
        "f'(z) = 1 where z > 0, else 0: at exactly 0 it is 0",
        RELU,
    ),
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


def _wrong_slopes(activation: str) -> Iterator[tuple[str, Slope, str]]:
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


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield every wrong f', in some hidden layers or in all."""
    for layers in subsets(range(net.depth - 1)):
        where = name_hidden_layers(layers, net.depth)
        for key, slope, remark in _wrong_slopes(net.activation):
            wrong = in_layers(layers, slope, base.derivative)
            yield Hypothesis(key, where, replace(base, derivative=wrong), remark)
