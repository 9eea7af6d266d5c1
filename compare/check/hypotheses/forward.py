"""The known mistakes of the forward pass: softmax, biases, weights, activations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check import equations as right
from compare.check.equations import DERIVATIVE_FROM_Z, FUNCTION, Array, Equations, Pass
from compare.check.hypotheses.common import (
    Hypothesis,
    name_hidden_layers,
    name_layers,
    subsets,
)
from compare.check.hypotheses.slopes import LEAKS, leaky, leaky_slope


def forward_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the probabilities."""
    for key, function, remark in (
        ("softmax-axis", _softmax_columns, "over the batch (axis=0)"),
        ("softmax-axis", _softmax_everything, "over the whole matrix"),
        ("softmax-axis", _sum_of_everything, "the sum is over the whole matrix"),
        ("softmax-axis", _sum_of_columns, "the sum is over the batch (axis=0)"),
        ("no-softmax", lambda logits: logits, "the logits are returned"),
        ("no-softmax", right.sigmoid, "a sigmoid is used"),
    ):
        yield Hypothesis(key, "", replace(base, softmax=function), remark)
    yield from _output_activations(base, activation)
    for layers in subsets(range(depth)):
        where = name_layers(layers, "b", depth)
        yield Hypothesis(
            "forward-no-bias", where, replace(base, linear=_without_bias(layers))
        )
        yield Hypothesis(
            "forward-weights-transposed",
            name_layers(layers, "W", depth),
            replace(base, linear=_transposed(layers)),
        )
    for other in FUNCTION:
        if other == activation:
            continue
        for layers in subsets(range(depth - 1)):
            activate = _other_activation(layers, other)
            slope = _other_slope(layers, other)
            # Backward with its own derivative, or with the one that was asked for.
            for derivative in (slope, base.derivative):
                yield Hypothesis(
                    "forward-other-activation",
                    name_hidden_layers(layers, depth),
                    replace(base, activate=activate, derivative=derivative),
                    f"it is {other}" if other != "identity" else "there is none",
                )
    if activation == "relu":
        yield from _leaking(base, depth)


def _leaking(base: Equations, depth: int) -> Iterator[Hypothesis]:
    for leak in LEAKS:
        for layers in subsets(range(depth - 1)):

            def activate(
                p: Pass, layer: int, chosen: Any = layers, leak: float = leak
            ) -> Array:
                return leaky(p.zs[layer], leak if layer in chosen else 0.0)

            def slope(
                p: Pass, layer: int, chosen: Any = layers, leak: float = leak
            ) -> Array:
                return leaky_slope(p.zs[layer], leak if layer in chosen else 0.0)

            for derivative in (slope, base.derivative):
                yield Hypothesis(
                    "forward-other-activation",
                    name_hidden_layers(layers, depth),
                    replace(base, activate=activate, derivative=derivative),
                    f"it is a ReLU that leaks {leak} of z below 0",
                )


def _softmax_columns(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)  # type: ignore[no-any-return]


def _softmax_everything(logits: Array) -> Array:
    e = np.exp(logits - logits.max())
    return e / e.sum()  # type: ignore[no-any-return]


def _sum_of_everything(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum()  # type: ignore[no-any-return]


def _sum_of_columns(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)  # type: ignore[no-any-return]


def _output_activations(base: Equations, activation: str) -> Iterator[Hypothesis]:
    for name, f in FUNCTION.items():
        if name == "identity":
            continue

        def output(p: Pass, f: Any = f) -> Array:
            return f(p.zs[-1])  # type: ignore[no-any-return]

        def step(p: Pass, dlogits: Array, name: str = name) -> Array:
            return dlogits * DERIVATIVE_FROM_Z[name](p.zs[-1])

        # Backward with and without its derivative: both belong to this one mistake.
        forward = replace(base, output=output)
        remark = "" if name == activation else f"it is {name}"
        yield Hypothesis("output-activation", "", forward, remark)
        yield Hypothesis(
            "output-activation", "", replace(forward, output_step=step), remark
        )


def _without_bias(layers: tuple[int, ...]) -> Any:
    def linear(p: Pass, layer: int) -> Array:
        if layer not in layers:
            return right.linear(p, layer)
        return p.inputs[layer] @ p.weights[layer][0]

    return linear


def _transposed(layers: tuple[int, ...]) -> Any:
    def linear(p: Pass, layer: int) -> Array:
        W, b = p.weights[layer]
        return p.inputs[layer] @ (W.T if layer in layers else W) + b

    return linear


def _other_activation(layers: tuple[int, ...], other: str) -> Any:
    def activate(p: Pass, layer: int) -> Array:
        return FUNCTION[other if layer in layers else p.activation](p.zs[layer])

    return activate


def _other_slope(layers: tuple[int, ...], other: str) -> Any:
    def derivative(p: Pass, layer: int) -> Array:
        name = other if layer in layers else p.activation
        return DERIVATIVE_FROM_Z[name](p.zs[layer])

    return derivative
