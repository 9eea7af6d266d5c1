"""What the hooks of rewritten code see: kept, or replaced by another value.

Two uses: `Recorder` keeps a copy of every array, in the order in which they come up;
`Replacer` puts right values in the place of found ones, to see whether that mends the
result. Refuses to interpret anything.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from compare.check.simulate.equations import Array

MOST_EVENTS = 20_000
MOST_AT_ONE_SITE = 400
MOST_NUMBERS = 2_000_000  # of all copies together: 16 MB
SCALARS = (float, int, bool, np.number, np.bool_)


@dataclass(frozen=True)
class Event:
    """One value at one site.

    Attributes
    ----------
    number : int
        Of the site.
    turn : int
        How often the site was reached before.
    value : array
        A copy.
    fresh : bool
        Whether this object had not been seen before: it was made here.
    """

    number: int
    turn: int
    value: Array
    fresh: bool


class Listener(Protocol):
    """What the hooks of rewritten code call."""

    def saw(self, number: int, value: Any) -> Any:
        """Take notice of a value, and return what the code is to go on with."""

    def changed(self, number: int, thing: Any, *index: Any) -> Any:
        """Take notice of what a line may have changed in place; return the thing."""

    def runs(self, number: int) -> bool:
        """Take notice of a statement, and tell whether it is to run."""


class Recorder:
    """Keeps what comes up; `full` if that was more than it is willing to keep."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.turns: dict[int, int] = {}
        self.statements: dict[int, int] = {}  # number -> how many events were before
        self.full = False
        self._size = 0
        self._seen: dict[int, tuple[Any, Any]] = {}  # id -> object, last contents
        self._scalars: set[Any] = set()

    def saw(self, number: int, value: Any) -> Any:
        """Keep a value and return it."""
        if isinstance(value, (np.ndarray, *SCALARS)):
            turn = self.turns.get(number, 0)
            self.turns[number] = turn + 1
            self._keep(number, turn, value)
        elif type(value) in (list, tuple):
            turn = self.turns.get(number, 0)
            self.turns[number] = turn + 1
            array = as_numbers(value)
            if array is not None:
                self._keep(number, turn, array)
        return value

    def changed(self, number: int, thing: Any, *index: Any) -> Any:
        """Keep what a line may have changed in place, if it has; return `thing`."""
        item = _target(thing, index)
        if isinstance(item, np.ndarray) and item.dtype != object:
            turn = self.turns.get(number, 0)
            self.turns[number] = turn + 1
            before = self._seen.get(id(item))
            if before is None or not _same(before[1], item):
                self._keep(number, turn, item, made=True)
        elif not index and isinstance(thing, SCALARS):
            turn = self.turns.get(number, 0)
            self.turns[number] = turn + 1
            self._keep(number, turn, thing, made=True)
        return thing

    def runs(self, number: int) -> bool:
        """Note when a statement was reached first."""
        self.statements.setdefault(number, len(self.events))
        return True

    def _keep(self, number: int, turn: int, value: Any, made: bool = False) -> None:
        if len(self.events) >= MOST_EVENTS or turn >= MOST_AT_ONE_SITE:
            self.full = True
            return
        if isinstance(value, np.ndarray):
            if value.dtype == object or value.size == 0 or value.dtype.kind in "USOV":
                return
            if self._size + value.size > MOST_NUMBERS:
                self.full = True
                return
            self._size += value.size
            copy: Array = value.copy()
            fresh = made or id(value) not in self._seen
            self._seen[id(value)] = (value, copy)
        else:
            copy = np.asarray(value)
            fresh = value not in self._scalars
            self._scalars.add(value)
        self.events.append(Event(number, turn, copy, fresh))


class Replacer:
    """Puts other values in: `values[number][turn]` at that site, the turn-th time.

    A statement that has a value is left out.

    What then comes up is kept by `recorder`, if there is one.
    """

    def __init__(
        self, values: dict[int, dict[int, Any]], recorder: Recorder | None = None
    ) -> None:
        self.values, self.recorder = values, recorder
        self.turns: dict[int, int] = {}

    def saw(self, number: int, value: Any) -> Any:
        """Return the value, or what is to stand in its place."""
        value = self._replaced(number, value)
        return self.recorder.saw(number, value) if self.recorder else value

    def _replaced(self, number: int, value: Any) -> Any:
        planned = self.values.get(number)
        if planned is None:
            return value
        if not isinstance(value, (np.ndarray, list, tuple, *SCALARS)):
            return value
        turn = self.turns.get(number, 0)
        self.turns[number] = turn + 1
        if turn not in planned:
            return value
        new = planned[turn]
        if isinstance(new, np.ndarray) and type(value) in (list, tuple):
            return new.tolist()
        return new.copy() if isinstance(new, np.ndarray) else new

    def changed(self, number: int, thing: Any, *index: Any) -> Any:
        """Write into an array that was changed in place; return it, or the number."""
        if not index and isinstance(thing, SCALARS):
            thing = self._replaced(number, thing)
        self._rewrite(number, _target(thing, index))
        if self.recorder:
            self.recorder.changed(number, thing, *index)
        return thing

    def runs(self, number: int) -> bool:
        """Leave out the statements that are among the values."""
        if number in self.values:
            return False
        return self.recorder.runs(number) if self.recorder else True

    def _rewrite(self, number: int, thing: Any) -> None:
        planned = self.values.get(number)
        if planned is None:
            return
        if isinstance(thing, np.ndarray) and thing.dtype != object:
            turn = self.turns.get(number, 0)
            self.turns[number] = turn + 1
            if turn in planned and np.shape(planned[turn]) == thing.shape:
                thing[...] = planned[turn]


def as_numbers(value: Any) -> Array | None:
    """Return a list of numbers, or of lists of numbers, as an array; else None."""
    first: Any = value
    for _ in range(2):
        if type(first) not in (list, tuple) or not first:
            break
        first = first[0]
    if not isinstance(first, (float, np.floating)) or isinstance(first, bool):
        return None
    try:
        array: Array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind == "f" else None


def _target(thing: Any, index: tuple[Any, ...]) -> Any:
    if isinstance(thing, (list, dict)) and index:
        try:
            return thing[index[0]]
        except (LookupError, TypeError):
            return None
    return thing


def _same(before: Array, now: Array) -> bool:
    return before.shape == now.shape and bool(
        np.array_equal(before, now, equal_nan=now.dtype.kind == "f")
    )
