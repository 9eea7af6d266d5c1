"""What a training did, as facts: rows used, steps taken, how far each array moved.

Seen in a few steps on a small network. Refuses to say why: a batch of 32 rows is a
fact, the reason is for the reader, or for the diagnosis.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.guard import UserCodeError
from compare.check.lines.batches import RowReads, differences
from compare.check.lines.naming import factor_name
from compare.check.lines.quantities import scales_of, scales_of_updates
from compare.check.lines.questions import network_of
from compare.check.lines.watching import Watch
from compare.check.probes import Course, CoursePlan, make_course
from compare.check.simulate.equations import Array
from compare.check.subject import copies, pairs
from compare.check.subject.of_class import ClassSubject
from compare.config import HyperParameters
from compare.contract import Weights

ONE_STEP = CoursePlan(1, 1, short=False, seed=61)
OTHER_STEP = CoursePlan(1, 1, short=False, seed=62)
EPOCH = CoursePlan(4, 1, short=True, seed=63)
SAME = 1e-7


def facts(subject: ClassSubject, watch: Watch | None) -> list[str]:
    """Return sentences about the training of a class; none if all is as it should be.

    Code that raises has been told so by its gate: then there are no facts.
    """
    hp = network_of(subject)
    found: list[str] = []
    for observe in (_updates, _rows, _left_behind):
        try:
            found += observe(subject, hp, watch)
        except UserCodeError:
            continue
    return found


def _train(subject: ClassSubject, course: Course, instance: Any = None) -> Any:
    """Train on a course; return the instance and its weights."""
    call = subject.guard.call
    if instance is None:
        instance = subject.create(course.hp)
    call("set_weights", instance.set_weights, copies(course.weights))
    for order in course.orders:
        X, y = course.X.copy(), course.y.copy()
        call("train_epoch", instance.train_epoch, X, y, order.copy())
    found = pairs(call("get_weights", instance.get_weights), len(course.weights))
    if isinstance(found, UserCodeError):
        raise found
    return instance, copies(found)


# --- how far each array moved -----------------------------------------------------


def _updates(
    subject: ClassSubject, hp: HyperParameters, watch: Watch | None
) -> Iterator[str]:
    course = subject.terms.course(make_course(hp, ONE_STEP))
    _, found = _train(subject, course)
    right = reference.trajectory(course, subject.terms)[-1]
    factors = _factors(course.weights, found, right)
    if factors is None:
        return
    if _is_of_two_steps(subject, course, found, right):
        yield "Every batch is used twice in a row."
        return
    still = [name for name, factor in factors.items() if factor == 0]
    if len(still) == len(factors):
        yield _nothing_moves(subject, hp)
    elif still:
        yield f"{_and(still)} never {'changes' if len(still) == 1 else 'change'}."
    moving = {n: f for n, f in factors.items() if f != 0}
    scales = scales_of_updates(hp) | scales_of(hp, hp.batch_size, hp.batch_size)
    known = [f for f in moving.values() if f is not None]
    if len(known) < len(moving):
        return
    if moving and np.allclose(known, known[0], rtol=SAME):
        if not np.isclose(known[0], 1, rtol=SAME):
            yield from _one_factor(subject, hp, known[0], scales)
        return
    for name, factor in moving.items():
        if factor is not None and not np.isclose(factor, 1, rtol=SAME):
            times = _times(factor_name(factor, scales))
            yield f"The first update of {name} is {times} the right one."


def _nothing_moves(subject: ClassSubject, hp: HyperParameters) -> str:
    """Return what is said of a first step that changes nothing."""
    course = subject.terms.course(make_course(hp, EPOCH))
    _, found = _train(subject, course)
    if _norm(course.weights, found) > 0:
        return "The first step changes no weight and no bias: the later ones do."
    return "No weight and no bias changes."


def _and(names: list[str]) -> str:
    """Return "W[0], b[0] and W[1]"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _is_of_two_steps(
    subject: ClassSubject, course: Course, found: Weights, right: Weights
) -> bool:
    """Tell whether one batch moved the weights as far as two steps with it would."""
    twice = tuple(np.concatenate([order, order]) for order in course.orders)
    doubled = reference.trajectory(
        dataclasses.replace(course, orders=twice), subject.terms
    )[-1]
    return all(
        np.allclose(a, due, rtol=SAME, atol=0) and not np.array_equal(one, due)
        for three in zip(found, doubled, right, strict=True)
        for a, due, one in zip(*three, strict=True)
    )


def _one_factor(
    subject: ClassSubject, hp: HyperParameters, factor: float, scales: dict[str, float]
) -> Iterator[str]:
    """Yield what one factor for all arrays means: a rate, or a limit on the norm."""
    course = subject.terms.course(make_course(hp, OTHER_STEP))
    _, found = _train(subject, course)
    right = reference.trajectory(course, subject.terms)[-1]
    factors = _factors(course.weights, found, right)
    others = [f for f in (factors or {}).values() if f is not None]
    if others and np.allclose(others, factor, rtol=SAME):
        times = _times(factor_name(factor, scales))
        yield f"Every update is {times} the right one."
        return
    norm = _norm(course.weights, found) / hp.learning_rate
    first = subject.terms.course(make_course(hp, ONE_STEP))
    due = reference.trajectory(first, subject.terms)[-1]
    before = factor * _norm(first.weights, due)
    if others and np.isclose(norm, before / hp.learning_rate, rtol=SAME):
        yield (
            f"The update is shortened: the norm of the gradient is {norm:.3g}, however "
            "large it should be."
        )
    elif others:
        yield "All updates of a step are shortened alike, and each step differently."


def _times(name: str) -> str:
    if not name:
        return "1 times"
    return f"{name} of" if name.lstrip("−").startswith("1/") else f"{name} times"


def _factors(
    start: Weights, found: Weights, right: Weights
) -> dict[str, float | None] | None:
    """Return each array's move as a multiple of the right one; None where it is none.

    None altogether if shapes differ.
    """
    factors: dict[str, float | None] = {}
    for layer, three in enumerate(zip(start, found, right, strict=True)):
        for symbol, before, after, due in zip("Wb", *three, strict=True):
            if np.shape(after) != np.shape(due):
                return None
            moved, wanted = after - before, due - before
            factors[f"{symbol}[{layer}]"] = _factor(moved, wanted)
    return factors


def _factor(moved: Array, wanted: Array) -> float | None:
    if not wanted.any() and not moved.any():
        return 1.0  # rightly so: a bias of a network without biases
    top = int(np.abs(wanted).argmax())
    if not moved.any():
        return 0.0
    if wanted.flat[top] == 0:
        return None
    factor = float(moved.flat[top] / wanted.flat[top])
    gap = np.abs(moved - factor * wanted).max()
    return factor if gap <= SAME * np.abs(moved).max() else None


def _norm(before: Weights, after: Weights) -> float:
    moves = [
        (a - b).ravel()
        for old, new in zip(before, after, strict=True)
        for b, a in zip(old, new, strict=True)
    ]
    return float(np.linalg.norm(np.concatenate(moves)))


# --- which rows were used ---------------------------------------------------------


def _rows(
    subject: ClassSubject, hp: HyperParameters, watch: Watch | None
) -> Iterator[str]:
    if watch is None:
        return
    course = subject.terms.course(make_course(hp, EPOCH))
    instance = subject.create(hp)

    def weights_now() -> list[Array]:
        # Not guarded: it is asked inside of train_epoch, which is.
        found = pairs(instance.get_weights(), len(course.weights))
        return [array for pair in found for array in pair]

    reads = RowReads(course.X, weights_now)
    with watch.reporting_to(reads):
        _train(subject, course, instance)
    reads.look_at_weights()
    order, size = course.orders[0], hp.batch_size
    due = [order[k : k + size] for k in range(0, len(order), size)]
    given = reads.batches(due)
    if given:
        yield from differences(given, due)


# --- what set_weights leaves behind -----------------------------------------------


def _left_behind(
    subject: ClassSubject, hp: HyperParameters, watch: Watch | None
) -> Iterator[str]:
    course = subject.terms.course(make_course(hp, EPOCH))
    call = subject.guard.call
    fresh = subject.create(hp)
    call("set_weights", fresh.set_weights, copies(course.weights))
    used, first = _train(subject, course)
    _, second = _train(subject, course, used)
    if all(
        np.array_equal(a, b, equal_nan=True)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one, other, strict=True)
    ):
        return
    call("set_weights", used.set_weights, copies(course.weights))
    kept = [
        name
        for name, value in vars(used).items()
        if name in vars(fresh) and not _alike(value, vars(fresh)[name])
    ]
    if kept:
        names = ", ".join(f"self.{name}" for name in kept)
        yield f"set_weights leaves behind what the last training put into {names}."
    else:
        yield "A second training from the same weights ends elsewhere than the first."


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.shape(one) == np.shape(other) and bool(np.all(one == other))
    if isinstance(one, (int, float, str, bool, type(None))):
        return bool(one == other)
    return True  # an object of a kind that we cannot compare
