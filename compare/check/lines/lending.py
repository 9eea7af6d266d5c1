"""The question whether what is lent comes back unchanged, and how to mend it.

What the caller gives (weights, X, y, order) is the caller's: code that changes it, or
keeps it and changes it later, is wrong even if its numbers are right. Refuses to judge
those.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from compare.check.guard import UserCodeError
from compare.check.lines.batch_quantities import of_one_batch
from compare.check.lines.departure import Correction, Question, Seen
from compare.check.lines.quantities import Quantities, Quantity
from compare.check.probes import CoursePlan, make_course
from compare.check.reference import as_float64
from compare.check.subject import copies
from compare.check.subject.of_class import ClassSubject
from compare.config import HyperParameters

COPY = "copy"


def lent(subject: ClassSubject, hp: HyperParameters) -> Question:
    """Return the question of what a class leaves of the arrays that it was given."""
    plan = CoursePlan(2, 1, short=False, seed=42)
    course = subject.terms.course(make_course(hp, plan))
    X, y, order = course.X, course.y, course.orders[0]

    def ask() -> Mapping[str, Any]:
        given = Given(course.weights, X, y, order)
        for step in (given.predict, given.ask_gradients, given.train):
            try:
                step(subject, hp)
            except UserCodeError as error:
                return dict.fromkeys(right, error)
        return given.now()

    right = Given(course.weights, X, y, order).now()
    one = of_one_batch(
        hp, as_float64(course.weights), X.astype(float), y, subject.terms.equations()
    )
    rows = [Quantity("order", "order", order)]
    known = Quantities(rows + one.found, one.scales, one.n_rows)
    return Question(ask, right, known, 0.0, is_of_lending=True)


class Given:
    """Arrays that a class is lent."""

    def __init__(self, weights: Any, X: Any, y: Any, order: Any) -> None:
        self.weights = copies(weights)
        self.X, self.y, self.order = X.copy(), y.copy(), order.copy()

    def now(self) -> dict[str, Any]:
        """Return copies of everything as it is now."""
        found = {"X": self.X.copy(), "y": self.y.copy(), "order": self.order.copy()}
        for layer, (W, b) in enumerate(copies(self.weights)):
            found |= {f"W[{layer}]": W, f"b[{layer}]": b}
        return found

    def _start(self, subject: ClassSubject, hp: HyperParameters) -> Any:
        model = subject.create(hp)
        subject.guard.call("set_weights", model.set_weights, self.weights)
        return model

    def predict(self, subject: ClassSubject, hp: HyperParameters) -> None:
        """Let the class predict."""
        model = self._start(subject, hp)
        subject.guard.call("predict_proba", model.predict_proba, self.X)

    def ask_gradients(self, subject: ClassSubject, hp: HyperParameters) -> None:
        """Let the class give loss and gradients."""
        model = self._start(subject, hp)
        if subject.has_gradients:
            subject.guard.call(
                "loss_and_gradients", model.loss_and_gradients, self.X, self.y
            )

    def train(self, subject: ClassSubject, hp: HyperParameters) -> None:
        """Let the class train."""
        model = self._start(subject, hp)
        subject.guard.call("train_epoch", model.train_epoch, self.X, self.y, self.order)


def copied(events: list[Seen]) -> Iterator[list[Correction]]:
    """Yield a copy of what a line keeps or returns as it was given."""
    kept = [
        Correction(e, e.event.value, e.label.quantity, COPY)
        for e in events
        if e.site.is_load and e.site.target and e.label is not None
    ]
    if kept:
        yield kept
