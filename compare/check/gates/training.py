"""The gates of training: 1, 10 and 200 steps beside PyTorch, then one whole epoch."""

from dataclasses import dataclass, field, replace
from typing import Any

from compare.check import reference
from compare.check.arrays import Comparison, compare
from compare.check.findings import Gate
from compare.check.gates.answers import gate_of
from compare.check.guard import UserCodeError
from compare.check.observations import Trained
from compare.check.probes import Course, CoursePlan, make_course
from compare.check.subject import Subject
from compare.check.tolerances import EPOCH, STEPS
from compare.config import HyperParameters
from compare.contract import Weights

PLANS = (
    CoursePlan(1, 1, short=False, seed=21),
    CoursePlan(10, 2, short=True, seed=22),
    CoursePlan(200, 4, short=True, seed=23),
)
# Full batches: scikit-learn divides L2 by the rows of each batch, and says so.
L2_PLAN = CoursePlan(10, 2, short=False, seed=24)
L2 = 0.1  # large enough to be seen in ten steps


@dataclass
class TrainingGates:
    """Runs the gates, and keeps where each course led."""

    subject: Subject
    trainings: list[Trained] = field(default_factory=list)

    def run(self) -> list[Gate]:
        """Return the gates of 1, 10 and 200 steps, and of L2 where it is offered."""
        gates = []
        for plan in PLANS:
            what = "weights" + (", short last batch" if plan.short else "")
            gates.append(self._gate(plan, count(plan.n_steps, "step"), what, {}))
        if self.subject.hp.weight_decay == 0 and "weight_decay" in (
            self.subject.accepted
        ):
            what, decayed = f"weights, λ = {L2}", {"weight_decay": L2}
            gates.append(self._gate(L2_PLAN, "10 steps with L2", what, decayed))
        return gates

    def _typed(self, hp: HyperParameters) -> HyperParameters:
        return replace(hp, dtype=self.subject.dtype)

    def _gate(
        self, plan: CoursePlan, name: str, compared: str, changes: dict[str, Any]
    ) -> Gate:
        found = []
        for network in self.subject.networks:
            hp = replace(self._typed(network), **changes)
            terms = self.subject.terms
            right = reference.trajectory_of(hp, plan, terms)
            training = self._train(terms.course(make_course(hp, plan)), right)
            self.trainings.append(training)
            found.append(self._worst(training))
        tolerance = STEPS[self.subject.dtype][plan.n_steps]
        return gate_of("steps", name, compared, found, tolerance)

    def _train(self, course: Course, right: list[Weights]) -> Trained:
        try:
            return Trained(course, right, self.subject.train(course))
        except UserCodeError as error:
            return Trained(course, right, error)

    def _worst(self, training: Trained) -> Comparison:
        return worst_of(training.course.name, training.right, training.given)

    def epoch(self, X: Any, y: Any) -> Gate:
        """Return the gate of one whole epoch of the data, in a random order."""
        course = epoch_course(self._typed(self.subject.hp), X, y)
        n_steps = course.n_steps
        name = "one whole epoch"
        what = f"weights, {n_steps:,} steps"
        terms = self.subject.terms
        course = terms.course(course)
        training = self._train(course, reference.trajectory(course, terms))
        found = [self._worst(training)]
        return gate_of("epoch", name, what, found, EPOCH[self.subject.dtype])


def epoch_course(hp: HyperParameters, X: Any, y: Any) -> Course:
    """Return one epoch over all of X, from He weights."""
    from compare.weights import epoch_order, initial_weights

    weights = initial_weights(hp.architecture, seed=0, dtype=hp.dtype)
    order = epoch_order(len(X), seed=0, epoch=0)
    return Course(hp, weights, X.astype(hp.dtype), y, (order,))


def worst_of(
    network: str, right: list[Weights], given: list[Weights] | UserCodeError
) -> Comparison:
    """Return the largest difference of the last weights, by name."""
    if isinstance(given, UserCodeError):
        problem = given.sentence + ("\n" + given.trace if given.trace else "")
        return Comparison("weights", float("inf"), problem=problem, network=network)
    found = [
        compare(f"{symbol}[{layer}]", given[-1][layer][k], right[-1][layer][k])
        for layer in range(len(right[-1]))
        for k, symbol in enumerate("Wb")
    ]
    return replace(max(found, key=lambda c: c.error), network=network)


def count(n: int, word: str) -> str:
    """Return "1 step", "10 steps"."""
    return f"{n} {word}{'' if n == 1 else 's'}"
