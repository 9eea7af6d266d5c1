"""What forward, loss and backward of a right network hold for one batch.

Computed by `equations.py`, which is tested against PyTorch; or by the same with another
equation in it, where a network is meant to be another one.

Refuses to hold what nobody writes down: a quantity here is one that has a line in some
textbook.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from compare.check.lines.quantities import Quantities, Quantity, scales_of
from compare.check.simulate.activations import BY_NAME
from compare.check.simulate.equations import Array, Equations, Pass
from compare.config import HyperParameters
from compare.contract import Weights


def of_one_batch(
    hp: HyperParameters,
    weights: Weights,
    X: Array,
    y: Array,
    equations: Equations | None = None,
) -> Quantities:
    """Return what forward, loss and backward hold for one batch."""
    found = list(passes(equations or Equations(), hp, weights, X, y, 0))
    return Quantities(found, scales_of(hp, len(X), len(X)), len(X))


def passes(
    equations: Equations,
    hp: HyperParameters,
    weights: Weights,
    X: Array,
    y: Array,
    step: int,
) -> Iterator[Quantity]:
    """Yield what the forward pass, the loss and the backward pass hold."""
    with np.errstate(all="ignore"):
        p = equations.forward(weights, X, y, hp=hp)
        for maker in (_given, _forward, _softmax, _losses, _backward):
            for quantity in maker(p, equations):
                yield replace(quantity, step=step)


def _given(p: Pass, equations: Equations) -> Iterator[Quantity]:
    yield Quantity("X", "X", p.X)
    yield Quantity("y", "y", equations.labels(p))
    yield Quantity("t", "onehot(y)", np.eye(p.probs.shape[1])[equations.labels(p)])
    for layer, (W, b) in enumerate(p.weights):
        yield Quantity("W", f"W[{layer}]", W, layer=layer)
        yield Quantity("b", f"b[{layer}]", b, layer=layer)
    ones = np.ones((len(p.X), 1))
    yield Quantity("ones", "a column of ones", ones, is_whole=False)


def _before(layer: int) -> str:
    return f"a[{layer - 1}]" if layer else "X"


def _forward(p: Pass, equations: Equations) -> Iterator[Quantity]:
    for layer in range(p.depth):
        z, (W, _) = p.zs[layer], p.weights[layer]
        name, before = f"z[{layer}]", _before(layer)
        part = p.inputs[layer] @ W
        product = f"{before} W[{layer}]"
        yield Quantity("aW", product, part, is_whole=False, layer=layer)
        yield Quantity("z", name, z, f"{product} + b[{layer}]", layer=layer)
        if layer == p.depth - 1:
            continue
        a = p.inputs[layer + 1]
        slope = equations.derivative(p, layer)
        a_name = f"a[{layer}]"
        f_name = p.activation.name if p.activation.name in BY_NAME else "f"
        if not _same(a, z):
            yield Quantity("a", a_name, a, f"{f_name}({name})", layer=layer)
        if not _all_ones(slope):
            yield Quantity("slope", f"f'({name})", slope, layer=layer)
        parts = {
            f"exp({name})": np.exp(z),
            f"exp(−{name})": np.exp(-z),
            f"exp(−|{name}|)": np.exp(-np.abs(z)),
            f"1 + exp(−{name})": 1 + np.exp(-z),
            f"1 − {a_name}": 1 - a,
            f"{a_name}²": a**2,
            f"|{name}|": np.abs(z),
            f"−{name}": -z,
        }
        for text, value in parts.items():
            yield Quantity("part", text, value, is_whole=False, layer=layer)


def _softmax(p: Pass, equations: Equations) -> Iterator[Quantity]:
    z = p.logits
    last = f"z[{p.depth - 1}]"
    largest = z.max(axis=1, keepdims=True)
    e = np.exp(z - largest)
    is_softmax = equations.softmax is Equations.softmax
    rule = f"softmax({last})" if is_softmax else f"the output of {last}"
    yield Quantity("p", "p", p.probs, rule)
    total = f"Σ exp({last})"
    yield Quantity("max", f"the largest of each row of {last}", largest)
    yield Quantity("shifted", f"{last} − its largest", z - largest)
    yield Quantity("e", f"exp({last} − its largest)", e)
    yield Quantity("part", f"exp({last})", np.exp(z), is_whole=False)
    yield Quantity("part", total, np.exp(z).sum(axis=1), is_whole=False)
    yield Quantity("total", f"Σ exp({last} − its largest)", e.sum(axis=1))
    yield Quantity("part", "log p", np.log(p.probs), is_whole=False)
    yield Quantity("part", "1 − p", 1 - p.probs, is_whole=False)
    log_total = np.log(e.sum(axis=1))
    yield Quantity("part", f"log {total}, shifted", log_total, is_whole=False)


def _losses(p: Pass, equations: Equations) -> Iterator[Quantity]:
    y = equations.labels(p)
    shifted = p.logits - p.logits.max(axis=1, keepdims=True)
    each = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    loss = np.asarray(equations.loss_of(p))
    chosen = p.probs[np.arange(len(y)), y]
    is_ours = equations.loss is Equations.loss
    rule = "mean of −log p[y]" if is_ours else "the loss of your network"
    yield Quantity("loss", "the loss", loss, rule)
    yield Quantity("losses", "−log p[y]", each)
    yield Quantity("part", "p[y]", chosen, is_whole=False)
    yield Quantity("part", "the sum of the losses", each.sum(), is_whole=False)
    targets = np.eye(p.probs.shape[1])[y]
    terms = -targets * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
    yield Quantity("part", "−t log p", terms, is_whole=False)


def _backward(p: Pass, equations: Equations) -> Iterator[Quantity]:
    targets = np.eye(p.probs.shape[1])[equations.labels(p)]
    dz = equations.output_step(p, equations.delta(p, targets))
    is_ours = equations.delta is Equations.delta
    rule = "(p − onehot(y)) / B" if is_ours else "the slope of your loss in z"
    for layer in reversed(range(p.depth)):
        name, before = f"dz[{layer}]", _before(layer)
        yield Quantity("dz", name, dz, rule, layer=layer)
        dW = equations.weight_gradient(p, dz, layer)
        if equations.l2:
            loss_alone = f"dW[{layer}] without L2"
            yield Quantity("part", loss_alone, dW, is_whole=False, layer=layer)
            dW = dW + equations.l2 * p.weights[layer][0]
        db = equations.bias_gradient(p, dz, layer)
        yield Quantity("dW", f"dW[{layer}]", dW, f"{before}ᵀ {name}", layer=layer)
        yield Quantity(
            "db", f"db[{layer}]", db, f"sum of {name} over the batch", layer=layer
        )
        yield from _per_sample(p.inputs[layer], dz, layer)
        if layer == 0:
            break
        da = equations.input_gradient(p, dz, layer)
        slope = equations.derivative(p, layer - 1)
        dz = equations.hidden_step(p, da, slope, layer - 1)
        a_name = f"da[{layer - 1}]"
        if not _all_ones(slope):
            rule_a = f"{name} W[{layer}]ᵀ"
            yield Quantity("da", a_name, da, rule_a, layer=layer - 1)
            rule = f"{a_name} · f'(z[{layer - 1}])"
        else:
            rule = f"{name} W[{layer}]ᵀ"


def _per_sample(inputs: Array, dz: Array, layer: int) -> Iterator[Quantity]:
    """Yield the share of each sample in dW, and the running sums over samples."""
    if inputs.size * dz.shape[1] > 100_000:
        return
    each = inputs[:, :, None] * dz[:, None, :]
    name = f"dW[{layer}]"
    running = each.cumsum(axis=0)
    yield Quantity(
        "dW of a sample",
        f"the share of one sample in {name}",
        each,
        layer=layer,
    )
    yield Quantity(
        "dW so far",
        f"{name}, summed so far",
        running,
        layer=layer,
    )
    yield Quantity(
        "db so far",
        f"db[{layer}], summed so far",
        dz.cumsum(axis=0),
        layer=layer,
    )


def _all_ones(array: Array) -> bool:
    return bool((np.asarray(array) == 1).all())


def _same(one: Array, other: Array) -> bool:
    return bool(np.array_equal(one, other))
