"""Which rows of X does a training read? Seen by lending it an array with notes."""

from typing import Any

import numpy as np

from compare.check.guard import UserCodeError
from compare.check.probes import Course
from compare.check.simulate.activations import Array
from compare.check.subject import copies
from compare.check.subject.of_class import ClassSubject


class NotedArray(np.ndarray):
    """An array that notes which of its rows are asked for; what it returns does not."""

    rows: list[Array]

    def __getitem__(self, key: Any) -> Any:
        """Return the rows as a plain array, and note which they are."""
        plain = self.view(np.ndarray)
        first = key[0] if isinstance(key, tuple) and key else key
        try:
            numbers = np.arange(len(plain))[first]
        except (IndexError, TypeError, ValueError):
            numbers = np.empty(0, int)
        self.rows.append(np.atleast_1d(numbers))
        return plain[key]

    def take(self, indices: Any, *args: Any, **kwargs: Any) -> Any:
        """Return rows as a plain array, and note which they are."""
        self.rows.append(np.atleast_1d(indices))
        return self.view(np.ndarray).take(indices, *args, **kwargs)


def rows_read(subject: ClassSubject, course: Course) -> Array | None:
    """Return the rows that one epoch reads, in this order; None if that is not seen."""
    reads = row_reads(subject, course)
    return np.concatenate(reads) if reads else None


def row_reads(subject: ClassSubject, course: Course) -> list[Array] | None:
    """Return the rows of each reading of X in one epoch; None if that is not seen."""
    X = course.X.copy().view(NotedArray)
    X.rows = []
    try:
        model = subject.create(course.hp)
        subject.guard.call("set_weights", model.set_weights, copies(course.weights))
        order = course.orders[0].copy()
        subject.guard.call("train_epoch", model.train_epoch, X, course.y.copy(), order)
    except (UserCodeError, AttributeError):
        return None
    return X.rows or None
