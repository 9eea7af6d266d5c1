"""Workers that take turns: the one scheduler of every command that measures.

A drift of the machine must meet all alike, so whoever is measured is asked in random
order, round after round, and one at a time. `rounds` trains whole epochs so, `blocks`
and `scaling` a fraction of a second of something. What a failure ends is the caller's
business: a run, a row, or a point of a sweep, and never the work of the others.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from compare.errors import UnsupportedError
from compare.measure import threads
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.record.plan import TIME_LIMIT_SECONDS

Key = TypeVar("Key")
Answer = dict[str, Any]
Failure = UnsupportedError | WorkerFailedError


class Turns(Generic[Key]):
    """Worker processes by key, and the order in which they are asked.

    Use as a context manager: leaving it ends every process.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides the order.
    time_limit : float
        Seconds that one call may take.
    """

    def __init__(
        self, rng: np.random.Generator, *, time_limit: float = TIME_LIMIT_SECONDS
    ) -> None:
        self.rng = rng
        self.workers: dict[Key, RemoteImplementation] = {}
        self._time_limit = time_limit

    def __enter__(self) -> "Turns[Key]":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.kill()

    def start(self, key: Key, name: str, *, n_threads: int) -> None:
        """Start a process for the implementation of that name."""
        self.workers[key] = RemoteImplementation(
            name, n_threads=n_threads, time_limit=self._time_limit
        )

    def stop(self) -> None:
        """End what is running, from another thread; every answer then is a death."""
        for worker in list(self.workers.values()):
            worker.stop()

    def permuted(self, items: Sequence[Any]) -> list[Any]:
        """Return them in random order, whatever they are."""
        return [items[i] for i in self.rng.permutation(len(items))]

    def take(
        self,
        keys: Sequence[Key],
        turn: Callable[[Key, RemoteImplementation], None],
        failed: Callable[[Key, Failure], None],
    ) -> None:
        """Give each a turn, in random order; `failed` hears of those that fail."""
        for key in self.permuted(keys):
            worker = self.workers[key]
            try:
                turn(key, worker)
            except (UnsupportedError, WorkerFailedError) as failure:
                failed(key, failure)
            threads.let_sleep(worker.n_threads)

    def all_at_once(
        self,
        requests: Mapping[Key, tuple[str, Answer]],
        failed: Callable[[Key, Failure], None],
    ) -> dict[Key, Answer]:
        """Ask all, then wait for all: for work that is not timed."""
        asked, answers = [], {}
        for key, (request, arguments) in requests.items():
            try:
                self.workers[key].send(request, **arguments)
            except WorkerFailedError as failure:
                failed(key, failure)
            else:
                asked.append(key)
        for key in asked:
            try:
                answers[key] = self.workers[key].receive()
            except (UnsupportedError, WorkerFailedError) as failure:
                failed(key, failure)
        return answers


def repeats(seconds: float, block_seconds: float) -> int:
    """Return how often something of `seconds` is done in a block of that length."""
    return max(1, round(block_seconds / max(seconds, 1e-9)))
