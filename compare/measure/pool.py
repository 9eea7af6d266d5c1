"""Jobs in several processes at once: for accuracy, which no neighbour can disturb.

Refuses to time anything: jobs that share a machine slow one another down.
"""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from compare.measure.remote import RemoteImplementation, WorkerFailedError

# So often somebody who presses Ctrl-C is heard.
LISTEN_SECONDS = 0.2
WORKER = "compare.measure.job_worker"

Job = dict[str, Any]
Outcome = dict[str, Any] | WorkerFailedError


class Pool:
    """Processes that carry out functions of the suite, given as ``module:name``.

    Use as a context manager: leaving it ends the processes, whatever they are doing.
    Each computes with one thread, and is replaced if it dies.
    """

    def __init__(self, n_processes: int) -> None:
        self.n_processes = n_processes
        self._todo: queue.SimpleQueue[tuple[int, str, Job]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        self._workers: dict[int, RemoteImplementation] = {}
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self) -> "Pool":
        for number in range(self.n_processes):
            threading.Thread(target=self._serve, args=(number,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._over = True
            for worker in self._workers.values():
                worker.stop()

    def run(
        self, function: str, jobs: Sequence[Job], *, until: float = float("inf")
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield (index, outcome) of each job as it comes; leave off at time `until`.

        `until` is a value of `time.monotonic`. A job that fails yields its error.
        """
        for index, job in enumerate(jobs):
            self._todo.put((index, function, job))
        n_left = len(jobs)
        while n_left and time.monotonic() < until:
            try:
                outcome = self._done.get(timeout=LISTEN_SECONDS)
            except queue.Empty:
                continue
            n_left -= 1
            yield outcome

    def _serve(self, number: int) -> None:
        while True:
            index, function, job = self._todo.get()
            worker = self._worker(number)
            if worker is None:
                return
            try:
                found = worker.ask("call", function=function, arguments=job)
                self._done.put((index, found))
            except WorkerFailedError as error:
                if error.kind in ("crash", "memory"):
                    with self._lock:
                        self._workers.pop(number).kill()
                self._done.put((index, error))
            except Exception as error:  # a thread that ends would leave run() waiting
                self._done.put((index, WorkerFailedError("error", str(error))))

    def _worker(self, number: int) -> RemoteImplementation | None:
        """Return this thread's process, or None if the work is over."""
        with self._lock:
            if self._over:
                return None
            if number not in self._workers:
                self._workers[number] = RemoteImplementation(
                    "a job", n_threads=1, worker=WORKER
                )
            return self._workers[number]
