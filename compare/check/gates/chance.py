"""Does chance decide where a training ends? Seen by giving it other random numbers.

Dropout and noise draw from a generator, and one that is seeded anew each time hides it:
the training repeats to the last digit, and is random all the same.
"""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np

from compare.check.probes import Course
from compare.check.subject import copies, pairs
from compare.check.subject.of_class import ClassSubject

SALT = 20_231
MOST_OBJECTS = 500  # searched for generators
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


def ends_elsewhere(subject: ClassSubject, course: Course) -> bool:
    """Tell whether other random numbers in `train_epoch` lead to other weights.

    Raises
    ------
    UserCodeError
        If the class does.
    """
    usual = _train(subject, course, contextlib.nullcontext)
    again = _train(subject, course, contextlib.nullcontext)
    changed = _train(subject, course, _other_seeds)
    return _same(usual, again) and not _same(usual, changed)


def _train(subject: ClassSubject, course: Course, numbers: Callable[[], Any]) -> Any:
    np.random.seed(1)  # noqa: NPY002  # that generator is the one to be held still
    random.seed(1)
    model = subject.create(course.hp)
    subject.guard.call("set_weights", model.set_weights, copies(course.weights))
    with numbers():
        if numbers is _other_seeds:
            for generator in _generators(model):
                generator.random()
        order = course.orders[0].copy()
        X, y = course.X.copy(), course.y.copy()
        subject.guard.call("train_epoch", model.train_epoch, X, y, order)
    got = subject.guard.call("get_weights", model.get_weights)
    return pairs(got, len(course.weights))


@contextlib.contextmanager
def _other_seeds() -> Iterator[None]:
    """Let every generator that is made or seeded inside begin elsewhere."""

    def salted(function: Any) -> Any:
        def seeded(seed: Any = None, *rest: Any, **named: Any) -> Any:
            return function(_salted(seed), *rest, **named)

        return seeded

    class Salted(np.random.RandomState):
        def __init__(self, seed: Any = None) -> None:
            super().__init__(_salted(seed))

    np.random.seed(SALT)  # noqa: NPY002
    random.seed(SALT)
    changed: dict[str, Any] = {"RandomState": Salted}
    for name in ("default_rng", "seed"):
        changed[name] = salted(getattr(np.random, name))
    with (
        mock.patch.multiple(np.random, **changed),
        mock.patch.object(random, "seed", salted(random.seed)),
    ):
        yield


def _salted(seed: Any) -> Any:
    return (int(seed) + SALT) % 2**32 if isinstance(seed, (int, np.integer)) else seed


def _generators(model: Any) -> Iterator[Any]:
    """Yield the generators that an object or its module holds."""
    method = getattr(type(model), "train_epoch", None)
    found = [model, *getattr(method, "__globals__", {}).values()]
    seen: set[int] = set()
    while found and len(seen) < MOST_OBJECTS:
        item = found.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, GENERATORS):
            yield item
        elif isinstance(item, dict):
            found += item.values()
        elif isinstance(item, (list, tuple)):
            found += item
        elif _is_theirs(item, model):
            found += vars(item).values()


def _is_theirs(item: Any, model: Any) -> bool:
    ours = type(item).__module__ == type(model).__module__
    return ours and hasattr(item, "__dict__") and not isinstance(item, type)


def _same(one: Any, other: Any) -> bool:
    try:
        return all(
            np.array_equal(x, y, equal_nan=True)
            for mine, theirs in zip(one, other, strict=True)
            for x, y in zip(mine, theirs, strict=True)
        )
    except TypeError:
        return True  # no weights came back: that has been said
