"""f', the derivative of the activation: missing, misplaced, of another, misspelt."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

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
from compare.check.simulate.activations import (
    BY_NAME,
    RELATIVES,
    Activation,
    Array,
)
from compare.check.simulate.equations import Equations, Pass

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
# Slips of the pen, as functions of a = f(z).
SLIPS: dict[str, tuple[tuple[str, Callable[[Array], Array]], ...]] = {
    "sigmoid": (
        ("1 − a", lambda a: 1 - a),
        ("a", lambda a: a),
        ("a (1 + a)", lambda a: a * (1 + a)),
        ("1 − a²", lambda a: 1 - a**2),
        ("a² (1 − a)", lambda a: a**2 * (1 - a)),
        ("a (1 − a)²", lambda a: a * (1 - a) ** 2),
        ("(a (1 − a))²: f' multiplied twice", lambda a: (a * (1 - a)) ** 2),
        ("f' of f'(z)", lambda a: a * (1 - a) * (1 - a * (1 - a))),
    ),
    "tanh": (
        ("1 − a", lambda a: 1 - a),
        ("1 + a²", lambda a: 1 + a**2),
        ("(1 − a)²", lambda a: (1 - a) ** 2),
        ("a²", lambda a: a**2),
        ("(1 − a²)²: f' multiplied twice", lambda a: (1 - a**2) ** 2),
        ("f' of f'(z)", lambda a: 1 - (1 - a**2) ** 2),
        ("√(1 − a²)", lambda a: np.sqrt(np.maximum(1 - a**2, 0))),
        ("1 − 2a²", lambda a: 1 - 2 * a**2),
    ),
}
LEAKS = tuple(a for a in RELATIVES if a.kind == "leaky")


def _wrong_slopes(activation: Activation) -> Iterator[tuple[str, Slope, str]]:
    from_z, from_a = activation.from_z, activation.from_a
    if activation.kind != "identity":
        yield "derivative-missing", lambda p, h: np.ones_like(p.zs[h]), ""
    if activation.kind not in ("relu", "leaky", "identity"):
        yield "derivative-at-activation", lambda p, h: from_z(p.inputs[h + 1]), ""
        if from_a is not None:
            of_a = from_a
            yield "derivative-at-preactivation", lambda p, h: of_a(p.zs[h]), ""
    if activation.kind == "relu":
        yield "relu-mask-at-zero", lambda p, h: (p.zs[h] >= 0).astype(float), ""
    for formula, of_activation in SLIPS.get(activation.kind, ()):

        def slip(
            p: Pass, h: int, of: Callable[[Array], Array] = of_activation
        ) -> Array:
            return of(p.activation.f(p.zs[h]))

        yield "derivative-formula", slip, f"it is {formula}"
    others = (*BY_NAME.values(), *(LEAKS if activation.kind == "relu" else ()))
    for other in others:
        if other.kind in (activation.kind, "identity"):
            continue

        def at_z(p: Pass, h: int, other: Activation = other) -> Array:
            return other.from_z(p.zs[h])

        def at_a(p: Pass, h: int, other: Any = other) -> Array:
            return other.from_a(p.inputs[h + 1])  # type: ignore[no-any-return]

        yield "derivative-of-other", at_z, f"it is that of {other.name}"
        if (activation.kind, other.kind) == ("sigmoid", "relu") or other in LEAKS:
            continue  # a > 0 always: that is no derivative at all; of a leak: the same
        yield "derivative-of-other", at_a, f"it is that of {other.name}, from a"


def gradient(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield every wrong f', in some hidden layers or in all."""
    for layers in subsets(range(net.depth - 1)):
        where = name_hidden_layers(layers, net.depth)
        for key, slope, remark in _wrong_slopes(net.activation):
            wrong = in_layers(layers, slope, base.derivative)
            yield Hypothesis(key, where, replace(base, derivative=wrong), remark)
