"""The gates before training: forward, loss, gradients, finite differences, extremes.

Every gate asks all networks of the subject and reports the worst; the answers are kept,
because the diagnosis explains all of them together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.arrays import Comparison, compare
from compare.check.findings import Gate
from compare.check.finite_differences import slope_along
from compare.check.guard import UserCodeError
from compare.check.observations import Observation
from compare.check.probes import (
    Probe,
    extreme_probe,
    make_probe,
    single_probe,
    smooth_probe,
    without_last_class,
    zero_probe,
)
from compare.check.subject import Subject
from compare.check.tolerances import EVALUATION, FINITE_DIFFERENCES
from compare.config import HyperParameters

OWN_LOSS = "not asked of PyTorch: finite differences compare it with your own loss"


@dataclass
class AnswerGates:
    """Runs the gates, and keeps what was answered."""

    subject: Subject
    observations: list[Observation] = field(default_factory=list)
    extremes: list[Observation] = field(default_factory=list)

    def run(self) -> list[Gate]:
        """Return the gates in order."""
        subject = self.subject
        self.observations = [
            self._ask(self._typed(hp), make_probe, seed=1) for hp in subject.networks
        ]
        gates = self._forward()
        gates.append(self._loss())
        gates += self._gradients()
        gates.append(self._finite_differences())
        gates += self._extremes()
        return gates

    def _typed(self, hp: HyperParameters) -> HyperParameters:
        return replace(hp, dtype=self.subject.dtype)

    def _ask(
        self, hp: HyperParameters, maker: Callable[..., Probe], seed: int
    ) -> Observation:
        terms = self.subject.terms
        probe, right = (
            terms.probe(maker(hp, seed=seed)),
            reference.answer_to(hp, maker, seed, terms),
        )
        return Observation(probe, right, self.subject.answer(probe))

    @property
    def tolerance(self) -> float:
        """The largest relative error of one evaluation."""
        return EVALUATION[self.subject.dtype]

    # --- forward, loss, gradients ---------------------------------------------------

    def _forward(self) -> list[Gate]:
        found = [
            _compare("probs", o.given.probs, o.right.probs, o)
            for o in self.observations
        ]
        sums = [
            _compare("sum", _row_sums(o.given.probs), np.ones(len(o.probe.X)), o)
            for o in self.observations
        ]
        outputs = self._gate("forward", "probabilities", found)
        if self.subject.terms.output != "softmax":
            return [outputs]  # its rows need not sum to 1
        return [outputs, self._gate("forward", "each row sums to 1", sums)]

    def _loss(self) -> Gate:
        if not self.subject.has_loss:
            return _absent("loss", "mean cross-entropy", self.subject)
        if self.subject.terms.own is not None:
            return Gate("loss", "loss", "one of your own", None, message=OWN_LOSS)
        found = [
            _compare("loss", o.given.loss, o.right.loss, o) for o in self.observations
        ]
        return self._gate("loss", "mean cross-entropy", found)

    def _gradients(self) -> list[Gate]:
        depth = self.subject.hp.architecture.depth
        if not self.subject.has_gradients:
            return [_absent("gradients", "dW and db of each layer", self.subject)]
        if self.subject.terms.own is not None:
            what = "dW and db of each layer"
            return [Gate("gradient", "gradients", what, None, message=OWN_LOSS)]
        gates = []
        for layer in range(depth):
            for k, symbol in enumerate(("dW", "db")):
                name = f"{symbol}[{layer}]"
                found = [
                    _compare(
                        name,
                        _part(o.given.gradients, layer, k),
                        o.right.gradients[layer][k],
                        o,
                    )
                    for o in self.observations
                ]
                shape = self.observations[0].right.gradients[layer][k].shape
                size = " × ".join(map(str, shape))
                gates.append(self._gate(f"gradient {name}", size, found))
        return gates

    def _gate(self, name: str, compared: str, found: list[Comparison]) -> Gate:
        return gate_of(name.split()[0], name, compared, found, self.tolerance)

    # --- finite differences ----------------------------------------------------------

    def _finite_differences(self) -> Gate:
        name, compared = "finite differences", "slope of your own loss"
        if not self.subject.has_gradients:
            return _absent(name, compared, self.subject)
        if self.subject.dtype == "float32":
            return Gate(
                "finite differences",
                name,
                compared,
                None,
                message="float32 has too few digits for them",
            )
        found = []
        # Convolutions written in loops take their time: the small network has to do.
        chosen = slice(-1, None) if self.subject.hp.conv_layers else slice(2)
        for hp in self.subject.networks[chosen]:
            probe = smooth_probe(self._typed(hp), seed=5)
            try:
                found.append(self._witness(probe))
            except UserCodeError as error:
                found.append(_failure("loss", error, probe))
        return gate_of(name, name, compared, found, FINITE_DIFFERENCES)

    def _witness(self, probe: Probe) -> Comparison:
        """Compare the largest and some random entries, and a random direction."""
        answer = self.subject.answer(probe)
        if isinstance(answer.gradients, UserCodeError):
            raise answer.gradients
        rng = np.random.default_rng(11)
        worst = Comparison("loss", 0.0)
        for layer in range(len(probe.weights)):
            for k, symbol in enumerate(("dW", "db")):
                name, g = f"{symbol}[{layer}]", answer.gradients[layer][k]
                theta = probe.weights[layer][k]
                if np.shape(g) != theta.shape:
                    return compare(name, g, theta)
                scale = max(float(np.abs(np.asarray(g, float)).max()), 1e-12)
                for index in _entries(np.asarray(g, float), rng):
                    direction = np.zeros_like(theta)
                    direction[index] = 1
                    slope = slope_along(self.subject, probe, layer, k, direction)
                    error = abs(slope - float(g[index])) / scale
                    if not error <= worst.error:
                        here = tuple(map(int, index))
                        worst = Comparison(name, error, here, float(g[index]), slope)
        return replace(worst, network=probe.name)

    # --- extremes --------------------------------------------------------------------

    def _extremes(self) -> list[Gate]:
        subject = self.subject
        hp = self._typed(subject.networks[-1])
        cases = (
            ("logits of ±10,000", extreme_probe),
            ("a batch of one", single_probe),
            ("exact zeros and ties", zero_probe),
            ("no row of the last class", without_last_class),
        )
        gates = []
        for title, maker in cases:
            o = self._ask(hp, maker, seed=7)
            self.extremes.append(o)
            found = [_compare("probs", o.given.probs, o.right.probs, o)]
            has_own = subject.terms.own is not None
            is_usual = subject.terms.loss.kind == "cross-entropy" and not has_own
            if subject.has_loss and is_usual:
                found.append(_compare("loss", o.given.loss, o.right.loss, o))
            if subject.has_gradients and not has_own:
                found += _gradient_comparisons(o)
            gates.append(self._gate("extremes", title, found))
        return gates


def gate_of(
    stage: str, name: str, compared: str, found: list[Comparison], tolerance: float
) -> Gate:
    """Return the gate of several comparisons: it reports the worst."""
    worst = max(found, key=lambda c: c.error)
    passed = worst.error <= tolerance
    problem = worst.problem
    message, _, trace = problem.partition("\n")
    if problem and worst.network:
        message += f" (network {worst.network})"
    return Gate(stage, name, compared, passed, worst, tolerance, message, trace)


def _compare(name: str, given: Any, expected: Any, o: Observation) -> Comparison:
    if isinstance(given, UserCodeError):
        return _failure(name, given, o.probe)
    return replace(compare(name, given, expected), network=o.probe.name)


def _failure(name: str, error: UserCodeError, probe: Probe) -> Comparison:
    problem = error.sentence + ("\n" + error.trace if error.trace else "")
    return Comparison(name, np.inf, problem=problem, network=probe.name)


def _gradient_comparisons(o: Observation) -> list[Comparison]:
    return [
        _compare(
            f"{symbol}[{layer}]",
            _part(o.given.gradients, layer, k),
            o.right.gradients[layer][k],
            o,
        )
        for layer in range(len(o.probe.weights))
        for k, symbol in enumerate(("dW", "db"))
    ]


def _part(gradients: Any, layer: int, k: int) -> Any:
    return gradients if isinstance(gradients, UserCodeError) else gradients[layer][k]


def _row_sums(probs: Any) -> Any:
    if isinstance(probs, np.ndarray) and probs.ndim == 2:
        with np.errstate(all="ignore"):
            return probs.sum(axis=1)
    return probs


def _absent(name: str, compared: str, subject: Subject) -> Gate:
    return Gate(
        name,
        name,
        compared,
        None,
        message=f"not run: {subject.absent}",
    )


def _entries(g: Any, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return the three largest entries and three random ones."""
    largest = np.argsort(np.abs(g), axis=None)[-3:]
    chosen = [*largest, *rng.integers(0, g.size, 3)]
    return [tuple(map(int, np.unravel_index(int(i), g.shape))) for i in chosen]
