"""Two functions, `forward(weights, X)` and `gradients(weights, X, y)`, as a subject.

For the first evening, before there is a class. Refuses to train: functions have no
state. The form in which they want their arrays is found by trying (`recognising.py`).
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compare.check.findings import Finding, Gate
from compare.check.guard import UserCodeError
from compare.check.observations import Answer
from compare.check.probes import Course, Probe, make_probe, other_networks
from compare.check.simulate.equations import softmax
from compare.check.subject.layouts import labels_as
from compare.check.subject.recognising import Recognising
from compare.check.terms import OURS, Terms
from compare.config import HyperParameters
from compare.contract import Weights


@dataclass
class FunctionsSubject(Recognising):
    """`forward` and `gradients`; the latter may be None."""

    can_train: bool = False
    no_biases: bool = False
    is_random: bool = False
    has_gradients: bool = False
    has_loss: bool = False
    accepted: set[str] = field(default_factory=set)
    absent: str = "the functions forward and gradients do not tell it"
    networks: list[HyperParameters] = field(default_factory=list)
    terms: Terms = OURS

    def __post_init__(self) -> None:
        self.has_gradients = self.gradients is not None
        self.networks = [self.hp]
        # Functions are asked for the gradient of all that is to be descended.
        self.terms = Terms(l2=self.hp.weight_decay)
        if self.recognise_forward():
            self.recognise_labels()
        self.no_biases = self.layout.bias == "none"
        self.notes += self.layout.notes()
        others = (replace(self.hp, **changes) for changes in other_networks(self.hp))
        self.networks = list(dict.fromkeys((self.hp, *others)))

    # --- answering -------------------------------------------------------------------

    def answer(self, probe: Probe) -> Answer:
        """Return probabilities and gradients in our own form; there is no loss."""
        try:
            out, _ = self.run_forward(self.layout, probe)
            probs = (
                softmax(np.asarray(out, float))
                if self.logits and isinstance(out, np.ndarray) and out.ndim == 2
                else out
            )
        except UserCodeError as error:
            probs = error
        if self.gradients is None:
            return Answer(probs)
        try:
            value, _ = self.run_gradients(probe)
        except UserCodeError as error:
            value = error
        if isinstance(value, UserCodeError):
            return Answer(probs, None, value)
        return Answer(probs, None, [self.ours(*pair) for pair in value])

    def loss(self, probe: Probe) -> float:
        """Return the loss of what `forward` returns, on the terms of the network."""
        out, _ = self.run_forward(self.layout, probe)
        try:
            probs = softmax(np.asarray(out, float)) if self.logits else out
            squares = sum(float((W**2).sum()) for W, _ in probe.weights)
            return self.terms.loss.of_outputs(probs, probe.y) + (
                self.terms.l2 / 2 * squares
            )
        except (TypeError, ValueError, IndexError):
            raise UserCodeError("forward gives nothing to take a loss of") from None

    def train(self, course: Course) -> list[Weights]:
        """Refuse: functions have no state."""
        raise UserCodeError("two functions cannot be trained")

    # --- the contract ----------------------------------------------------------------

    def contract(self) -> tuple[Gate, list[Finding]]:
        """Return the gate of what functions must not do: change what they are lent."""
        probe = make_probe(self.networks[-1], seed=2)
        weights = self.layout.weights(probe.weights)
        X = self.layout.samples(probe.X)
        y = labels_as(self.label_form, probe.y, probe.hp.n_classes, self.dtype)
        lent: dict[str, Any] = {"X": X, "y": y}
        for layer, pair in enumerate(weights):
            arrays = pair if isinstance(pair, tuple) else (pair,)
            lent |= {f"{n}[{layer}]": a for n, a in zip("Wb", arrays, strict=False)}
        before = {name: array.copy() for name, array in lent.items()}
        sentence, trace = "", ""
        try:
            self.guard.call("forward", self.forward, weights, X)
            if self.gradients is not None:
                self.guard.call("gradients", self.gradients, weights, X, y)
        except UserCodeError as error:
            sentence, trace = error.sentence, error.trace
        changed = [name for name, a in lent.items() if not _same(a, before[name])]
        findings = []
        if changed:
            sentence = f"{', '.join(changed)} changed in place"
            findings = [
                Finding(
                    "the contract",
                    ("inputs-changed",),
                    reason=f"Seen directly: {sentence}.",
                )
            ]
        gate = Gate(
            "contract",
            "contract",
            "nothing lent is changed",
            not sentence,
            message=sentence,
            trace=trace,
        )
        return gate, findings


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))
