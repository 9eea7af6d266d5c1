"""Every quantity that a right computation holds, by name: z[1], dW[0], f'(z[0]) …

Computed by `equations.py` and `steps.py`, which are tested against PyTorch; or by the
same with another equation in it, where a network is meant to be another one. Layers
count from 0, as in `dW[0]` of the report.

Refuses to hold what nobody writes down: a quantity here is one that has a line in some
textbook.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from compare.check.simulate.activations import BY_NAME
from compare.check.simulate.equations import Array, Equations, Pass
from compare.check.simulate.rules import Rules, Step
from compare.config import HyperParameters
from compare.contract import Weights


@dataclass(frozen=True, eq=False)
class Quantity:
    """One array of the right computation.

    Attributes
    ----------
    family : str
        What it is, whatever the layer: "z", "dW".
    name : str
        With its layer, and its step if there are several: "z[1]", "dW[0], step 2".
    equation : str
        How it is computed: "a[0] W[1] + b[1]"; empty for what is given.
    is_whole : bool
        False for a part on the way: exp(z), z without its bias.
    step : int
        The step of the training, from 0.
    layer : int
        −1 for what has none.
    """

    family: str
    name: str
    value: Array
    equation: str = ""
    is_whole: bool = True
    step: int = 0
    layer: int = -1

    @cached_property
    def dims(self) -> tuple[int, ...]:
        """Return its sizes without those of 1, the smaller first."""
        return tuple(sorted(n for n in self.value.shape if n != 1))


@dataclass
class Quantities:
    """All quantities of one question, and the numbers that may scale them."""

    found: list[Quantity]
    scales: dict[str, float]
    n_rows: int
    n_steps: int = 1
    settings: dict[str, float] = field(default_factory=dict)
    by_dims: dict[tuple[int, ...], list[Quantity]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for quantity in self.found:
            if np.isfinite(quantity.value).any():
                self.by_dims.setdefault(quantity.dims, []).append(quantity)

    def named(self, family: str) -> list[Quantity]:
        """Return those of one family, in the order of layers and steps."""
        return [q for q in self.found if q.family == family]


def scales_of(hp: HyperParameters, n_rows: int, n_samples: int) -> dict[str, float]:
    """Return the numbers by which arrays are usually multiplied, by name."""
    scales = {
        "B": float(n_rows),
        "K": float(hp.n_classes),
        "B K": float(n_rows * hp.n_classes),
        "η": hp.learning_rate,
        "η / B": hp.learning_rate / n_rows,
        "η B": hp.learning_rate * n_rows,
        "2 B": 2.0 * n_rows,
    }
    if n_samples != n_rows:
        scales["n"] = float(n_samples)
    if hp.batch_size != n_rows:
        scales["batch_size"] = float(hp.batch_size)
    return scales


def settings_of(hp: HyperParameters) -> dict[str, float]:
    """Return the numbers that the optimizer is given, by name."""
    settings = {"η": hp.learning_rate}
    if hp.weight_decay:
        settings["λ"] = hp.weight_decay
    if hp.optimizer == "sgd":
        return settings | {"μ": hp.momentum}
    return settings | {"β₁": hp.betas[0], "β₂": hp.betas[1], "ε": hp.eps}


def scales_of_updates(hp: HyperParameters) -> dict[str, float]:
    """Return the numbers of the optimizer's own equations."""
    if hp.optimizer == "sgd":
        return {"1 − μ": 1 - hp.momentum, "μ": hp.momentum} if hp.momentum else {}
    beta1, beta2 = hp.betas
    return {"1 − β₁": 1 - beta1, "1 − β₂": 1 - beta2}


def of_one_batch(
    hp: HyperParameters,
    weights: Weights,
    X: Array,
    y: Array,
    equations: Equations | None = None,
) -> Quantities:
    """Return what forward, loss and backward hold for one batch."""
    found = list(_passes(equations or Equations(), hp, weights, X, y, 0))
    return Quantities(found, scales_of(hp, len(X), len(X)), len(X))


def of_training(
    hp: HyperParameters,
    weights: Weights,
    X: Array,
    y: Array,
    orders: Sequence[Array],
    rules: Rules | None = None,
) -> Quantities:
    """Return what a training holds: the same for each step, and the updates."""
    rules = rules or Rules()
    found = [
        Quantity("order", f"order{_of_epoch(e, len(orders))}", order, step=e)
        for e, order in enumerate(orders)
    ]
    found += [
        Quantity("X", "X, all rows", X),
        Quantity("y", "y, all rows", y),
    ]
    current = [(W.copy(), b.copy()) for W, b in weights]
    memory: list[Any] = [(a * 0, a * 0) for pair in current for a in pair]
    step, n_steps = 0, sum(-(-len(order) // hp.batch_size) for order in orders)
    rows = X[:0]
    for epoch, order in enumerate(orders):
        for batch in rules.batches(order, len(X), hp):
            rows = batch
            found.append(Quantity("rows", "the rows of the batch", batch, step=step))
            count = np.asarray(step + 1.0)
            found.append(
                Quantity("count", "t, the number of the step", count, step=step)
            )
            at = _At(rules, hp, step, epoch, len(batch), len(order))
            found += _passes(rules.equations, hp, current, X[batch], y[batch], step)
            g = [q for q in found if q.step == step and q.family in ("dW", "db")]
            g.sort(key=lambda q: (q.layer, q.family == "db"))
            new, quantities = _updates(at, current, [q.value for q in g], memory)
            found += quantities
            current = new
            step += 1
    scales = scales_of_updates(hp) | scales_of(hp, len(rows), len(orders[0]))
    return Quantities(found, scales, hp.batch_size, n_steps, settings_of(hp))


def _of_epoch(epoch: int, n_epochs: int) -> str:
    return f" of epoch {epoch}" if n_epochs > 1 else ""


# --- forward and backward ---------------------------------------------------------


def _passes(
    equations: Equations,
    hp: HyperParameters,
    weights: Weights,
    X: Array,
    y: Array,
    step: int,
) -> Iterator[Quantity]:
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


# --- updates ----------------------------------------------------------------------


@dataclass(frozen=True)
class _At:
    rules: Rules
    hp: HyperParameters
    step: int
    epoch: int
    n_rows: int
    n_samples: int


def _updates(
    at: _At, weights: Weights, gradients: list[Array], memory: list[Any]
) -> tuple[Weights, list[Quantity]]:
    """Return the new weights, and all that the rule of the optimizer holds."""
    flat, new, found = [a for pair in weights for a in pair], [], []
    for tensor, theta in enumerate(flat):
        step = Step(
            at.hp,
            at.step + 1,
            at.epoch,
            tensor,
            len(flat),
            at.n_rows,
            at.n_samples,
        )
        g, before = gradients[tensor], memory[tensor]
        kept, decayed = at.rules.decay(step, theta, g)
        after, memory[tensor] = at.rules.rule(step, kept, decayed, before)
        after = at.rules.finish(step, theta, after)
        new.append(after)
        made = _sgd if at.hp.optimizer == "sgd" else _adam
        found += [
            replace(q, step=at.step, layer=tensor // 2)
            for q in (
                *_decayed(at.hp, step, theta, kept, g, decayed),
                *made(at.hp, step, decayed, before, memory[tensor]),
                _new(step, theta, after),
                *_moves(step, theta, after),
            )
        ]
    return [(new[2 * k], new[2 * k + 1]) for k in range(len(weights))], found


def _tensor(step: Step) -> str:
    return f"{'b' if step.is_bias else 'W'}[{step.tensor // 2}]"


def _new(step: Step, theta: Array, after: Array) -> Quantity:
    name = _tensor(step)
    return Quantity("new", f"the new {name}", after, f"{name} − its update")


def _moves(step: Step, theta: Array, after: Array) -> Iterator[Quantity]:
    name = _tensor(step)
    yield Quantity("update", f"the update of {name}", theta - after)


def _decayed(
    hp: HyperParameters,
    step: Step,
    theta: Array,
    kept: Array,
    g: Array,
    decayed: Array,
) -> Iterator[Quantity]:
    name = _tensor(step)
    if decayed is not g:
        rule = f"d{name} + λ {name}"
        yield Quantity("g", f"d{name} with L2", decayed, rule)
    if kept is not theta:
        yield Quantity("kept", f"{name} after its decay", kept, f"(1 − η λ) {name}")


def _sgd(
    hp: HyperParameters, step: Step, g: Array, before: Any, after: Any
) -> Iterator[Quantity]:
    name = _tensor(step)
    velocity = after[0]
    yield Quantity("old v", f"the velocity of {name} before", before[0])
    yield Quantity("v", f"the velocity of {name}", velocity, f"μ v + d{name}")
    pushed = hp.momentum * before[0]
    yield Quantity("part", f"μ times the velocity of {name}", pushed, is_whole=False)
    if hp.nesterov:
        move = g + hp.momentum * velocity
        yield Quantity("move", f"the move of {name}", move, f"d{name} + μ v")


def _adam(
    hp: HyperParameters, step: Step, g: Array, before: Any, after: Any
) -> Iterator[Quantity]:
    name, t = _tensor(step), step.t
    beta1, beta2 = hp.betas
    m, v = after
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    root = np.sqrt(v_hat)
    yield Quantity("old m", f"m of {name} before", before[0])
    yield Quantity("old v", f"v of {name} before", before[1])
    yield Quantity("m", f"m of {name}", m, f"β₁ m + (1 − β₁) d{name}")
    yield Quantity("v", f"v of {name}", v, f"β₂ v + (1 − β₂) d{name}²")
    yield Quantity("m_hat", f"m̂ of {name}", m_hat, "m / (1 − β₁ᵗ)")
    yield Quantity("v_hat", f"v̂ of {name}", v_hat, "v / (1 − β₂ᵗ)")
    denominator = root + hp.eps
    yield Quantity("root", f"√v̂ + ε of {name}", denominator, "√v̂ + ε")
    move = m_hat / denominator
    yield Quantity("move", f"m̂ / (√v̂ + ε) of {name}", move, "m̂ / (√v̂ + ε)")
    parts = {
        f"β₁ m of {name}": beta1 * before[0],
        f"(1 − β₁) d{name}": (1 - beta1) * g,
        f"β₂ v of {name}": beta2 * before[1],
        f"(1 − β₂) d{name}²": (1 - beta2) * g**2,
        f"d{name}²": g**2,
        f"√v̂ of {name}": root,
        f"√v of {name}": np.sqrt(v),
    }
    for text, value in parts.items():
        yield Quantity("part", text, value, is_whole=False)
