"""What a right training holds: the quantities of each step's batch, and its updates.

Computed by `equations.py` and `rules.py`, which are tested against PyTorch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from compare.check.lines.batch_quantities import passes
from compare.check.lines.quantities import (
    Quantities,
    Quantity,
    scales_of,
    scales_of_updates,
    settings_of,
)
from compare.check.simulate.equations import Array
from compare.check.simulate.rules import Memory, Rules, Step
from compare.config import HyperParameters
from compare.contract import Weights


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
    memory: list[Memory] = [(a * 0, a * 0) for pair in current for a in pair]
    t, rows = 0, X[:0]
    for epoch, order in enumerate(orders):
        for rows in rules.batches(order, len(X), hp):
            t += 1
            step = Step(hp, t, epoch, 0, 2 * len(weights), len(rows), len(order))
            batch = list(_batch(rules, step, current, rows, X[rows], y[rows]))
            g = [q for q in batch if q.family in ("dW", "db")]
            g.sort(key=lambda q: (q.layer, q.family == "db"))
            gradients = [q.value for q in g]
            current, updates = _updates(rules, step, current, gradients, memory)
            found += batch + updates
    n_steps = sum(-(-len(order) // hp.batch_size) for order in orders)
    scales = scales_of_updates(hp) | scales_of(hp, len(rows), len(orders[0]))
    return Quantities(found, scales, hp.batch_size, n_steps, settings_of(hp))


def _of_epoch(epoch: int, n_epochs: int) -> str:
    return f" of epoch {epoch}" if n_epochs > 1 else ""


def _batch(
    rules: Rules, step: Step, weights: Weights, rows: Array, X: Array, y: Array
) -> Iterator[Quantity]:
    number = step.t - 1
    count = np.asarray(float(step.t))
    yield Quantity("rows", "the rows of the batch", rows, step=number)
    yield Quantity("count", "t, the number of the step", count, step=number)
    yield from passes(rules.equations, step.hp, weights, X, y, number)


def _updates(
    rules: Rules,
    of_all: Step,
    weights: Weights,
    gradients: list[Array],
    memory: list[Memory],
) -> tuple[Weights, list[Quantity]]:
    """Return the new weights, and all that the rule of the optimizer holds.

    `memory` is overwritten.
    """
    new, found = [], []
    for tensor, theta in enumerate(a for pair in weights for a in pair):
        step = replace(of_all, tensor=tensor)
        g, before = gradients[tensor], memory[tensor]
        kept, decayed = rules.decay(step, theta, g)
        after, memory[tensor] = rules.rule(step, kept, decayed, before)
        after = rules.finish(step, theta, after)
        new.append(after)
        made = _sgd if step.hp.optimizer == "sgd" else _adam
        found += [
            replace(q, step=step.t - 1, layer=tensor // 2)
            for q in (
                *_decayed(step, theta, kept, g, decayed),
                *made(step, decayed, before, memory[tensor]),
                *_moved(step, theta, after),
            )
        ]
    return [(new[2 * k], new[2 * k + 1]) for k in range(len(weights))], found


def _tensor(step: Step) -> str:
    return f"{'b' if step.is_bias else 'W'}[{step.tensor // 2}]"


def _moved(step: Step, theta: Array, after: Array) -> Iterator[Quantity]:
    name = _tensor(step)
    yield Quantity("new", f"the new {name}", after, f"{name} − its update")
    yield Quantity("update", f"the update of {name}", theta - after)


def _decayed(
    step: Step, theta: Array, kept: Array, g: Array, decayed: Array
) -> Iterator[Quantity]:
    name = _tensor(step)
    if decayed is not g:
        rule = f"d{name} + λ {name}"
        yield Quantity("g", f"d{name} with L2", decayed, rule)
    if kept is not theta:
        yield Quantity("kept", f"{name} after its decay", kept, f"(1 − η λ) {name}")


def _sgd(step: Step, g: Array, before: Memory, after: Memory) -> Iterator[Quantity]:
    name, hp = _tensor(step), step.hp
    velocity = after[0]
    yield Quantity("old v", f"the velocity of {name} before", before[0])
    yield Quantity("v", f"the velocity of {name}", velocity, f"μ v + d{name}")
    pushed = hp.momentum * before[0]
    yield Quantity("part", f"μ times the velocity of {name}", pushed, is_whole=False)
    if hp.nesterov:
        move = g + hp.momentum * velocity
        yield Quantity("move", f"the move of {name}", move, f"d{name} + μ v")


def _adam(step: Step, g: Array, before: Memory, after: Memory) -> Iterator[Quantity]:
    name, t, hp = _tensor(step), step.t, step.hp
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
