"""Rules in float64, every rule replaceable: where would a mistake lead?

The twin of `equations.py` for everything that happens between two batches: which rows
make a batch, L2, momentum, Adam. `Rules()` is right; a known mistake is the same
with one rule replaced. Refuses to be a reference: that is PyTorch.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from compare.check.simulate.equations import Array, Equations
from compare.config import HyperParameters
from compare.contract import Weights

Memory = tuple[Array, ...]  # velocity and nothing, or m and v


@dataclass(frozen=True)
class Step:
    """What a rule may depend on, for one array of one step.

    `t` counts steps from 1; `epoch` from 0; `tensor` counts W[0], b[0], W[1], … from 0.
    """

    hp: HyperParameters
    t: int
    epoch: int
    tensor: int
    n_tensors: int
    n_rows: int
    n_samples: int

    @property
    def is_bias(self) -> bool:
        """Whether the array is a bias."""
        return self.tensor % 2 == 1


def batches(order: Array, n_samples: int, hp: HyperParameters) -> list[Array]:
    """Return the rows of each batch: order[k·B : (k+1)·B], the last may be short."""
    size = hp.batch_size
    return [order[start : start + size] for start in range(0, len(order), size)]


def divisor(n_rows: int, hp: HyperParameters, n_ordered: int, n_data: int) -> float:
    """Return what the sum over the batch is divided by: its rows.

    Not the rows of `order`, nor those of X.
    """
    return n_rows


def shorten(gradients: Sequence[Array]) -> float:
    """Return a factor for all gradients of a step, of all of them together: 1."""
    return 1.0


def decay(step: Step, theta: Array, g: Array) -> tuple[Array, Array]:
    """Return θ and g with the decay of the weights: coupled, or for adamw decoupled."""
    if step.is_bias:
        return theta, g
    if step.hp.optimizer == "adamw":
        return theta * (1 - step.hp.learning_rate * step.hp.weight_decay), g
    return theta, g + step.hp.weight_decay * theta


def rule(step: Step, theta: Array, g: Array, memory: Memory) -> tuple[Array, Memory]:
    """Return the new θ and the new memory: SGD with momentum, or Adam."""
    hp = step.hp
    if hp.optimizer == "sgd":
        return sgd(step, theta, g, memory)
    return adam(step, theta, g, memory)


def sgd(
    step: Step,
    theta: Array,
    g: Array,
    memory: Memory,
    *,
    damped_from: float = math.inf,
    nesterov: bool | None = None,
    momentum: float | None = None,
    rate_power: int = 1,
    late: bool = False,
) -> tuple[Array, Memory]:
    """Return v ← μ v + g, θ ← θ − η v, or with Nesterov's look ahead.

    From step `damped_from` on, g is multiplied by (1 − μ). If `late`, θ moves by the
    velocity of the step before.
    """
    hp = step.hp
    mu = hp.momentum if momentum is None else momentum
    rate = hp.learning_rate**rate_power
    look_ahead = hp.nesterov if nesterov is None else nesterov
    gain = 1 - mu if step.t >= damped_from else 1.0
    velocity = mu * memory[0] + gain * g
    move = gain * g + mu * velocity if look_ahead else velocity
    move = memory[0] if late else move
    return theta - rate * move, (velocity, memory[1])


def adam(
    step: Step,
    theta: Array,
    g: Array,
    memory: Memory,
    *,
    t: float | None = None,
    correct_m: bool = True,
    correct_v: bool = True,
    epsilon: str = "after",
    exchange: bool = False,
    square: bool = True,
    rate_power: int = 1,
    eps: float | None = None,
    root: bool = True,
    keep_hats: bool = False,
    power: bool = True,
    betas: tuple[float, float] | None = None,
    largest: bool = False,
) -> tuple[Array, Memory]:
    """Return θ ← θ − rate · m̂ / (√v̂ + ε); `epsilon` says where ε stands."""
    hp = step.hp
    eps = hp.eps if eps is None else eps
    t = step.t if t is None else t
    beta1, beta2 = betas or (hp.betas[::-1] if exchange else hp.betas)
    rate = hp.learning_rate**rate_power
    m = beta1 * memory[0] + (1 - beta1) * g
    v = beta2 * memory[1] + (1 - beta2) * (g**2 if square else g)
    decay1, decay2 = (beta1**t, beta2**t) if power else (beta1 * t, beta2 * t)
    m_hat = m / np.float64(1 - decay1) if correct_m else m
    v_bias = np.float64(1 - decay2) if correct_v else np.float64(1)
    if largest:  # of v without correction, as PyTorch keeps it
        greatest = np.maximum(memory[2] if len(memory) > 2 else 0, v)
        denominator = np.sqrt(greatest / v_bias) + eps
        return theta - rate * m_hat / denominator, (m, v, greatest)
    if not root:
        denominator = v / v_bias + eps
    elif epsilon == "inside":
        denominator = np.sqrt(v / v_bias + eps)
    elif epsilon == "before":  # ε is added to √v, and corrected with it
        denominator = (np.sqrt(v) + eps) / np.sqrt(v_bias)
    else:
        denominator = np.sqrt(v / v_bias) + eps
    kept = (m_hat, v / v_bias) if keep_hats else (m, v)
    return theta - rate * m_hat / denominator, kept


def finish(step: Step, theta: Array, new: Array) -> Array:
    """Return what is stored, of θ before and after the step: the latter."""
    return new


def own_slot(tensor: int) -> int:
    """Return the place of an array's memory: its own."""
    return tensor


@dataclass(frozen=True)
class Rules:
    """The rules of training; `dataclasses.replace` plants a mistake."""

    equations: Equations = field(default_factory=Equations)
    batches: Callable[[Array, int, HyperParameters], list[Array]] = batches
    divisor: Callable[[int, HyperParameters, int, int], float] = divisor
    shorten: Callable[[Sequence[Array]], float] = shorten
    decay: Callable[[Step, Array, Array], tuple[Array, Array]] = decay
    rule: Callable[[Step, Array, Array, Memory], tuple[Array, Memory]] = rule
    finish: Callable[[Step, Array, Array], Array] = finish
    # Layers that are updated before the delta passes through them; None is all.
    immediately: tuple[int, ...] | None = ()
    labels_in_order: bool = False  # X is shuffled and y is not
    as_many_labels: bool = False  # and of a short batch, only as many as there are rows
    accumulate: bool = False  # gradients are never set back to zero
    forgetful: bool = False  # the memory starts anew with every epoch
    slot: Callable[[int], int] = own_slot

    def trajectory(
        self,
        hp: HyperParameters,
        weights: Weights,
        X: Array,
        y: Array,
        orders: Sequence[Array],
    ) -> list[Weights]:
        """Return the weights after each epoch, one epoch per order."""
        state = _State(self, hp, weights)
        after = []
        for epoch, order in enumerate(orders):
            if self.forgetful:
                state.forget()
            every = labels_of = self.batches(order, len(X), hp)
            if self.labels_in_order:
                n_labels = len(order) if self.as_many_labels else len(y)
                labels_of = self.batches(np.arange(n_labels), len(X), hp)
            for rows, labels in zip(every, labels_of, strict=False):
                sizes = (len(order), len(X))
                state.step(X[rows], y[labels], epoch=epoch, sizes=sizes)
            after.append([(W.copy(), b.copy()) for W, b in state.weights])
        return after


class _State:
    """Weights and memory between two steps."""

    def __init__(self, rules: Rules, hp: HyperParameters, weights: Weights) -> None:
        self.rules, self.hp = rules, hp
        self.weights: Weights = [(np.array(W), np.array(b)) for W, b in weights]
        self.forget()

    def forget(self) -> None:
        self.t = 0
        self.total: Weights = [(W * 0, b * 0) for W, b in self.weights]
        self.memory: list[Memory] = [
            (np.zeros_like(a), np.zeros_like(a)) for pair in self.weights for a in pair
        ]

    def step(self, X: Array, y: Array, *, epoch: int, sizes: tuple[int, int]) -> None:
        """Take one step on one batch; `sizes` are the rows of `order` and of X."""
        rules, equations = self.rules, self.rules.equations
        self.t += 1
        n_rows = rules.divisor(len(X), self.hp, *sizes)
        p = equations.forward(self.weights, X, y, hp=self.hp, divisor=n_rows)
        found: list[tuple[int, Array, Array]] = []
        for layer, dW, db in equations.backward(p):
            if rules.accumulate:
                dW, db = self.total[layer][0] + dW, self.total[layer][1] + db
                self.total[layer] = (dW, db)
            if rules.immediately is None or layer in rules.immediately:
                self._update(layer, (dW, db), epoch, len(X), sizes[0])
                p.weights[layer] = self.weights[layer]
            else:
                found.append((layer, dW, db))
        factor = rules.shorten([g for _, *pair in found for g in pair])
        for layer, dW, db in found:
            gradients = (factor * dW, factor * db)
            self._update(layer, gradients, epoch, len(X), sizes[0])

    def _update(
        self,
        layer: int,
        gradients: tuple[Array, Array],
        epoch: int,
        n_rows: int,
        n_samples: int,
    ) -> None:
        new = []
        for k, (theta, g) in enumerate(
            zip(self.weights[layer], gradients, strict=True)
        ):
            tensor = 2 * layer + k
            step = Step(
                self.hp,
                self.t,
                epoch,
                tensor,
                2 * len(self.weights),
                n_rows,
                n_samples,
            )
            if np.broadcast_shapes(theta.shape, g.shape) != theta.shape:
                raise ValueError(f"gradient {g.shape} does not fit {theta.shape}")
            decayed, g = self.rules.decay(step, theta, g)
            slot = self.rules.slot(tensor)
            kept = self.memory[slot]
            if slot != tensor and not kept[0].any():
                kept = self.memory[tensor]  # a shared memory begins as a plain 0
            moved, self.memory[slot] = self.rules.rule(step, decayed, g, kept)
            if np.shape(moved) != theta.shape:
                raise ValueError(f"an update {np.shape(moved)} for {theta.shape}")
            new.append(self.rules.finish(step, theta, moved))
        self.weights[layer] = (new[0], new[1])
