"""Measures the sweep within a budget of seconds, and keeps to it.

Each implementation has one process per number of threads, in which all networks of the
sweep live: to start a process for each would eat the budget. A round visits every
point in random order; at a point all implementations take their turns one after the
other, in random order, so that their ratio is paired. The first round goes from cheap
to expensive, several threads last, and tells what everything costs; from then on
nothing is begun that would not end in time, so a small budget means fewer rounds, and a
very small one leaves the largest networks out.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from compare.measure import kernels
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.measure.turns import Answer, Failure, Turns, repeats
from compare.scaling.axes import Point

KINDS = ("training", "inference")
BLOCK_SECONDS = 0.02
MAX_ROUNDS = 60
N_SAMPLES = 8_192
# Past this part of the budget a request that hangs, or compiles, is cut off.
CUT_OFF = 1.05


@dataclass
class Series:
    """Seconds per image of one implementation at one point, an entry per round.

    None where it had no turn. `reason` says why there is nothing.
    """

    name: str
    key: str
    training: list[float | None] = field(default_factory=list)
    inference: list[float | None] = field(default_factory=list)
    reason: str = ""


Notify = Callable[[], None]
# Who has a process of its own: an implementation with a number of threads.
Seat = tuple[str, int]


class Sweep:
    """One sweep: `run` it, then read `series`."""

    def __init__(
        self,
        names: Sequence[str],
        points: Iterable[Point],
        *,
        budget_seconds: float,
        clock: str = "seconds",
    ) -> None:
        """`clock`: "seconds" of the wall, or "cpu_seconds" of the process."""
        self._clock = clock
        self.names = list(names)
        self.points = sorted(set(points), key=lambda p: (p.n_threads, p.flops))
        self.series = {
            (name, point.key): Series(name, point.key)
            for name in self.names
            for point in self.points
        }
        self.n_rounds = 0
        self.kernels: dict[str, str] = {}
        self._budget = budget_seconds
        self._begin = time.monotonic()
        self._turns = Turns[Seat](np.random.default_rng(len(self.points)))
        self._n_repeats: dict[tuple[str, str, str], int] = {}
        self._costs: dict[str, float] = {}
        self._cut = threading.Event()

    @property
    def seconds_left(self) -> float:
        """What is left of the budget."""
        return self._budget - (time.monotonic() - self._begin)

    def run(self, notify: Notify) -> bool:
        """Measure until the budget is spent; return False if Ctrl-C came first.

        `notify` is called after every round, and must be quick.
        """
        timer = threading.Timer(CUT_OFF * self._budget, self._cut_off)
        timer.daemon = True
        timer.start()
        try:
            with self._turns:
                self._start_processes()
                for number in range(MAX_ROUNDS):
                    order = self.points
                    if number:
                        order = self._turns.permuted(self.points)
                    if not any([self._visit(point, number) for point in order]):
                        break
                    self.n_rounds = number + 1
                    notify()
        except KeyboardInterrupt:
            return False
        finally:
            timer.cancel()
        return True

    def _start_processes(self) -> None:
        """Import and make data: everyone at once, nothing is timed."""
        hp = self.points[0].hyper_parameters
        batches = [point.hyper_parameters.batch_size for point in self.points]
        data: Answer = {
            "n_samples": max(N_SAMPLES, *batches),
            "n_features": hp.n_features,
            "n_classes": hp.n_classes,
        }
        for n_threads in sorted({point.n_threads for point in self.points}):
            for name in self.names:
                self._turns.start((name, n_threads), name, n_threads=n_threads)
        workers = self._turns.workers
        create: Answer = {"hyper_parameters": hp.to_dict()}
        created = self._turns.all_at_once(
            {k: ("create", create | w.identity) for k, w in workers.items()},
            self._never_started,
        )
        for (name, _), answer in created.items():
            self.kernels.setdefault(name, kernels.named(answer["thread_pools"]))
        self._turns.all_at_once(
            dict.fromkeys(created, ("synthesize", data)), self._never_started
        )

    def _never_started(self, seat: Seat, failure: Failure) -> None:
        for point in self.points:
            if point.n_threads == seat[1]:
                self._give_up(seat[0], point, failure)

    def _visit(self, point: Point, number: int) -> bool:
        """Give everyone a turn at one point, if the budget allows."""
        if self._expected_seconds(point) > self.seconds_left:
            return False
        begin = time.monotonic()
        self._turns.take(
            [
                (name, point.n_threads)
                for name in self.names
                if not self.series[name, point.key].reason
            ],
            lambda seat, worker: self._turn(worker, seat[0], point, number),
            lambda seat, failure: self._give_up(seat[0], point, failure),
        )
        self._costs[point.key] = time.monotonic() - begin
        return True

    def _expected_seconds(self, point: Point) -> float:
        """What a visit costs: the last one, or a guess from the largest one so far."""
        if point.key in self._costs:
            return self._costs[point.key]
        seen = [p for p in self.points if p.key in self._costs]
        if not seen:
            return 0.0
        largest = max(seen, key=lambda p: p.flops)
        growth = max(1.0, point.flops / largest.flops)
        return self._costs[largest.key] * min(growth, 4.0)

    def _turn(
        self, worker: RemoteImplementation, name: str, point: Point, number: int
    ) -> None:
        series = self.series[name, point.key]
        if not series.training:
            fields = point.hyper_parameters.to_dict()
            worker.ask("prepare", key=point.key, hyper_parameters=fields)
            self._calibrate(worker, series, point)
        found = {kind: self._block(worker, series, point, kind) for kind in KINDS}
        for kind in KINDS:
            values: list[float | None] = getattr(series, kind)
            values += [None] * (number - len(values))  # rounds without a turn
            values.append(found[kind] / point.hyper_parameters.batch_size)

    def _calibrate(
        self, worker: RemoteImplementation, series: Series, point: Point
    ) -> None:
        for kind in KINDS:
            self._n_repeats[series.name, series.key, kind] = 1
            seconds = self._block(worker, series, point, kind)
            self._n_repeats[series.name, series.key, kind] = repeats(
                seconds, BLOCK_SECONDS
            )

    def _block(
        self, worker: RemoteImplementation, series: Series, point: Point, kind: str
    ) -> float:
        """Return the seconds of one step, or of predicting one batch."""
        n = self._n_repeats[series.name, series.key, kind]
        if kind == "training":
            clock = worker.ask("time_training", key=point.key, n_steps=n)
        else:
            n_rows = point.hyper_parameters.batch_size
            clock = worker.ask(
                "time_prediction", key=point.key, n_rows=n_rows, n_calls=n
            )
        return max(float(clock[self._clock]), 1e-9) / n

    def _give_up(self, name: str, point: Point, failure: Failure) -> None:
        reason = "not done within the budget" if self._cut.is_set() else str(failure)
        gone = isinstance(failure, WorkerFailedError) and failure.is_gone
        for other in self.points:
            if other is point or (gone and other.n_threads == point.n_threads):
                self.series[name, other.key].reason = reason

    def _cut_off(self) -> None:
        """End what is still running; the answer then is the death of a process."""
        self._cut.set()
        self._turns.stop()
