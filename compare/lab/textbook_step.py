"""Every array of one training step, as `textbook.py` computes it.

The page steps through its own numbers, in JavaScript; these are what it is held to.
Values inside a function are taken from its run: a second copy of the formulas could
agree with the page and be wrong with it.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from compare.contract import Array, IntArray, Weights
from compare.small_network import LEARNING_RATE, network
from numpy_impl import textbook

MOMENTUM = 0.9


def of_the_example() -> dict[str, Array]:
    """Return the step of the 2-3-2 network."""
    weights, X, y = network()
    return arrays(weights, X, y, "relu", LEARNING_RATE)


def arrays(
    weights: Weights, X: Array, y: IntArray, activation: str, learning_rate: float
) -> dict[str, Array]:
    """Return z0, a0, …, p, losses, loss, dz0, dW0, db0, da0, …, W0_new, b0_new, ….

    Layers count from 0; a number stands for its layer. All in float64.
    """
    weights = in_float64(weights)
    X = np.asarray(X, np.float64)
    zs, inputs = textbook.forward(weights, X, activation)
    found = of_dense_layers(weights, zs, inputs, y, activation)
    loss, gradients = textbook.loss_and_gradients(weights, X, y, activation)
    return found | {"loss": loss} | updates(weights, gradients, learning_rate)


def in_float64(weights: Weights) -> Weights:
    """Return the same weights in float64."""
    return [(np.asarray(W, np.float64), np.asarray(b, np.float64)) for W, b in weights]


def of_dense_layers(
    weights: Weights,
    zs: list[Array],
    inputs: list[Array],
    y: IntArray,
    activation: str,
    *,
    first: int = 0,
) -> dict[str, Array]:
    """Return z, a, p, losses, dz and da; the first dense layer has the number `first`.

    `zs` and `inputs` are what `textbook.forward` returns.
    """
    found = {f"z{first + layer}": z for layer, z in enumerate(zs)}
    found |= {f"a{first + layer}": a for layer, a in enumerate(inputs[1:])}
    found["p"] = textbook.softmax(zs[-1])
    found["losses"] = assigned(textbook.cross_entropy, zs[-1], y)["losses"][0]
    inner = assigned(textbook.backward, weights, zs, inputs, y, activation)
    last = first + len(weights) - 1
    for i, dz in enumerate(inner["dz"]):
        found[f"dz{last - i}"] = dz
    for i, da in enumerate(inner.get("da", [])):
        found[f"da{last - 1 - i}"] = da
    return found


def updates(
    weights: Weights, gradients: Weights, learning_rate: float
) -> dict[str, Array]:
    """Return every dW and db, and the parameters after the step."""
    found = {}
    for layer, (pair, d_pair) in enumerate(zip(weights, gradients, strict=True)):
        for name, theta, g in zip("Wb", pair, d_pair, strict=True):
            found[f"d{name}{layer}"] = g
            found[f"{name}{layer}_new"], _ = textbook.sgd(
                theta, g, 0.0, learning_rate=learning_rate, momentum=MOMENTUM
            )
    return found


def assigned(function: Callable[..., Any], *arguments: Any) -> dict[str, list[Any]]:
    """Run a function; return every value that each of its names has had, in order."""
    seen: dict[str, list[Any]] = {}

    def look(frame: FrameType, event: str, _: Any) -> Any:
        if event in ("line", "return"):
            for name, value in frame.f_locals.items():
                values = seen.setdefault(name, [])
                if not values or values[-1] is not value:
                    values.append(value)
        return look

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        return look if frame.f_code is function.__code__ else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return seen
