"""JSON lines between a process and its child, whatever the child's code prints or does.

`Child` is the parent's end, `Channel` the child's: one object per line each way. It
knows no request: `remote` and `worker` talk about measuring, `check` about checking.
Only the standard library is imported: what a child imports may be what is measured.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).resolve().parents[2]
Message = dict[str, Any]

# A process may be gone while one that it has started still holds its pipe: look often.
SECONDS_BETWEEN_LOOKS = 0.5


class EndedError(Exception):
    """The child is gone; `code` is its exit code, `last_words` its last line."""

    def __init__(self, code: int, last_words: str) -> None:
        super().__init__(f"the process ended with code {code}")
        self.code, self.last_words = code, last_words

    @property
    def of_memory(self) -> bool:
        """True if somebody killed it: mostly the system, which had no memory left."""
        return self.code == -getattr(signal, "SIGKILL", 9)  # Windows has no such name

    @property
    def how(self) -> str:
        """How it ended, to be read after "the process"."""
        if self.of_memory:
            return "was killed, most likely for want of memory"
        detail = f": {self.last_words}" if self.last_words else ""
        if self.code < 0:
            return f"died of {signal.Signals(-self.code).name}{detail}"
        return f"ended by itself with code {self.code}{detail}"


class Child:
    """A Python process that runs a module of ours and answers in JSON lines.

    Use as a context manager: leaving it ends the process, whatever happened.
    """

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        # Kept to say why it died; anything that it prints is here.
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115
            # It lives as long as the process; `kill` closes it.
            "w+",
            encoding="utf-8",
            errors="replace",
        )
        path = filter(None, [str(ROOT), environment.get("PYTHONPATH")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**environment, "PYTHONPATH": os.pathsep.join(path)},
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is for the parent alone: it decides what is kept.
            start_new_session=True,
        )
        self._requests = cast(IO[str], self._process.stdin)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Send a message without waiting; raises EndedError if nobody is there."""
        try:
            self._requests.write(json.dumps(message) + "\n")
            self._requests.flush()
        except (BrokenPipeError, OSError, ValueError):
            raise self._end() from None

    def receive(self, seconds: float | None = None) -> Message:
        """Wait for the next message.

        Raises
        ------
        TimeoutError
            If none came within `seconds`; the process goes on.
        EndedError
            If the process ended, or writes what is no message.
        """
        line = self._next_line(None if seconds is None else time.monotonic() + seconds)
        try:
            message = json.loads(line or "")
        except ValueError:
            raise self._end() from None
        return cast(Message, message)

    def _next_line(self, until: float | None) -> str | None:
        while True:
            left = SECONDS_BETWEEN_LOOKS
            if until is not None:
                left = min(left, max(0.0, until - time.monotonic()))
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=left)
            if self._process.poll() is not None and self._lines.empty():
                return None
            if until is not None and time.monotonic() >= until:
                raise TimeoutError

    def _listen(self) -> None:
        with cast(IO[str], self._process.stdout) as answers:
            for line in answers:
                self._lines.put(line)
        self._lines.put(None)

    def printed(self) -> str:
        """Return what the process has written to standard error so far."""
        self._errors.seek(0)
        return self._errors.read()

    def stop(self) -> None:
        """Kill it while another thread waits: there, `receive` reports its end."""
        if hasattr(os, "killpg"):
            # Those that it has started too: they may hold its pipes open.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        self.stop()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):  # it may have left one unread
            self._requests.close()
        # Not for ever: a process that it has started in a session of its own may hold
        # the pipe open.
        self._listener.join(timeout=5)
        self._errors.close()

    def _end(self) -> EndedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        if self._process.poll() is None:  # it has closed its pipe and lives on
            self.stop()
        code = self._process.wait()
        lines = [] if self._errors.closed else self.printed().splitlines()
        last = [line.strip() for line in lines if line.strip()][-1:]
        return EndedError(code, "".join(last))


class Channel:
    """The child's end: standard input and output become the suite's own.

    Whatever else is printed goes to standard error, so that it cannot disturb the
    talk, and a process that the code under test forks has no part in it.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._requests = os.fdopen(os.dup(0), encoding="utf-8")
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        # An implementation that reads or prints must not disturb the talk.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def messages(self) -> Iterator[Message]:
        """Yield one message after another; end the process when the parent is gone."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            yield json.loads(self._lines.get())

    def send(self, message: Message) -> None:
        """Send one message; a forked copy of this process ends here instead."""
        if os.getpid() != self._owner:
            os._exit(0)
        self._answers.write(json.dumps(message) + "\n")
        self._answers.flush()

    def _listen(self) -> None:
        """Hand messages over; end this process as soon as the parent is gone.

        In a thread of its own, so that no epoch is trained to its end for nobody. While
        it waits it costs nothing.
        """
        for line in self._requests:
            self._lines.put(line)
        os._exit(0)

    def _forget(self) -> None:
        for descriptor in (self._requests.fileno(), self._answers.fileno()):
            with contextlib.suppress(OSError):
                os.close(descriptor)
