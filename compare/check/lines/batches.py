"""Which rows of X did each step of an epoch use?

Rows are read between two changes of the weights, however the code reads them: as one
array, or sample by sample in a loop. Refuses to say anything where the weights are not
seen to change, in code that trains a copy of them, say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.check.simulate.equations import Array


@dataclass(frozen=True)
class Read:
    """Rows that came up at one place, and how often the weights had changed by then."""

    rows: tuple[int, ...]
    change: int


@dataclass
class RowReads:
    """Listens to watched code, and notes where rows of X come up.

    Attributes
    ----------
    weights_now : callable
        Returns the weights as one array after the other; it may raise.
    places : dict
        Number of a site to what was read there.
    """

    X: Array
    weights_now: Callable[[], list[Array]]
    places: dict[int, list[Read]] = field(default_factory=dict)
    n_changes: int = 0
    _last: list[bytes] = field(default_factory=list)
    _is_busy: bool = False  # asking for the weights runs watched code, too

    def __post_init__(self) -> None:
        self._numbers = {row.tobytes(): k for k, row in enumerate(self.X)}

    def saw(self, number: int, value: Any) -> Any:
        """Note rows, and return the value as it is."""
        if isinstance(value, np.ndarray) and not self._is_busy:
            rows = self._rows_of(value)
            # An array of all rows, in whatever sequence, is the data, and no batch.
            if rows and len(set(rows)) < len(self.X):
                self.look_at_weights()
                read = Read(rows, self.n_changes)
                self.places.setdefault(number, []).append(read)
        return value

    def changed(self, number: int, thing: Any, *index: Any) -> Any:
        """Return what a line has changed in place; it is no reading."""
        return thing

    def runs(self, number: int) -> bool:
        """Let every statement run."""
        return True

    def look_at_weights(self) -> None:
        """Count a change, if the weights are others than when they were looked at."""
        self._is_busy = True
        try:
            now = [np.asarray(array).tobytes() for array in self.weights_now()]
        except Exception:  # the user's code; whether it works is for the gates
            now = self._last
        finally:
            self._is_busy = False
        if self._last and now != self._last:
            self.n_changes += 1
        self._last = now

    def _rows_of(self, value: Array) -> tuple[int, ...]:
        """Return the numbers of the rows, or columns, of X that these are, or ()."""
        n_features = self.X.shape[1]
        if value.ndim not in (1, 2) or n_features not in value.shape:
            return ()
        if value.dtype.kind not in "fiu":
            return ()
        for turned in (np.atleast_2d(value), value.T):
            if turned.ndim != 2 or turned.shape[1] != n_features:
                continue
            lines = np.ascontiguousarray(turned, dtype=self.X.dtype)
            numbers = [self._numbers.get(line.tobytes(), -1) for line in lines]
            if -1 not in numbers:
                return tuple(numbers)
        return ()

    # --- batches -------------------------------------------------------------------

    def batches(self, due: list[Array]) -> list[Array]:
        """Return the rows that each step used; none if that was not seen.

        They come up at several places. If they are those that are due at one, they are
        right; else the first place counts whose rows change from step to step.
        """
        found = [self._steps(reads) for reads in self.places.values()]
        for steps in found:
            if _are_the_same(steps, due):
                return steps
        for reads in self.places.values():
            if self._first_changes_nothing(reads, due):
                return due
        for steps in found:
            # The same rows at each step are what batches are taken from.
            if len({tuple(sorted(rows)) for rows in steps}) > 1:
                return steps
        return self._same_at_each_step(found)

    def _steps(self, reads: list[Read]) -> list[Array]:
        """Return the rows of each step: read since the weights changed before it.

        What was read after the last change was not used for any.
        """
        by_change: dict[int, list[tuple[int, ...]]] = {}
        for read in reads:
            if read.change < self.n_changes:
                by_change.setdefault(read.change, []).append(read.rows)
        return [np.concatenate(_once(several)) for several in by_change.values()]

    def _first_changes_nothing(self, reads: list[Read], due: list[Array]) -> bool:
        """Tell whether the batches are those due, and the first changes no weight.

        ``velocity`` is used before it is computed: it is 0 in the first step.
        """
        rows = _once([r.rows for r in reads if r.change < self.n_changes])
        if not _are_the_same([np.array(r) for r in rows], due):
            return False
        changes = {r.rows: r.change for r in reads}
        expected = [0, *range(len(due) - 1)]
        return [changes[r] for r in rows] == expected

    def _same_at_each_step(self, found: list[list[Array]]) -> list[Array]:
        """Return the batches of code that uses the same rows at each step, or once.

        Not of code that reads on while no weight changes: it trains a copy of them, or
        has taken its samples to pieces before the first step.
        """
        reads = [{read.rows for read in place} for place in self.places.values()]
        is_once = all(len(different) == 1 for different in reads)
        n_steps = max(map(len, found), default=0)
        is_unseen = n_steps < min(self.n_changes, 2)
        if n_steps == 0 or is_unseen or (n_steps == 1 and not is_once):
            return []
        every = [steps for steps in found if len(steps) == n_steps]
        return min(every, key=lambda steps: len(steps[0]), default=[])


def _once(reads: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return what was read for one step, each time once: for the loss, for gradients.

    A sample is read several times in a row, or all samples one after another again.
    """
    single = [r for k, r in enumerate(reads) if k == 0 or r != reads[k - 1]]
    n = len(single)
    for period in range(1, n // 2 + 1):
        if n % period == 0 and single == single[:period] * (n // period):
            return single[:period]
    return single


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _are_the_same(given: list[Array], due: list[Array]) -> bool:
    return len(given) == len(due) and all(map(np.array_equal, given, due))


def _is_left_of(taken: Array, wanted: Array) -> bool:
    """Tell whether these rows stand in that sequence, and others are left out."""
    left = iter(wanted.tolist())
    return all(row in left for row in taken.tolist())


def differences(given: list[Array], due: list[Array]) -> Iterator[str]:
    """Yield how the batches that were taken differ from those that are due."""
    if _are_the_same(given, due):
        return
    if len(given) > len(due) and _are_the_same(given[0::2], given[1::2]):
        return  # each batch for two steps: that is told from the steps
    if len(given) > 1 and len({tuple(sorted(rows)) for rows in given}) == 1:
        yield f"Every step uses the same {_count(len(given[0]), 'row')}."
        return
    sizes, right_sizes = [len(b) for b in given], [len(b) for b in due]
    if sizes[0] != right_sizes[0]:
        yield f"Batch 1 has {_count(sizes[0], 'row')}, not {right_sizes[0]}."
    elif sizes == right_sizes[:-1]:
        yield f"The last batch, of {right_sizes[-1]} rows, is left out."
    elif sizes[:-1] == right_sizes[:-1] and sizes[-1] < right_sizes[-1]:
        missing = right_sizes[-1] - sizes[-1]
        yield f"The last batch has {missing} of its {right_sizes[-1]} rows too few."
    if len(given) != len(due):
        yield f"An epoch has {_count(len(given), 'step')}, not {len(due)}."
    taken, wanted = np.concatenate(given), np.concatenate(due)
    n = min(len(taken), len(wanted))
    if np.array_equal(taken[:n], wanted[:n]) or _is_left_of(taken, wanted):
        return
    if set(taken.tolist()) <= set(wanted.tolist()):
        yield "Your batches hold the rows of order in another sequence."
    else:
        yield "Your batches hold other rows than order says."
