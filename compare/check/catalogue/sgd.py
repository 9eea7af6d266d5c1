"""The step of SGD: momentum, the rate, clipping."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import (
    LOOK_AHEAD,
    MOVE,
    VELOCITY,
    Hypothesis,
    Mistake,
    in_rules,
)
from compare.check.simulate import rules as right
from compare.check.simulate.equations import Array
from compare.check.simulate.rules import Memory, Rules, Step
from compare.config import HyperParameters

MISTAKES = (
    Mistake(
        "gradient-clipped",
        "the gradients are clipped",
        "g = ∂loss/∂θ, whatever its size",
        MOVE,
    ),
    Mistake(
        "layer-frozen",
        "some arrays are never updated",
        "θ ← θ − ηv for every W and every b",
        MOVE,
    ),
    Mistake(
        "rate-decays",
        "the learning rate falls by itself",
        "θ ← θ − ηv, with the same η in every step",
        MOVE,
    ),
    Mistake(
        "optimizer-other",
        "another optimizer is used than the one asked for",
        "v ← μv + g,  θ ← θ − ηv for sgd; Adam's rule for adam and adamw",
        MOVE,
    ),
    Mistake(
        "momentum-other",
        "momentum has another value than the one asked for",
        "v ← μv + g, with the μ asked for",
        VELOCITY,
    ),
    Mistake(
        "momentum-weights-only",
        "only the weights have momentum, the biases have none",
        "v ← μv + g,  θ ← θ − ηv for every W and every b",
        VELOCITY,
    ),
    Mistake(
        "velocity-shared",
        "several arrays share one velocity",
        "v ← μv + g, with a v of its own for each array",
        VELOCITY,
    ),
    Mistake(
        "momentum-damped",
        "momentum is damped: the gradient is multiplied by (1 − μ)",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "momentum-missing",
        "there is no momentum",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "velocity-late",
        "the step is taken with the velocity of the step before",
        "v ← μv + g first, then θ ← θ − ηv",
        MOVE,
    ),
    Mistake(
        "nesterov-for-momentum",
        "Nesterov's momentum is used where plain momentum was asked for",
        "v ← μv + g,  θ ← θ − ηv",
        LOOK_AHEAD,
    ),
    Mistake(
        "momentum-for-nesterov",
        "plain momentum is used where Nesterov's was asked for",
        "v ← μv + g,  θ ← θ − η(g + μv)",
        LOOK_AHEAD,
    ),
    Mistake(
        "learning-rate-twice",
        "the learning rate is applied twice",
        "θ ← θ − ηv, with η in one place only",
        MOVE,
    ),
)


# Limits to which gradients are often clipped.
LIMITS = (1.0, 5.0, 0.5, 0.1, 0.01, 10.0, 0.25)


POWERS, SPEEDS = (0.99, 0.95, 0.9, 0.5, 0.999, 0.98, 0.1), (0.1, 0.01, 0.001, 1e-4)
# How learning rates fall by themselves: the factor, of a number and the step.
Fall = Callable[[float, Step], float]
FALLS: tuple[tuple[Fall, tuple[float, ...], str], ...] = (
    (lambda by, step: by**step.epoch, POWERS, "by {:g} after each epoch"),
    (lambda by, step: by ** (step.t - 1), POWERS, "by {:g} after each step"),
    (lambda by, step: by**step.t, POWERS, "by {:g} before each step"),
    (lambda by, step: 1 / (1 + by * step.epoch), (1, *SPEEDS), "by 1/(1 + {:g} epoch)"),
    (lambda by, step: 1 / (1 + by * step.t), SPEEDS, "by 1/(1 + {:g} t)"),
    (lambda by, step: 1 / (1 + by * (step.t - 1)), SPEEDS, "by 1/(1 + {:g} (t − 1))"),
    (lambda by, step: step.t**-by, (0.5, 1), "by 1/t to the power {:g}"),
)


def training(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield clipped gradients, frozen layers, and what can be wrong with momentum."""
    yield from _clipped(base)
    yield from _frozen(base, hp.architecture.depth)
    yield from _rates(base)
    yield from _other_optimizers(base, hp)
    if hp.optimizer != "sgd":
        return
    forms: list[tuple[str, dict[str, Any], str]] = [
        ("learning-rate-twice", {"rate_power": 2}, ""),
        *(
            ("momentum-other", {"momentum": mu}, f"it is {mu:g}")
            for mu in (0.9, 0.5, 0.99, 0.8, 0.95)
            if mu != hp.momentum
        ),
    ]
    if hp.momentum > 0:
        forms += [
            ("momentum-damped", {"damped_from": 1}, ""),
            ("momentum-damped", {"damped_from": 2}, "after the first step"),
            ("momentum-missing", {"momentum": 0.0, "nesterov": False}, ""),
            ("velocity-late", {"late": True}, ""),
            (
                "momentum-for-nesterov" if hp.nesterov else "nesterov-for-momentum",
                {"nesterov": not hp.nesterov},
                "",
            ),
        ]
    for key, options, remark in forms:
        rule = partial(right.sgd, **options)
        yield in_rules(key, replace(base, rule=rule), remark)
    if hp.momentum > 0:
        yield in_rules("momentum-weights-only", replace(base, rule=_weights_only))
        for slot, remark in (
            (lambda tensor: tensor % 2, "one for all W, one for all b"),
            (lambda tensor: 0, "a single one"),
        ):
            shared = replace(base, slot=slot)
            yield in_rules("velocity-shared", shared, remark)


def _weights_only(step: Step, theta: Array, g: Array, memory: Memory) -> Any:
    if step.is_bias:
        return right.sgd(step, theta, g, memory, momentum=0.0, nesterov=False)
    return right.sgd(step, theta, g, memory)


def _frozen(base: Rules, depth: int) -> Iterator[Hypothesis]:
    """Yield arrays that are never updated."""
    groups: list[tuple[tuple[int, ...], str]] = [
        ((2 * k, 2 * k + 1), f"W[{k}] and b[{k}]") for k in range(depth)
    ]
    groups += [((2 * k,), f"W[{k}]") for k in range(depth)]
    groups += [((2 * k + 1,), f"b[{k}]") for k in range(depth)]
    groups.append((tuple(range(1, 2 * depth, 2)), "the biases"))
    groups.append((tuple(range(2 * depth - 2)), "all layers but the last"))
    for tensors, words in groups:

        def finish(
            step: Step, theta: Array, new: Array, frozen: Any = tensors
        ) -> Array:
            return theta if step.tensor in frozen else new

        yield in_rules("layer-frozen", replace(base, finish=finish), where=words)


def _with_rate(rule: Any, rate: Callable[[Step], float]) -> Any:
    """Return a rule with another learning rate at each step."""

    def changed(step: Step, theta: Array, g: Array, memory: Memory) -> Any:
        hp = replace(step.hp, learning_rate=step.hp.learning_rate * rate(step))
        return rule(replace(step, hp=hp), theta, g, memory)

    return changed


def _rates(base: Rules) -> Iterator[Hypothesis]:
    """Yield learning rates that fall by themselves."""
    for fall, numbers, words in FALLS:
        for number in numbers:
            changed = _with_rate(base.rule, partial(fall, number))
            remark = words.format(number)
            yield in_rules("rate-decays", replace(base, rule=changed), remark)


def _rmsprop(rho: float, eps: float) -> Any:
    def rule(step: Step, theta: Array, g: Array, memory: Memory) -> Any:
        v = rho * memory[1] + (1 - rho) * g**2
        moved = theta - step.hp.learning_rate * g / (np.sqrt(v) + eps)
        return moved, (memory[0], v)

    return rule


def _adagrad(eps: float) -> Any:
    def rule(step: Step, theta: Array, g: Array, memory: Memory) -> Any:
        v = memory[1] + g**2
        moved = theta - step.hp.learning_rate * g / (np.sqrt(v) + eps)
        return moved, (memory[0], v)

    return rule


def _nadam(step: Step, theta: Array, g: Array, memory: Memory) -> Any:
    hp, (beta1, beta2) = step.hp, step.hp.betas
    m, v = beta1 * memory[0] + (1 - beta1) * g, beta2 * memory[1] + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**step.t)
    ahead = beta1 * m_hat + (1 - beta1) * g / (1 - beta1**step.t)
    v_hat = v / (1 - beta2**step.t)
    return theta - hp.learning_rate * ahead / (np.sqrt(v_hat) + hp.eps), (m, v)


def _other_optimizers(base: Rules, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield the rules of optimizers that were not asked for."""
    forms: list[tuple[Any, str]] = []
    for eps in (1e-8, 1e-7, 1e-6, 1e-10):
        forms += [(_rmsprop(rho, eps), "RMSprop") for rho in (0.9, 0.99, 0.95, 0.999)]
        forms.append((_adagrad(eps), "AdaGrad"))
    forms.append((_nadam, "NAdam"))
    if hp.optimizer == "sgd":
        forms.append((right.adam, "Adam"))
    else:
        plain = partial(right.sgd, momentum=0.0, nesterov=False)
        forms += [(plain, "plain SGD"), (right.sgd, "SGD with momentum")]
    for rule, name in forms:
        yield in_rules("optimizer-other", replace(base, rule=rule), f"it is {name}")


def _clipped(base: Rules) -> Iterator[Hypothesis]:
    def by_value(limit: float, g: Array) -> Array:
        return np.clip(g, -limit, limit)

    def by_norm(limit: float, g: Array) -> Array:
        norm = float(np.sqrt((g**2).sum()))
        return g * (limit / norm) if norm > limit else g

    for clip, remark in (
        (by_value, "each number"),
        (by_norm, "the norm of each array"),
    ):
        for limit in LIMITS:
            rule = partial(_clip_first, base.rule, partial(clip, limit))
            clipped = replace(base, rule=rule)
            yield in_rules("gradient-clipped", clipped, f"{remark}, {limit:g}")

    def together(limit: float, gradients: Sequence[Array]) -> float:
        norm = float(np.sqrt(sum(float((g**2).sum()) for g in gradients)))
        return limit / norm if norm > limit else 1.0

    for limit in LIMITS:
        clipped = replace(base, shorten=partial(together, limit))
        remark = f"the norm of all arrays together, {limit:g}"
        yield in_rules("gradient-clipped", clipped, remark)


def _clip_first(
    rule: Any, clip: Any, step: Step, theta: Array, g: Array, memory: Memory
) -> Any:
    return rule(step, theta, clip(g), memory)
