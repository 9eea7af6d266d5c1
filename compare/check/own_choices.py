"""What a class decides by itself, measured from its steps before anything is judged.

A learning rate, momentum, batch size or optimizer that it is not told are its own, and
so is a momentum that is a moving average: it is checked with them.
"""

from dataclasses import replace

import numpy as np

from compare.check.gates.rows import row_reads
from compare.check.guard import UserCodeError
from compare.check.implied import ONE_STEP
from compare.check.probes import make_course
from compare.check.recognise import Search, observe
from compare.check.simulate.equations import Equations
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.own_values import measure
from compare.check.terms import Terms
from compare.errors import UsageError

MEASURABLE = ("learning_rate", "momentum", "batch_size", "optimizer")
MANY = 300  # rows: more than the batches of most


def measure_own_values(subject: ClassSubject) -> Terms | None:
    """Let a class keep the values that it is not told; return its terms if they show.

    Those that were given by hand are what it is checked with, all the same.
    """
    if subject.is_random:
        return None
    if _is_moving_average(subject):
        subject.keep_moving_average()
    wanted = set(MEASURABLE) - subject.accepted - subject.given
    if not wanted:
        return None
    forwards: list[Terms] = []
    mistaken: list[Equations] = []
    if not subject.has_gradients:
        search = Search(subject, observe(subject))
        forwards = search.forwards()
        mistaken = [] if forwards else search.mistaken_forwards()
    own = measure(subject, wanted, forwards, mistaken, _rows_at_once(subject))
    if own is None:
        return None
    changed = {k: v for k, v in own.values.items() if v != getattr(subject.hp, k)}
    try:
        subject.adopt(changed)
    except UsageError:
        return None  # momentum above 1, say: no value that can be checked with
    if own.is_moving_average:
        subject.keep_moving_average()
    if changed:
        subject.notes.append(
            f"Its own values, measured from its steps: {', '.join(own.words)}."
        )
    return None if own.terms.are_ours else own.terms


def _rows_at_once(subject: ClassSubject) -> int | None:
    """Return how many rows of X a training takes at a time, if it takes them so."""
    hp = min(subject.networks, key=lambda hp: hp.n_params)
    course = make_course(replace(hp, batch_size=MANY, dtype=subject.dtype), ONE_STEP)
    read = row_reads(subject, replace(course, hp=replace(hp, dtype=subject.dtype)))
    order = course.orders[0]
    if not read or not np.array_equal(np.concatenate(read)[: len(order)], order):
        return None
    return len(read[0]) if len(read[0]) < len(order) else None


def _is_moving_average(subject: ClassSubject) -> bool:
    """Tell whether v ← μv + (1 − μ)g: then 1 − μ scales the first step."""
    hp = min(subject.networks, key=lambda hp: hp.n_params)
    if hp.optimizer != "sgd" or "momentum" not in subject.accepted or hp.nesterov:
        return False
    steps = []
    try:
        for mu in (0.6, 0.3):
            asked = replace(hp, momentum=mu, dtype=subject.dtype)
            course = make_course(asked, ONE_STEP)
            after = subject.train(course)[-1]
            both = zip(course.weights, after, strict=True)
            steps.append(
                np.concatenate([np.ravel(new[0] - old[0]) for old, new in both])
            )
        first, second = (np.asarray(step, float) for step in steps)
    except (UserCodeError, ValueError, TypeError):
        return False
    close = 1e-8 if subject.dtype == "float64" else 1e-3
    largest = float(np.abs(second).max(initial=0))
    return largest > 0 and bool(np.abs(first - 4 / 7 * second).max() < close * largest)
