"""The terms of a network: which outputs, which loss, which activation, biases or none.

Those of the contract are softmax, cross-entropy, the activation asked for, and biases.
Another network is not a wrong one: if its gradient is the slope of its own loss, it is
different, and is compared with PyTorch on its own terms.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from compare.check.probes import Course, Probe
from compare.check.simulate.activations import Activation, Array, sigmoid
from compare.check.simulate.equations import Equations, Pass, product, softmax
from compare.contract import Weights

Vjp = Callable[[Array, Array], Array]


def _softmax_vjp(a: Array, da: Array) -> Array:
    return np.asarray(a * (da - (da * a).sum(axis=1, keepdims=True)))


# Each output function, and how a slope by its result becomes one by the logits.
OUTPUTS: dict[str, tuple[Callable[[Array], Array], Vjp]] = {
    "softmax": (softmax, _softmax_vjp),
    "sigmoid": (sigmoid, lambda a, da: da * a * (1 - a)),
    "tanh": (np.tanh, lambda a, da: da * (1 - a**2)),
    "linear": (lambda z: z, lambda a, da: da),
}


@dataclass(frozen=True)
class Loss:
    """A loss of one batch: the sum over its rows of `of_row`, times `factor`.

    Attributes
    ----------
    key : str
        The mistake of the catalogue that it is, where the cross-entropy was meant.
    words : str
        As it is said: "½ Σ (a − t)²".
    kind : str
        "cross-entropy", "squares", "binary" or "hinge"; what `reference.py` asks.
    factor : callable
        Of the number of rows and of classes.
    """

    key: str
    words: str
    kind: str
    factor: Callable[[float, int], float]

    def value(self, p: Pass, y: Array) -> float:
        """Return the loss of a pass."""
        return self.of_outputs(p.probs, y)

    def of_outputs(self, a: Array, y: Array) -> float:
        """Return the loss of these outputs."""
        t = np.eye(a.shape[1])[y]
        if self.kind == "squares":
            rows = ((a - t) ** 2).sum()
        elif self.kind == "binary":
            rows = -(t * np.log(a) + (1 - t) * np.log1p(-a)).sum()
        elif self.kind == "hinge":
            rows = np.maximum(_margins(a, t), 0).sum()
        else:
            rows = -np.log(a[np.arange(len(y)), y]).sum()
        return float(rows * self.factor(len(y), a.shape[1]))

    def slope(self, p: Pass, t: Array, output: str) -> Array:
        """Return its slope by the logits, t being one-hot."""
        a = p.probs
        factor = self.factor(p.divisor, a.shape[1])
        if (self.kind, output) in (("cross-entropy", "softmax"), ("binary", "sigmoid")):
            return np.asarray((a - t) * factor)  # without dividing by what may be 0
        if self.kind == "squares":
            da = 2 * (a - t)
        elif self.kind == "binary":
            da = (a - t) / (a * (1 - a))
        elif self.kind == "hinge":
            above = (_margins(a, t) > 0).astype(float)
            da = above - t * above.sum(axis=1, keepdims=True)
        else:
            da = -t / a
        return np.asarray(OUTPUTS[output][1](a, da) * factor)


def _margins(a: Array, t: Array) -> Array:
    right = (a * t).sum(axis=1, keepdims=True)
    return np.asarray((a - right + 1) * (1 - t))


CROSS_ENTROPY = Loss(
    "", "the cross-entropy, mean over the batch", "cross-entropy", lambda B, K: 1 / B
)
SCALES: tuple[tuple[str, str, Callable[[float, int], float]], ...] = (
    ("", "mean over the batch", lambda B, K: 1 / B),
    ("mean-over-classes", "mean over batch and classes", lambda B, K: 1 / (B * K)),
    ("sum-over-batch", "summed over the batch", lambda B, K: 1.0),
)


def _losses() -> Iterator[Loss]:
    for key, words, factor in SCALES[1:]:
        yield Loss(key, f"the cross-entropy, {words}", "cross-entropy", factor)
    for halves, half in (("½ ", 0.5), ("", 1.0)):
        for _, words, factor in SCALES:
            yield Loss(
                "loss-squared-error",
                f"{halves}Σ (a − t)², {words}",
                "squares",
                lambda B, K, half=half, factor=factor: half * factor(B, K),  # type: ignore[misc]
            )
    for _, words, factor in SCALES:
        yield Loss(
            "loss-binary",
            f"the binary cross-entropy of each output, {words}",
            "binary",
            factor,
        )
    for _, words, factor in SCALES:
        yield Loss("loss-hinge", f"the hinge loss, {words}", "hinge", factor)


LOSSES = (CROSS_ENTROPY, *_losses())


@dataclass(frozen=True)
class Difference:
    """Something that is another choice, and no mistake: its key, and a sentence.

    `is_own`: a loss that PyTorch was not asked for, but its author's own code.
    """

    key: str
    words: str
    is_own: bool = False


@dataclass(frozen=True)
class Terms:
    """What network it is. `activation` None is the one asked for.

    Attributes
    ----------
    l2 : float
        λ that its own gradient always contains.
    is_guess : bool
        The loss is the likeliest one, and something is wrong.
    own : callable
        (probe) → (loss, gradients) of somebody's own code, where the loss is none that
        is known, and finite differences agree with the gradient.
    own_loss : Difference
        How such a loss is told.
    """

    activation: Activation | None = None
    output: str = "softmax"
    loss: Loss = CROSS_ENTROPY
    biases: bool = True
    l2: float = 0.0
    is_guess: bool = False
    own: Callable[[Probe], tuple[float, Weights]] | None = None
    own_loss: Difference | None = None

    @property
    def are_ours(self) -> bool:
        """Whether they are those of the contract."""
        return self == Terms()

    def probe(self, probe: Probe) -> Probe:
        """Return a probe for this network: without biases, they are 0."""
        return (
            probe if self.biases else replace(probe, weights=_unbiased(probe.weights))
        )

    def course(self, course: Course) -> Course:
        """Return a course for this network."""
        if self.biases:
            return course
        return replace(course, weights=_unbiased(course.weights))

    def equations(self) -> Equations:
        """Return the equations of this network."""
        base = Equations(activation=self.activation)
        if not self.biases:
            base = replace(
                base,
                linear=product,
                bias_gradient=lambda p, dz, layer: np.zeros(dz.shape[1]),
            )
        if self.output != "softmax":
            base = replace(base, softmax=OUTPUTS[self.output][0])
        if self.output != "softmax" or self.loss != CROSS_ENTROPY:
            base = replace(
                base,
                loss=self.loss.value,
                delta=lambda p, t: self.loss.slope(p, t, self.output),
            )
        return replace(base, l2=self.l2)

    def differences(self) -> list[Difference]:
        """Return what is another choice than the contract's."""
        found = []
        if self.activation is not None:
            words = f"the hidden activation is {self.activation.name}"
            found.append(Difference("forward-other-activation", words))
        if self.output != "softmax":
            words = f"the outputs are {self.output}, not softmax"
            found.append(Difference("no-softmax", words))
        if self.loss != CROSS_ENTROPY and not self.is_guess:
            found.append(Difference(self.loss.key, f"the loss is {self.loss.words}"))
        if self.own_loss is not None:
            found.append(self.own_loss)
        if not self.biases:
            found.append(Difference("forward-no-bias", "there are no biases"))
        if self.l2:
            words = f"the gradient contains L2, λ = {self.l2:.6g}"
            found.append(Difference("l2-in-loss", words))
        return found


def _unbiased(weights: Weights) -> Weights:
    return [(W, b * 0) for W, b in weights]


OURS = Terms()
