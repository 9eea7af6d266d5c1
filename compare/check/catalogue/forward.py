"""The forward pass: softmax, biases, weights, activations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    ACTIVATE,
    LINEAR,
    NORMALISE,
    Hypothesis,
    Mistake,
    Network,
    in_layers,
    name_hidden_layers,
    name_layers,
    subsets,
)
from compare.check.catalogue.slopes import LEAKS, leaky, leaky_slope
from compare.check.simulate.equations import (
    DERIVATIVE_FROM_Z,
    FUNCTION,
    Array,
    Equations,
    Pass,
    sigmoid,
)

MISTAKES = (
    Mistake(
        "softmax-axis",
        "softmax is taken over the wrong axis",
        "pₖ = exp(zₖ) / Σⱼ exp(zⱼ), the sum over the classes of one sample (axis=1)",
        NORMALISE,
    ),
    Mistake(
        "no-softmax",
        "the output is not put through softmax",
        "p = softmax(z)",
        NORMALISE,
    ),
    Mistake(
        "output-activation",
        "the activation is applied to the output layer too",
        "logits = a W + b, with no activation after the last layer",
        ACTIVATE,
    ),
    Mistake(
        "forward-no-bias",
        "the bias is left out of the forward pass",
        "z = a W + b",
        LINEAR,
    ),
    Mistake(
        "forward-weights-transposed",
        "the forward pass multiplies by the transpose of W",
        "z = a W + b, with W (fan_in, fan_out)",
        LINEAR,
    ),
    Mistake(
        "forward-other-activation",
        "the forward pass uses another activation than the one asked for",
        "a = f(z)",
        ACTIVATE,
    ),
)


def _softmax(of_max: int | None, of_sum: int | None) -> Any:
    """Return a softmax whose maximum and sum are taken over other axes."""

    def softmax(logits: Array) -> Array:
        highest = logits.max(axis=of_max, keepdims=True)
        e = np.exp(logits - highest)
        return e / e.sum(axis=of_sum, keepdims=True)  # type: ignore[no-any-return]

    return softmax


OUTPUTS: tuple[tuple[str, Any, str], ...] = (
    ("softmax-axis", _softmax(0, 0), "over the batch (axis=0)"),
    ("softmax-axis", _softmax(None, None), "over the whole matrix"),
    ("softmax-axis", _softmax(1, None), "the sum is over the whole matrix"),
    ("softmax-axis", _softmax(1, 0), "the sum is over the batch (axis=0)"),
    ("no-softmax", lambda logits: logits, "the logits are returned"),
    ("no-softmax", sigmoid, "a sigmoid is used"),
)


def forward(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the probabilities."""
    for key, function, remark in OUTPUTS:
        yield Hypothesis(key, "", replace(base, softmax=function), remark)
    yield from _output_activations(base, net.activation)
    for layers in subsets(range(net.depth)):
        for key, symbol, linear in (
            ("forward-no-bias", "b", _without_bias),
            ("forward-weights-transposed", "W", _transposed),
        ):
            changed = replace(base, linear=in_layers(layers, linear, base.linear))
            yield Hypothesis(key, name_layers(layers, symbol, net.depth), changed)
    for other in FUNCTION:
        if other != net.activation:
            remark = f"it is {other}" if other != "identity" else "there is none"
            f, slope = FUNCTION[other], DERIVATIVE_FROM_Z[other]
            yield from _other_activation(base, net, f, slope, remark)
    for leak in LEAKS if net.activation == "relu" else ():
        yield from _other_activation(
            base,
            net,
            lambda z, leak=leak: leaky(z, leak),
            lambda z, leak=leak: leaky_slope(z, leak),
            f"it is a ReLU that leaks {leak} of z below 0",
        )


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


def _without_bias(p: Pass, layer: int) -> Array:
    return p.inputs[layer] @ p.weights[layer][0]


def _transposed(p: Pass, layer: int) -> Array:
    W, b = p.weights[layer]
    return p.inputs[layer] @ W.T + b


def _other_activation(
    base: Equations, net: Network, f: Any, slope: Any, remark: str
) -> Iterator[Hypothesis]:
    for layers in subsets(range(net.depth - 1)):
        activate = in_layers(layers, lambda p, h: f(p.zs[h]), base.activate)
        own = in_layers(layers, lambda p, h: slope(p.zs[h]), base.derivative)
        # Backward with its own derivative, or with the one that was asked for.
        for derivative in (own, base.derivative):
            yield Hypothesis(
                "forward-other-activation",
                name_hidden_layers(layers, net.depth),
                replace(base, activate=activate, derivative=derivative),
                remark,
            )
