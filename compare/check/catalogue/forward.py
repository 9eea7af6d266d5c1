"""The forward pass: softmax, biases, weights, activations."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    ACTIVATE,
    INPUTS,
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
from compare.check.simulate.activations import (
    BY_NAME,
    RELATIVES,
    Activation,
    Array,
    sigmoid,
)
from compare.check.simulate.equations import Equations, Pass, product, softmax

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
        "softmax-twice",
        "softmax is applied twice",
        "p = softmax(z), once",
        NORMALISE,
    ),
    Mistake(
        "inputs-rescaled",
        "the inputs are rescaled inside, though they come in [0, 1]",
        "a = X, as it is given, in training and in prediction",
        INPUTS,
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


def _without_keepdims(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)  # type: ignore[no-any-return]


OUTPUTS: tuple[tuple[str, Any, str], ...] = (
    ("softmax-axis", _softmax(0, 0), "over the batch (axis=0)"),
    ("softmax-axis", _softmax(None, None), "over the whole matrix"),
    ("softmax-axis", _softmax(1, None), "the sum is over the whole matrix"),
    ("softmax-axis", _softmax(1, 0), "the sum is over the batch (axis=0)"),
    ("no-softmax", lambda logits: logits, "the logits are returned"),
    ("no-softmax", sigmoid, "a sigmoid is used"),
    ("softmax-twice", lambda logits: softmax(softmax(logits)), ""),
    ("softmax-axis", _without_keepdims, "the sum lacks keepdims: right if B = K only"),
)
# How people rescale pictures that are in [0, 1] already.
RESCALED: tuple[tuple[Callable[[Array], Array], str], ...] = (
    (lambda X: X / 255, "X / 255"),
    (lambda X: X / 256, "X / 256"),
    (lambda X: X / 255.0 - 0.5, "X / 255 − 0.5"),
    (lambda X: X * 255, "255 X"),
    (lambda X: X - 0.5, "X − 0.5"),
    (lambda X: 2 * X - 1, "2X − 1"),
    (lambda X: 1 - X, "1 − X"),
    (lambda X: X - X.mean(), "X − its mean"),
    (lambda X: X - X.mean(axis=0), "X − the mean of each pixel"),
    (lambda X: X - X.mean(axis=1, keepdims=True), "X − the mean of each picture"),
    (lambda X: (X - X.mean()) / X.std(), "(X − mean) / standard deviation"),
    (
        lambda X: (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-8),
        "(X − mean) / standard deviation, of each pixel",
    ),
    (lambda X: (X - 0.1307) / 0.3081, "(X − 0.1307) / 0.3081"),
    (lambda X: X / X.max(), "X / its maximum"),
)


def forward(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the probabilities."""
    for key, function, remark in OUTPUTS:
        yield Hypothesis(key, "", replace(base, softmax=function), remark)
    yield from _output_activations(base, net.activation)
    for rescale, remark in RESCALED:

        def inputs(p: Pass, rescale: Callable[[Array], Array] = rescale) -> Array:
            return rescale(p.X)

        yield Hypothesis("inputs-rescaled", "", replace(base, inputs=inputs), remark)
    for layers in subsets(range(net.depth)):
        for key, symbol, linear in (
            ("forward-no-bias", "b", product),
            ("forward-weights-transposed", "W", _transposed),
        ):
            changed = replace(base, linear=in_layers(layers, linear, base.linear))
            yield Hypothesis(key, name_layers(layers, symbol, net.depth), changed)
    for other in (*BY_NAME.values(), *RELATIVES):
        if other.kind == net.activation.kind or (
            other in RELATIVES and net.activation.kind == "identity"
        ):
            continue
        remark = f"it is {other.name}" if other.kind != "identity" else "there is none"
        hidden = tuple(range(net.depth - 1))
        for some in [hidden] if other in RELATIVES else subsets(hidden):
            yield from _other_activation(base, net, other, some, remark)


def _output_activations(
    base: Equations, activation: Activation
) -> Iterator[Hypothesis]:
    for other in BY_NAME.values():
        if other.kind == "identity":
            continue

        def output(p: Pass, other: Activation = other) -> Array:
            return other.f(p.zs[-1])

        def step(p: Pass, dlogits: Array, other: Activation = other) -> Array:
            return dlogits * other.from_z(p.zs[-1])

        # Backward with and without its derivative: both belong to this one mistake.
        forward = replace(base, output=output)
        remark = "" if other.kind == activation.kind else f"it is {other.name}"
        yield Hypothesis("output-activation", "", forward, remark)
        yield Hypothesis(
            "output-activation", "", replace(forward, output_step=step), remark
        )


def _transposed(p: Pass, layer: int) -> Array:
    W, b = p.weights[layer]
    return p.inputs[layer] @ W.T + b


def _other_activation(
    base: Equations,
    net: Network,
    other: Activation,
    layers: tuple[int, ...],
    remark: str,
) -> Iterator[Hypothesis]:
    activate = in_layers(layers, lambda p, h: other.f(p.zs[h]), base.activate)
    own = in_layers(layers, lambda p, h: other.from_z(p.zs[h]), base.derivative)
    # Backward with its own derivative, or with the one that was asked for.
    for derivative in (own, base.derivative):
        yield Hypothesis(
            "forward-other-activation",
            name_hidden_layers(layers, net.depth),
            replace(base, activate=activate, derivative=derivative),
            remark,
        )
