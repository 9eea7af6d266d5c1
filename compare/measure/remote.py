"""The other end of a worker process: start it, ask it, end it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, cast

from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.measure import kernels, threads

ROOT = Path(__file__).resolve().parents[2]


class WorkerFailedError(Exception):
    """The implementation crashed, diverged or ran out of memory; says which and why."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class RemoteImplementation:
    """One implementation in a fresh process with a fixed number of threads.

    Use as a context manager: leaving it ends the process, whatever happened. `worker`
    is the module that runs there; it calls `compare.measure.worker.serve`.
    """

    def __init__(
        self, name: str, *, n_threads: int, worker: str = "compare.measure.worker"
    ) -> None:
        self.name = name
        self.n_threads = n_threads
        # Kept to say why a process died; anything an implementation prints is here.
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115
            # It lives as long as the process; `kill` closes it.
            "w+",
            encoding="utf-8",
            errors="replace",
        )
        environment = kernels.environment(os.environ) | threads.variables(n_threads)
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            text=True,
            encoding="utf-8",
            # Ctrl-C is for the parent alone: it decides what is kept.
            start_new_session=True,
        )
        self._requests = cast(IO[str], self._process.stdin)
        self._answers = cast(IO[str], self._process.stdout)

    def __enter__(self) -> "RemoteImplementation":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def create(self, hyper_parameters: HyperParameters) -> dict[str, Any]:
        """Import and create the implementation; return what that cost."""
        return self.ask(
            "create",
            name=self.name,
            hyper_parameters=hyper_parameters.to_dict(),
            n_threads=self.n_threads,
        )

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Send one request (a method of `Worker`) and return its answer.

        Raises
        ------
        UnsupportedError, UsageError
            As the registry raised them in the worker.
        WorkerFailedError
            If the implementation raised, or the process ended.
        """
        self.send(request, **arguments)
        return self.receive()

    def send(self, request: str, **arguments: Any) -> None:
        """Send a request without waiting, so that several workers can start at once."""
        line = json.dumps({"request": request, **arguments}) + "\n"
        try:
            self._requests.write(line)
            self._requests.flush()
        except (BrokenPipeError, OSError):
            raise self._death() from None

    def receive(self) -> dict[str, Any]:
        """Wait for the answer to the oldest request not yet answered."""
        line = self._answers.readline()
        if not line:
            raise self._death()
        answer = json.loads(line)
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
        self._errors.seek(0)
        return self._errors.read()

    def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        self._kill_group()
        for pipe in (self._requests, self._answers):
            # It may have died with a request unread.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()
        self._errors.close()

    def stop(self) -> None:
        """Kill it while another thread waits: there, `receive` reports its death."""
        self._kill_group()

    def _kill_group(self) -> None:
        """Kill the process and those it has started, which may hold its pipes open."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _death(self) -> WorkerFailedError:
        code = self._process.wait()
        if code == -getattr(signal, "SIGKILL", 9):  # Windows has no such name
            return WorkerFailedError(
                "memory", "the process was killed, most likely for want of memory"
            )
        last = [line for line in self.printed().splitlines() if line.strip()][-1:]
        detail = f": {last[0].strip()}" if last else ""
        if code < 0:
            name = signal.Signals(-code).name
            return WorkerFailedError("crash", f"the process died of {name}{detail}")
        return WorkerFailedError(
            "crash", f"the process ended by itself with code {code}{detail}"
        )
