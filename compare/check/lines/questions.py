"""What the user's code is asked while it is watched: small networks, few steps.

All layers of another size, so that a shape tells the layer. The questions are those of
the gates; the right answers are PyTorch's. Refuses to ask what takes longer than a
moment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.guard import UserCodeError
from compare.check.lines.batch_quantities import of_one_batch
from compare.check.lines.departure import Question
from compare.check.lines.lending import lent
from compare.check.lines.training_quantities import of_training
from compare.check.probes import (
    CoursePlan,
    Probe,
    extreme_probe,
    make_course,
    make_probe,
    single_probe,
    zero_probe,
)
from compare.check.reference import as_float64
from compare.check.simulate.rules import Rules
from compare.check.subject import copies, pairs
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.of_functions import FunctionsSubject
from compare.check.tolerances import EVALUATION, STEPS
from compare.config import HyperParameters
from compare.contract import Weights

AnySubject = ClassSubject | FunctionsSubject
SIZES = (7, 6, 5, 8, 9, 4, 3)  # of features and hidden layers, as many as there are
MORE = 10  # digits that a longer way may lose: tolerance times this
PLANS = (
    CoursePlan(2, 1, short=False, seed=42),
    CoursePlan(4, 2, short=True, seed=43),
)


L2 = 0.1  # large enough to be seen in two steps


@dataclass(frozen=True)
class Topic:
    """A question and what it is about; `tells_lines`: also what lines compute."""

    name: str
    question: Question
    tells_lines: bool = False


def network_of(subject: AnySubject) -> HyperParameters:
    """Return a small network whose layers all differ, if the subject takes any."""
    hp = replace(subject.hp, dtype=subject.dtype)
    if isinstance(subject, ClassSubject) and "layer_sizes" not in subject.accepted:
        return hp
    depth, n_classes = len(hp.layer_sizes) - 1, hp.layer_sizes[-1]
    sizes = [n for n in SIZES if n != n_classes]
    while len(sizes) < depth:
        sizes.append(max(sizes) + 5)
    changes: dict[str, Any] = {"layer_sizes": (*sizes[:depth], n_classes)}
    if "batch_size" in subject.accepted:
        changes["batch_size"] = 12
    return replace(hp, **changes)


def topics(subject: AnySubject) -> Iterator[Topic]:
    """Yield the questions: what is stored, one batch, extremes, training."""
    hp = network_of(subject)
    if isinstance(subject, ClassSubject):
        yield Topic("get_weights", stored(subject, hp), True)
        yield Topic("what you were lent", lent(subject, hp))
    for name, maker, seed in (
        ("one batch", make_probe, 1),
        ("logits of ±10,000", extreme_probe, 7),
        ("a batch of one", single_probe, 7),
        ("exact zeros and ties", zero_probe, 7),
    ):
        probe = maker(hp, seed=seed)
        yield Topic(name, one_batch(subject, probe), name == "one batch")
    if isinstance(subject, ClassSubject):
        for plan in PLANS:
            yield Topic(f"{plan.n_steps} steps", training(subject, hp, plan), True)
        yield Topic("a second training", training(subject, hp, PLANS[0], again=True))
        if hp.weight_decay == 0 and "weight_decay" in subject.accepted:
            decayed = replace(hp, weight_decay=L2)
            yield Topic("steps with L2", training(subject, decayed, PLANS[0]))


def one_batch(subject: AnySubject, probe: Probe) -> Question:
    """Return the question of probabilities, loss and gradients, on its own terms."""
    terms = subject.terms
    probe = terms.probe(probe)
    answer = reference.answer(probe, terms)
    equations = terms.equations()
    weights = as_float64(probe.weights)
    right: dict[str, Any] = {"probs": answer.probs}
    if subject.has_loss:
        right["loss"] = answer.loss
    if subject.has_gradients:
        right |= _by_name("dW", "db", answer.gradients)
    return Question(
        lambda: _given(subject, probe),
        right,
        of_one_batch(probe.hp, weights, probe.X.astype(float), probe.y, equations),
        MORE * EVALUATION[subject.dtype],
    )


def _given(subject: AnySubject, probe: Probe) -> Mapping[str, Any]:
    answer = subject.answer(probe)
    given: dict[str, Any] = {"probs": answer.probs}
    if subject.has_loss:
        given["loss"] = answer.loss
    if subject.has_gradients:
        given |= _by_name("dW", "db", answer.gradients, len(probe.weights))
    return given


def _by_name(
    first: str, second: str, weights: Any, depth: int | None = None
) -> dict[str, Any]:
    """Return pairs by name, the last layer first: the order of the backward pass."""
    n = depth or len(weights)
    names = [(f"{first}[{k}]", f"{second}[{k}]") for k in reversed(range(n))]
    if isinstance(weights, UserCodeError):
        return {name: weights for both in names for name in both}
    return {
        name: value
        for both, pair in zip(names, reversed(weights), strict=True)
        for name, value in zip(both, pair, strict=True)
    }


def stored(subject: ClassSubject, hp: HyperParameters) -> Question:
    """Return the question of what get_weights gives after set_weights."""
    probe = subject.terms.probe(make_probe(hp, seed=1))

    def ask() -> Mapping[str, Any]:
        try:
            instance = subject.create(hp)
            subject.guard.call(
                "set_weights", instance.set_weights, copies(probe.weights)
            )
            got = subject.guard.call("get_weights", instance.get_weights)
            return _by_name("W", "b", pairs(got, len(probe.weights)), _depth(hp))
        except UserCodeError as error:
            return _by_name("W", "b", error, _depth(hp))

    one = of_one_batch(hp, as_float64(probe.weights), probe.X.astype(float), probe.y)
    right = _by_name("W", "b", probe.weights)
    return Question(ask, right, one, EVALUATION[subject.dtype])


def training(
    subject: ClassSubject, hp: HyperParameters, plan: CoursePlan, *, again: bool = False
) -> Question:
    """Return the question of the weights after each epoch; `again`: the second time."""
    terms = subject.terms
    course = terms.course(make_course(hp, plan))

    def ask() -> Mapping[str, Any]:
        try:
            instance = subject.create(hp)
            after: list[Weights] = []
            for _ in range(2 if again else 1):
                subject.guard.call(
                    "set_weights", instance.set_weights, copies(course.weights)
                )
                after = []
                for order in course.orders:
                    X, y = course.X.copy(), course.y.copy()
                    subject.guard.call(
                        "train_epoch", instance.train_epoch, X, y, order.copy()
                    )
                    got = subject.guard.call("get_weights", instance.get_weights)
                    found = pairs(got, _depth(hp))
                    if isinstance(found, UserCodeError):
                        raise found
                    after.append(copies(found))
            return _by_epoch(after)
        except UserCodeError as error:
            return _by_epoch([error] * len(course.orders), _depth(hp))

    steps = of_training(
        hp,
        as_float64(course.weights),
        course.X.astype(float),
        course.y,
        course.orders,
        Rules(terms.equations()),
    )
    right = _by_epoch(reference.trajectory(course, terms))
    n_steps = 1 if course.n_steps == 1 else 10
    return Question(ask, right, steps, MORE * STEPS[subject.dtype][n_steps])


def _by_epoch(after: Any, depth: int | None = None) -> dict[str, Any]:
    return {
        f"{name} after epoch {epoch}": value
        for epoch, weights in enumerate(after)
        for name, value in _by_name("W", "b", weights, depth).items()
    }


def _depth(hp: HyperParameters) -> int:
    return len(hp.layer_sizes) - 1


def is_finite(value: Any) -> bool:
    """Tell whether an answer holds numbers only."""
    return isinstance(value, np.ndarray) and bool(np.isfinite(value).all())
