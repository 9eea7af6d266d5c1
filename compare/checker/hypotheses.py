"""Each known mistake of forward, loss and gradients, as equations with one replaced.

One mistake has several forms: in one layer, in some, in all; with this factor or that.
Every form is one `Hypothesis`. `depth` is the number of layers; hidden layer h is the
one whose activation leaves layer h, so its last index is depth − 2.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Any

import numpy as np

from compare.checker import equations as right
from compare.checker.equations import (
    DERIVATIVE_FROM_A,
    DERIVATIVE_FROM_Z,
    FUNCTION,
    Array,
    Equations,
    Pass,
)


@dataclass(frozen=True)
class Hypothesis:
    """A mistake in one of its forms: its key, where it sits, and what is computed."""

    key: str
    where: str
    equations: Equations
    remark: str = ""


Factor = Callable[[Pass], float]
Softmax = Callable[[Array], Array]
BATCH: Factor = lambda p: p.divisor  # noqa: E731  # a table of factors reads best so
FACTORS: tuple[tuple[str, Factor, str], ...] = (
    ("sum-over-batch", BATCH, "times the batch size B"),
    ("mean-over-classes", lambda p: 1 / p.probs.shape[1], "divided by the classes K"),
    ("divided-twice", lambda p: 1 / p.divisor, "divided by B once more"),
    ("factor-two", lambda p: 2.0, "times 2"),
    ("jacobian-missing", lambda p: 2 / p.probs.shape[1], "times 2 / K"),
    ("wrong-sign", lambda p: -1.0, "times −1"),
    (
        "short-batch-divisor",
        lambda p: p.divisor / p.batch_size,
        "divided by batch_size, whatever the number of rows",
    ),
)


def subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every non-empty choice of up to three items; of more: each one, and all."""
    if len(items) <= 3:
        yield from chain.from_iterable(
            combinations(items, n) for n in range(1, len(items) + 1)
        )
        return
    for item in items:
        yield (item,)
    yield tuple(items)


def name_layers(chosen: Sequence[int], symbol: str, total: int) -> str:
    """Return "in every layer", or "in layer 1 (dW[1])" and the like."""
    if len(chosen) == total:
        return "in every layer" if total > 1 else f"in {symbol}[{chosen[0]}]"
    return "in " + ", ".join(f"{symbol}[{layer}]" for layer in chosen)


def all_function_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield every mistake of forward, loss and gradients."""
    yield from forward_hypotheses(base, depth, activation)
    yield from loss_hypotheses(base)
    yield from gradient_hypotheses(base, depth, activation)


# --- forward -------------------------------------------------------------------------


def forward_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the probabilities."""
    for key, function, remark in (
        ("softmax-axis", _softmax_columns, "over the batch (axis=0)"),
        ("softmax-axis", _softmax_everything, "over the whole matrix"),
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
                    _hidden(layers, depth),
                    replace(base, activate=activate, derivative=derivative),
                    f"it is {other}" if other != "identity" else "there is none",
                )


def _softmax_columns(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)  # type: ignore[no-any-return]


def _softmax_everything(logits: Array) -> Array:
    e = np.exp(logits - logits.max())
    return e / e.sum()  # type: ignore[no-any-return]


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


def _hidden(layers: Sequence[int], depth: int) -> str:
    """Name hidden layers by the z that goes into their activation."""
    if len(layers) == depth - 1:
        return "in every hidden layer" if depth > 2 else "in the hidden layer"
    return "at " + ", ".join(f"z[{layer}]" for layer in layers)


# --- loss ----------------------------------------------------------------------------

LOG_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-15, 1e-16)


def loss_hypotheses(base: Equations) -> Iterator[Hypothesis]:
    """Yield the mistakes that change the loss alone, or labels and loss."""
    for key, factor, remark in FACTORS:
        if key in (
            "sum-over-batch",
            "mean-over-classes",
            "divided-twice",
            "wrong-sign",
        ):

            def scaled(p: Pass, y: Array, factor: Factor = factor) -> float:
                return right.loss(p, y) * factor(p)

            yield Hypothesis(key, "in the loss", replace(base, loss=scaled), remark)
    for plus in LOG_EPSILONS:

        def with_epsilon(p: Pass, y: Array, plus: float = plus) -> float:
            return right.log_of_probabilities(p, y, plus=plus)

        yield Hypothesis(
            "log-epsilon", "", replace(base, loss=with_epsilon), f"it is {plus:g}"
        )
    for factor_name, scale in (
        ("the sum over classes, mean over batch", lambda p: 1.0),
        ("half of it", lambda p: 0.5),
        ("the mean over batch and classes", lambda p: 1 / p.probs.shape[1]),
        ("the sum over batch and classes", BATCH),
        ("half the sum over batch and classes", lambda p: 0.5 * p.divisor),
    ):

        def squared(p: Pass, y: Array, scale: Factor = scale) -> float:
            error = p.probs - right.one_hot(p, y)
            return float((error**2).sum(axis=1).mean() * scale(p))

        yield Hypothesis(
            "loss-squared-error", "", replace(base, loss=squared), factor_name
        )
    for shift in (-1, 1):

        def labels(p: Pass, shift: int = shift) -> Array:
            return (p.y + shift) % p.probs.shape[1]  # type: ignore[no-any-return]

        yield Hypothesis(
            "labels-off-by-one", "", replace(base, labels=labels), f"y {shift:+d}"
        )


def overflow_hypotheses(
    base: Equations, more_epsilons: Sequence[float] = ()
) -> Iterator[Hypothesis]:
    """Yield the mistakes that show only where logits are large."""
    without = replace(base, softmax=_softmax_without_maximum)
    yield Hypothesis("softmax-overflow", "", without)
    for loss in (right.log_of_probabilities, _loss_without_maximum):
        yield Hypothesis("softmax-overflow", "", replace(without, loss=loss))
    yield from _overflow_in_one_function(base, without)
    for tiny in dict.fromkeys((*LOG_EPSILONS, *more_epsilons)):

        def with_epsilon(p: Pass, y: Array, plus: float = tiny) -> float:
            return right.log_of_probabilities(p, y, plus=plus)

        def clipped(p: Pass, y: Array, least: float = tiny) -> float:
            chosen = p.probs[np.arange(len(y)), y]
            return float(-np.log(np.clip(chosen, least, 1 - least)).mean())

        for loss in (with_epsilon, clipped):
            yield Hypothesis(
                "log-epsilon", "", replace(base, loss=loss), f"it is {tiny:g}"
            )
            yield Hypothesis(
                "softmax-overflow", "", replace(without, loss=loss), f"and {tiny:g}"
            )
    yield Hypothesis("log-zero", "", replace(base, loss=right.log_of_probabilities))


def _overflow_in_one_function(
    base: Equations, without: Equations
) -> Iterator[Hypothesis]:
    """Yield a softmax written twice, and right only once."""
    for mine, softmax, remark in (
        (base, without.softmax, "in the gradients; the prediction does it right"),
        (without, base.softmax, "in the prediction; the gradients do it right"),
    ):

        def delta(p: Pass, targets: Array, softmax: Softmax = softmax) -> Array:
            return base.delta(replace(p, probs=softmax(p.logits)), targets)

        changed = replace(mine, delta=delta)
        yield Hypothesis("softmax-overflow", "", changed, remark)


def epsilon_behind(p: Pass, loss: float) -> float:
    """Return the ε of log(p + ε) that gives this loss where some p[y] are 0; or 0."""
    chosen = p.probs[np.arange(len(p.y)), p.y]
    n_zero = int((chosen == 0).sum())
    if n_zero == 0:
        return 0.0
    rest = -np.log(chosen[chosen > 0]).sum()
    return float(np.exp((rest - loss * len(p.y)) / n_zero))


def _softmax_without_maximum(logits: Array) -> Array:
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def _loss_without_maximum(p: Pass, y: Array) -> float:
    log_sum = np.log(np.exp(p.logits).sum(axis=1))
    return float((log_sum - p.logits[np.arange(len(y)), y]).mean())


# --- gradients -----------------------------------------------------------------------


def gradient_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield the mistakes of the backward pass."""
    yield from _output_deltas(base)
    yield from _scaled_tensors(base, depth)
    yield from _hidden_steps(base, depth, activation)
    yield from _weight_gradients(base, depth)
    yield from _bias_gradients(base, depth)
    for shift in (-1, 1):

        def labels(p: Pass, shift: int = shift) -> Array:
            return (p.y + shift) % p.probs.shape[1]  # type: ignore[no-any-return]

        yield Hypothesis(
            "labels-off-by-one", "", replace(base, labels=labels), f"y {shift:+d}"
        )


def _output_deltas(base: Equations) -> Iterator[Hypothesis]:
    for key, factor, remark in FACTORS:

        def delta(p: Pass, targets: Array, factor: Factor = factor) -> Array:
            return right.delta(p, targets) * factor(p)

        yield Hypothesis(key, "", replace(base, delta=delta), remark)
    for scale, remark in (
        (lambda p: 1.0, ""),
        (lambda p: 2.0, "with the factor 2"),
        (lambda p: 1 / p.probs.shape[1], "and divided by the classes K"),
        (lambda p: 2 / p.probs.shape[1], "with 2 / K"),
    ):

        def full(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            d, s = right.delta(p, targets), p.probs
            through: Array = s * (d - (d * s).sum(axis=1, keepdims=True))
            return through * scale(p)

        def diagonal(p: Pass, targets: Array, scale: Factor = scale) -> Array:
            slope: Array = p.probs * (1 - p.probs)
            return right.delta(p, targets) * slope * scale(p)

        yield Hypothesis("jacobian-extra", "", replace(base, delta=full), remark)
        only = "only p (1 − p)" + (", " + remark if remark else "")
        yield Hypothesis("jacobian-extra", "", replace(base, delta=diagonal), only)


def _scaled_tensors(base: Equations, depth: int) -> Iterator[Hypothesis]:
    """Yield a factor on some of the dW, some of the db, or both of some layers."""
    for key, factor, remark in FACTORS:
        for layers in subsets(range(depth)):
            for which in ("dW", "db", "both"):
                if which == "both" and len(layers) == depth:
                    continue  # that is the factor on the output delta
                averaged = (key, which) == ("divided-twice", "db")
                renamed = "db-averaged" if averaged else key
                changes: dict[str, Any] = {}
                if which != "db":
                    changes["weight_gradient"] = _scale(
                        base.weight_gradient, layers, factor
                    )
                if which != "dW":
                    changes["bias_gradient"] = _scale(
                        base.bias_gradient, layers, factor
                    )
                where = name_layers(layers, "dW" if which == "both" else which, depth)
                if which == "both":
                    where += " and db"
                elif len(layers) == depth:
                    where = f"in every {which}"
                yield Hypothesis(
                    renamed,
                    where,
                    replace(base, **changes),
                    "" if averaged else remark,
                )


def _scale(function: Any, layers: tuple[int, ...], factor: Factor) -> Any:
    def scaled(p: Pass, dz: Array, layer: int) -> Array:
        g = function(p, dz, layer)
        return g * factor(p) if layer in layers else g  # type: ignore[no-any-return]

    return scaled


def _hidden_steps(base: Equations, depth: int, activation: str) -> Iterator[Hypothesis]:
    hidden = range(depth - 1)
    for layers in subsets(hidden):
        where = _hidden(layers, depth)
        for key, slope, remark in _wrong_slopes(activation):
            yield Hypothesis(
                key,
                where,
                replace(base, derivative=_slope(base, layers, slope)),
                remark,
            )
        for key, factor, remark in FACTORS:
            yield Hypothesis(
                key,
                where,
                replace(base, hidden_step=_scale_step(layers, factor)),
                remark,
            )
        matrices = [layer + 1 for layer in layers]
        where = name_layers(matrices, "W", depth)
        if len(layers) == depth - 1:
            where = "in every layer"
        yield Hypothesis(
            "delta-without-weights",
            where,
            replace(base, input_gradient=_passed_on(base, matrices)),
        )
        yield Hypothesis(
            "delta-weights-not-transposed",
            where,
            replace(base, input_gradient=_not_transposed(base, matrices)),
        )
    yield from _masks_of_other_layers(base, depth)


Slope = Callable[[Pass, int], Array]


def _wrong_slopes(activation: str) -> Iterator[tuple[str, Slope, str]]:
    from_z, from_a = DERIVATIVE_FROM_Z[activation], DERIVATIVE_FROM_A[activation]
    if activation != "identity":
        yield "derivative-missing", lambda p, h: np.ones_like(p.zs[h]), ""
    if activation in ("sigmoid", "tanh"):
        yield "derivative-at-activation", lambda p, h: from_z(p.inputs[h + 1]), ""
        yield "derivative-at-preactivation", lambda p, h: from_a(p.zs[h]), ""
    if activation == "relu":
        yield "relu-mask-at-zero", lambda p, h: (p.zs[h] >= 0).astype(float), ""
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


def _slope(base: Equations, layers: tuple[int, ...], wrong: Slope) -> Slope:
    return lambda p, h: wrong(p, h) if h in layers else base.derivative(p, h)


def _scale_step(layers: tuple[int, ...], factor: Factor) -> Any:
    def hidden_step(p: Pass, da: Array, slope: Array, layer: int) -> Array:
        dz = right.hidden_step(p, da, slope, layer)
        return dz * factor(p) if layer in layers else dz

    return hidden_step


def _passed_on(base: Equations, matrices: list[int]) -> Any:
    def input_gradient(p: Pass, dz: Array, layer: int) -> Array:
        return dz if layer in matrices else base.input_gradient(p, dz, layer)

    return input_gradient


def _not_transposed(base: Equations, matrices: list[int]) -> Any:
    def input_gradient(p: Pass, dz: Array, layer: int) -> Array:
        if layer not in matrices:
            return base.input_gradient(p, dz, layer)
        return dz @ p.weights[layer][0]

    return input_gradient


def _masks_of_other_layers(base: Equations, depth: int) -> Iterator[Hypothesis]:
    for shift, remark in ((1, "one layer too high"), (-1, "one layer too low")):
        for layers in subsets(range(depth - 1)):

            def slope(p: Pass, h: int, shift: int = shift) -> Array:
                z = p.zs[h + shift] if h + shift >= 0 else p.X
                return DERIVATIVE_FROM_Z[p.activation](z)

            yield Hypothesis(
                "mask-wrong-layer",
                _hidden(layers, depth),
                replace(base, derivative=_slope(base, layers, slope)),
                remark,
            )


def _weight_gradients(base: Equations, depth: int) -> Iterator[Hypothesis]:
    def transposed(p: Pass, dz: Array, layer: int) -> Array:
        return right.weight_gradient(p, dz, layer).T

    def preactivation(p: Pass, dz: Array, layer: int) -> Array:
        a = p.zs[layer - 1] if layer > 0 else p.X
        return a.T @ dz

    def other(shift: int, last: Callable[[Pass], list[Array]]) -> Any:
        def gradient(p: Pass, dz: Array, layer: int) -> Array:
            # Python counts −1 from the end, and so does the user's code: what stands
            # at the end of its list, if anything, makes a difference.
            every = [*p.inputs, *last(p)]
            return every[layer + shift].T @ dz

        return gradient

    def nothing(p: Pass) -> list[Array]:
        return []

    ends: tuple[Callable[[Pass], list[Array]], ...] = (
        nothing,
        lambda p: [p.logits],
        lambda p: [p.probs],
        lambda p: [FUNCTION[p.activation](p.zs[-1])],
    )
    for layers in subsets(range(depth)):
        where = name_layers(layers, "dW", depth)
        for key, wrong, remark in (
            ("dw-transposed", transposed, ""),
            ("dw-from-preactivation", preactivation, ""),
            *(
                ("dw-wrong-layer", other(shift, last), f"those of one layer {word}")
                for shift, word in ((1, "further"), (-1, "before"))
                for last in ends
            ),
        ):
            yield Hypothesis(
                key,
                where,
                replace(base, weight_gradient=_choose(base, layers, wrong, "weight")),
                remark,
            )


def _bias_gradients(base: Equations, depth: int) -> Iterator[Hypothesis]:
    wrong_ones: tuple[tuple[str, Callable[[Array], Any], str], ...] = (
        ("db-missing", lambda dz: np.zeros(dz.shape[1]), ""),
        ("db-wrong-axis", lambda dz: dz.sum(axis=1), "axis=1 instead of axis=0"),
        ("db-wrong-axis", lambda dz: dz.mean(axis=1), "the mean over axis=1"),
        ("db-wrong-axis", lambda dz: np.full(dz.shape[1], dz.sum()), "over both axes"),
        (
            "db-wrong-axis",
            lambda dz: np.asarray(dz.sum()),
            "over both axes, one number",
        ),
        ("db-wrong-axis", lambda dz: np.full(dz.shape[1], dz.mean()), "mean over both"),
        ("db-first-sample", lambda dz: dz[0], "the first"),
        ("db-first-sample", lambda dz: dz[-1], "the last"),
        ("db-first-sample", lambda dz: dz[0] * len(dz), "the first, times B"),
    )
    for layers in subsets(range(depth)):
        where = name_layers(layers, "db", depth)
        for key, of_dz, remark in wrong_ones:

            def wrong(p: Pass, dz: Array, layer: int, of_dz: Any = of_dz) -> Array:
                return of_dz(dz)  # type: ignore[no-any-return]

            yield Hypothesis(
                key,
                where,
                replace(base, bias_gradient=_choose(base, layers, wrong, "bias")),
                remark,
            )


def _choose(base: Equations, layers: tuple[int, ...], wrong: Any, which: str) -> Any:
    correct = getattr(base, f"{which}_gradient")

    def gradient(p: Pass, dz: Array, layer: int) -> Array:
        return (wrong if layer in layers else correct)(p, dz, layer)  # type: ignore[no-any-return]

    return gradient
