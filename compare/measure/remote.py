"""The other end of a worker process: start it, ask it, end it.

Each call has a time limit, a generous one: an implementation that never comes back
loses its row and nobody else's.
"""

import os
from typing import Any

from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.measure import kernels, threads
from compare.measure.transport import Child, EndedError
from compare.record.plan import TIME_LIMIT_SECONDS

# Requests that call a method of the implementation, and which.
METHODS = {
    "create": "the import",
    "prepare": "the first call",
    "train": "train_epoch",
    "evaluate": "predict_proba",
    "test": "predict_proba",
    "costs": "predict_proba",
    "time_training": "train_epoch",
    "time_prediction": "predict_proba",
    "save_weights": "get_weights",
    "set_weights": "set_weights",
}


class WorkerFailedError(Exception):
    """The implementation crashed, diverged, hung or ran out of memory; says which.

    `is_gone` says that its process has ended with it.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind

    @property
    def is_gone(self) -> bool:
        """Whether no further request can be answered."""
        return self.kind in ("crash", "memory", "time")


class RemoteImplementation:
    """One implementation in a fresh process with a fixed number of threads.

    Use as a context manager: leaving it ends the process, whatever happened. `worker`
    is the module that answers there (see `worker.serve`).
    """

    def __init__(
        self,
        name: str,
        *,
        n_threads: int,
        time_limit: float = TIME_LIMIT_SECONDS,
        worker: str = "compare.measure.worker",
    ) -> None:
        self.name = name
        self.n_threads = n_threads
        self.time_limit = time_limit
        environment = kernels.environment(os.environ) | threads.variables(n_threads)
        self._child = Child(worker, environment)
        self._asked: list[str] = []

    def __enter__(self) -> "RemoteImplementation":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    @property
    def identity(self) -> dict[str, Any]:
        """What a worker must be told before anything else, beside what to compute."""
        return {"name": self.name, "n_threads": self.n_threads}

    def create(self, hyper_parameters: HyperParameters) -> dict[str, Any]:
        """Import and create the implementation; return what that cost."""
        fields = hyper_parameters.to_dict()
        return self.ask("create", hyper_parameters=fields, **self.identity)

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Send one request (a method of `Worker`) and return its answer.

        Raises
        ------
        UnsupportedError, UsageError
            As the registry raised them in the worker.
        WorkerFailedError
            If the implementation raised, did not come back within the time limit, or
            the process ended.
        """
        self.send(request, **arguments)
        return self.receive()

    def send(self, request: str, **arguments: Any) -> None:
        """Send a request without waiting, so that several workers can start at once."""
        self._asked.append(request)
        try:
            self._child.send({"request": request, **arguments})
        except EndedError as end:
            raise _death(end) from None

    def receive(self) -> dict[str, Any]:
        """Wait for the answer to the oldest request not yet answered."""
        request = self._asked.pop(0)
        try:
            answer = self._child.receive(self.time_limit)
        except EndedError as end:
            raise _death(end) from None
        except TimeoutError:
            self.stop()
            what = METHODS.get(request, request)
            raise WorkerFailedError(
                "time",
                f"{what} was still running after {self.time_limit:g} s "
                "(--time-limit gives it longer)",
            ) from None
        if "result" in answer:
            result: dict[str, Any] = answer["result"]
            return result
        kind, reason = answer["failure"], answer["reason"]
        if kind == "unsupported":
            raise UnsupportedError(reason)
        if kind == "usage":
            raise UsageError(reason)
        raise WorkerFailedError(kind, reason)

    def printed(self) -> str:
        """Return what the process has written to standard error so far."""
        return self._child.printed()

    def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        self._child.kill()

    def stop(self) -> None:
        """Kill it while another thread waits: there, `receive` reports its death."""
        self._child.stop()


def _death(end: EndedError) -> WorkerFailedError:
    kind = "memory" if end.of_memory else "crash"
    return WorkerFailedError(kind, f"the process {end.how}")
