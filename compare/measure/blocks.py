"""Short blocks of work, taken in turns by several implementations in random order.

Where the main comparison trains whole epochs in a process per seed, this one asks the
same processes again and again for a tenth of a second of something: training steps, the
matrix products alone, steps under instruments, predictions. One round asks everyone
once. The labels are made up: speed does not depend on them. That of engines which skip
zeros depends on the images, and who compares them gives real ones.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.config import HyperParameters
from compare.contract import Array
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.measure.scratch import full_disk_in_words, scratch
from compare.measure.turns import Failure, Turns, repeats

N_SAMPLES = 16_384
BLOCK_SECONDS = 0.1
CALIBRATION_STEPS = 5
PREDICTION_CALLS = 500

# kind of block → request of the worker
REQUESTS = {
    "training": "time_training",
    "floor": "time_floor",
    "phases": "split_training",
    "one_image": "time_prediction",
}


@dataclass
class Row:
    """What one implementation did in one setting, a list entry per round.

    Times are seconds per step, or per call. `reason` says why there are none.
    """

    name: str
    setting: str
    reason: str = ""
    prepare_seconds: float = 0.0
    n_steps: int = 1
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu_seconds: dict[str, list[float]] = field(default_factory=dict)
    phases: list[dict[str, float]] = field(default_factory=list)
    """Seconds per step of each phase; empty if they cannot be seen."""
    thread_pools: list[dict[str, Any]] = field(default_factory=list)
    """What each library said of its threads and kernels."""
    library: str = ""
    """Whose matrix products the floor is made of; "" where there is none."""


Notify = Callable[[], None]


def measure(
    names: Sequence[str],
    settings: Mapping[str, HyperParameters],
    *,
    kinds: Mapping[str, Sequence[str]],
    n_rounds: int,
    n_threads: int,
    notify: Notify,
    images: Array | None = None,
) -> tuple[list[Row], bool]:
    """Return a row per implementation and setting, and whether all rounds were done.

    Parameters
    ----------
    names : sequence of str
        Of the registry.
    settings : mapping
        From a key to hyper-parameters; all of the same number of features.
    kinds : mapping
        From a key of `settings` to the kinds of blocks (see `REQUESTS`), which follow
        one another directly, so that their ratio within a round is paired.
    images : ndarray of shape (n_samples, n_features), optional
        To train on; made up where nothing is given.
    notify : callable
        Called after each turn, outside of every clock.
    """
    rows = {(n, s): Row(n, s) for n in names for s in settings}
    try:
        with Turns[str](np.random.default_rng(n_rounds)) as turns:
            for name in names:
                turns.start(name, name, n_threads=n_threads)
            _prepare(turns, settings, rows, images)
            for _ in range(n_rounds):
                for setting in turns.permuted(list(settings)):
                    work = functools.partial(_blocks, kinds=kinds[setting])
                    _each(turns, rows, setting, work, notify)
    except KeyboardInterrupt:
        return list(rows.values()), False
    return list(rows.values()), True


Rows = dict[tuple[str, str], Row]


def _each(
    turns: Turns[str],
    rows: Rows,
    setting: str,
    work: Callable[[RemoteImplementation, Row], None],
    notify: Notify = lambda: None,
) -> None:
    """Let everyone who has not failed do some work in one setting, in random order."""

    def turn(name: str, worker: RemoteImplementation) -> None:
        if not rows[name, setting].reason:
            work(worker, rows[name, setting])
        notify()

    def failed(name: str, failure: Failure) -> None:
        _give_up(rows, name, setting, failure)
        notify()

    turns.take(list(turns.workers), turn, failed)


def _prepare(
    turns: Turns[str],
    settings: Mapping[str, HyperParameters],
    rows: Rows,
    images: Array | None,
) -> None:
    """Import, create, compile: nothing here is timed, so all do it at once."""
    with scratch() as folder:
        first = next(iter(settings.values()))
        data: dict[str, Any] = {
            "n_samples": N_SAMPLES,
            "n_features": first.n_features,
            "n_classes": first.n_classes,
        }
        if images is not None:
            data["path"] = str(folder / "images.npy")
            with full_disk_in_words():
                np.save(data["path"], images)
        _create_all(turns, settings, rows, data)
    for setting in settings:
        _each(turns, rows, setting, _calibrate)


def _create_all(
    turns: Turns[str],
    settings: Mapping[str, HyperParameters],
    rows: Rows,
    data: dict[str, Any],
) -> None:
    first = next(iter(settings.values()))
    for setting, hp in settings.items():
        fields = hp.to_dict()
        requests: list[tuple[str, dict[str, Any]]] = []
        if hp is first:
            requests = [("create", {"hyper_parameters": fields}), ("synthesize", data)]
        requests.append(("prepare", {"key": setting, "hyper_parameters": fields}))
        for request, arguments in requests:
            _ask_all(turns, rows, setting, request, arguments)


def _ask_all(
    turns: Turns[str],
    rows: Rows,
    setting: str,
    request: str,
    arguments: dict[str, Any],
) -> None:
    asked = {
        name: (request, arguments | (worker.identity if request == "create" else {}))
        for name, worker in turns.workers.items()
        if not rows[name, setting].reason
    }
    answers = turns.all_at_once(
        asked, lambda name, failure: _give_up(rows, name, setting, failure)
    )
    for name, answer in answers.items():
        _keep(answer, rows, name, setting)


def _keep(answer: dict[str, Any], rows: Rows, name: str, setting: str) -> None:
    rows[(name, setting)].prepare_seconds = answer.get("seconds", 0.0)
    if "thread_pools" in answer:
        for row in rows.values():
            if row.name == name:
                row.thread_pools = answer["thread_pools"]


def _give_up(rows: Rows, name: str, setting: str, failure: Failure) -> None:
    """Note why a row is empty; a dead process fails in all settings."""
    gone = isinstance(failure, WorkerFailedError) and failure.is_gone
    for row in rows.values():
        if row.name == name and (gone or row.setting == setting):
            row.reason = row.reason or str(failure)


def _calibrate(worker: RemoteImplementation, row: Row) -> None:
    clock = worker.ask("time_training", key=row.setting, n_steps=CALIBRATION_STEPS)
    row.n_steps = repeats(clock["seconds"] / CALIBRATION_STEPS, BLOCK_SECONDS)


def _blocks(worker: RemoteImplementation, row: Row, kinds: Sequence[str]) -> None:
    """One round's blocks; all of them count, or none."""
    found: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        arguments: dict[str, Any] = {"key": row.setting}
        if kind == "one_image":
            arguments |= {"n_rows": 1, "n_calls": PREDICTION_CALLS}
        else:
            arguments["n_steps"] = row.n_steps
        found[kind] = worker.ask(REQUESTS[kind], **arguments)
    for kind, answer in found.items():
        if kind == "floor":
            row.library = answer["library"]
            if not row.library:
                continue
        if kind == "phases":
            split = answer["phases"] or {}
            if split:
                row.phases.append({p: s / row.n_steps for p, s in split.items()})
            continue
        n = PREDICTION_CALLS if kind == "one_image" else row.n_steps
        row.seconds.setdefault(kind, []).append(answer["seconds"] / n)
        row.cpu_seconds.setdefault(kind, []).append(answer["cpu_seconds"] / n)
