"""Each way in processes of its own: cold starts, single images, whole batches.

A round starts a fresh process of every way with one thread, in random order, and asks
it for one image after another and for a batch of all; in the first one it also says
what it answers. Then the other numbers of threads, for batches alone: a single
image has too little work to share.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from compare.contract import Array
from compare.decide.ways import Way
from compare.errors import UnsupportedError
from compare.measure import threads
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.metrics import check_probabilities

SERVER = "compare.decide.server"
CALLS = 500
# The first ones find caches and branch predictors cold.
WARM_UP_CALLS = 100
BATCH_SECONDS = 0.1
TIME_LIMIT_SECONDS = 120.0
# What a way may do wrong; the last two are answers that are no probabilities.
FAILURES = (UnsupportedError, WorkerFailedError, ValueError, ArithmeticError)


@dataclass
class Measured:
    """What one way costs; lists have an entry per round.

    Attributes
    ----------
    first_answer_seconds : list of float
        From the start of the process to its first answer, Python's own start included.
    calls : list of list of float
        Seconds of each single image.
    batch_seconds : dict
        From the number of threads to seconds per image, all images in one call.
    memory_bytes : list of int
        The most that a process has held when it had answered one image.
    probabilities : array, or None
        What it answers for all images.
    reason : str
        Why it has no figures.
    """

    way: Way
    file_bytes: int
    import_seconds: list[float] = field(default_factory=list)
    first_answer_seconds: list[float] = field(default_factory=list)
    calls: list[list[float]] = field(default_factory=list)
    batch_seconds: dict[int, list[float]] = field(default_factory=dict)
    memory_bytes: list[int] = field(default_factory=list)
    probabilities: Array | None = None
    reason: str = ""


def measure(
    ways: Sequence[Way],
    *,
    images: Path,
    n_classes: int,
    n_rounds: int,
    thread_counts: Sequence[int],
    notify: Callable[[int, str], None],
) -> tuple[list[Measured], bool]:
    """Return what each way costs, and False if Ctrl-C ended it early.

    `images` is an NPY file of float32; `notify` hears how many visits are done.
    """
    found = [Measured(way, way.file.stat().st_size) for way in ways]
    rng = np.random.default_rng(0)
    rounds = [(n, k) for n in thread_counts for k in range(n_rounds)]
    try:
        for n_threads, k in rounds:
            for i in rng.permutation(len(found)):
                one = found[i]
                if not one.reason:
                    is_first = n_threads == 1 and k == 0
                    _visit(one, images, n_threads, n_classes if is_first else None)
                notify(1, one.way.name)
    except KeyboardInterrupt:
        return found, False
    return found, True


def _visit(one: Measured, images: Path, n_threads: int, n_classes: int | None) -> None:
    """Start a process, ask it, end it; `n_classes` if its answers are wanted."""
    way = one.way
    begin = time.perf_counter()
    try:
        with RemoteImplementation(
            way.name, n_threads=n_threads, time_limit=TIME_LIMIT_SECONDS, worker=SERVER
        ) as process:
            started = process.ask(
                "start",
                path=str(way.file),
                images=str(images),
                with_onnx=way.with_onnx,
                **process.identity,
            )
            whole = time.perf_counter() - begin
            if n_threads == 1:
                _single(one, process, started, whole)
            answer = process.ask("batch", block_seconds=BATCH_SECONDS)
            one.batch_seconds.setdefault(n_threads, []).append(answer["seconds"])
            if n_classes is not None:
                path = images.with_name("answers.npy")
                process.ask("probabilities", path=str(path))
                probs = np.load(path)
                one.probabilities = check_probabilities(probs, len(probs), n_classes)
    except (
        UnsupportedError,
        WorkerFailedError,
        ValueError,
        ArithmeticError,
    ) as failure:
        one.reason = str(failure)
    threads.let_sleep(n_threads)


def _single(
    one: Measured, process: RemoteImplementation, started: dict[str, Any], whole: float
) -> None:
    process.ask("each", n_calls=WARM_UP_CALLS)
    calls = process.ask("each", n_calls=CALLS)["seconds"]
    one.import_seconds.append(started["import_seconds"])
    one.first_answer_seconds.append(whole)
    one.memory_bytes.append(started["memory_bytes"])
    one.calls.append(calls)
