"""Calling other people's code: whatever it does, one sentence comes back.

It may raise, print, exit, warn, or loop for ever. Refuses to be a prison: code that
swallows every exception, or hangs inside a C function, is stopped only by the separate
process that the command line runs it in (`worker.py`).
"""

import contextlib
import io
import re
import signal
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from compare.errors import UnsupportedError, UsageError

HERE = Path(__file__).resolve().parent
EXERCISES = HERE / "exercises"
# What NumPy tells of matmul for those who know ufuncs, and nobody else.
SIGNATURE = re.compile(r", with gufunc signature \S+")
FRAMES = re.compile(r'  File "(?:.|\n)*?(?=\n  File "|\Z)')
FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+)')
# What imports and calls the user's code.
LOADERS = (HERE.parent / "registry.py", HERE.parent / "own_code.py")


class UserCodeError(Exception):
    """The code under test did not return: `sentence` says how, `trace` says where."""

    def __init__(self, sentence: str, trace: str = "", kind: str = "raised") -> None:
        super().__init__(sentence)
        self.sentence, self.trace, self.kind = sentence, trace, kind

    @property
    def what(self) -> str:
        """What was called: the sentence up to " raised"."""
        return self.sentence.partition(" raised ")[0]

    @property
    def is_shape_error(self) -> bool:
        """Whether NumPy (or another library) complained about shapes."""
        return self.kind in ("ValueError", "IndexError", "RuntimeError")

    @property
    def frame(self) -> str:
        """The line of the user's file that raised, as its traceback shows it."""
        return last_frame(self.trace)

    @property
    def as_finding(self) -> str:
        """What happened, and what to do, in one sentence after another."""
        place = FRAME.match(self.frame)
        if place is None or self.is_final:
            return f"{self.sentence}."
        file = Path(place["file"]).name
        what = f"{self.what}()" if self.what.isidentifier() else self.what
        return (
            f"{what} stops with a {self.kind} in line {place['line']} of {file}. "
            "Mend that first: what comes after it could not be judged."
        )

    @property
    def is_final(self) -> bool:
        """Whether trying again in another form is no use."""
        return self.kind in ("time", "exit")


class _TimeIsUpError(BaseException):
    """Raised inside the user's code. Not an Exception: `except Exception` keeps off."""


class Guard:
    """Calls user code, and remembers what it printed and warned about.

    `announce` is told before and after each call, for whoever watches from outside.
    """

    def __init__(
        self,
        *,
        time_limit_seconds: float,
        announce: Callable[[str, float], None] = lambda what, limit: None,
    ) -> None:
        self.time_limit_seconds = time_limit_seconds
        self.announce = announce
        self.printed_lines = 0
        self.warnings: dict[str, str] = {}  # message -> where
        self._stuck: dict[str, UserCodeError] = {}

    def call(
        self, what: str, function: Callable[..., Any], *args: Any, patience: float = 1.0
    ) -> Any:
        """Return `function(*args)`.

        Raises
        ------
        UserCodeError
            If it raises, exits, or takes longer than the limit times `patience`.
        """
        if what in self._stuck:
            raise self._stuck[what]  # once is enough to wait
        limit = self.time_limit_seconds * patience
        out = io.StringIO()
        self.announce(what, limit)
        try:
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(out),
                warnings.catch_warnings(record=True) as caught,
                np.errstate(all="warn", under="ignore"),
                _alarm(limit),
            ):
                warnings.simplefilter("always")
                return function(*args)
        except _TimeIsUpError as error:
            self._stuck[what] = UserCodeError(
                f"{what} was still running after {limit:g} s: an endless loop? "
                "(--time-limit gives it longer)",
                user_trace(error.__traceback__),
                "time",
            )
            raise self._stuck[what] from None
        except SystemExit as error:
            raise UserCodeError(
                f"{what} ended the program with exit code {error.code}",
                user_trace(error.__traceback__),
                "exit",
            ) from None
        except (UsageError, UnsupportedError):
            raise  # ours, and already one sentence
        except Exception as error:
            text = f"{type(error).__name__}: {error}".rstrip(": ")
            text = SIGNATURE.sub("", text)
            raise UserCodeError(
                f"{what} raised {text}",
                user_trace(error.__traceback__),
                type(error).__name__,
            ) from error
        finally:
            self.announce("", 0)
            self.printed_lines += out.getvalue().count("\n")
            for warning in caught:
                place = f"{Path(warning.filename).name}:{warning.lineno}"
                self.warnings.setdefault(str(warning.message), place)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the body after `seconds`, where the system can: POSIX, main thread."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(number: int, frame: types.FrameType | None) -> None:
        raise _TimeIsUpError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def user_trace(trace: types.TracebackType | None) -> str:
    """Return the user's own frames of a traceback, the checker's taken off."""
    every = traceback.extract_tb(trace)
    frames = [frame for frame in every if not _is_ours(frame.filename)]
    return "".join(traceback.format_list(frames)).rstrip()


def last_frame(trace: str) -> str:
    """Return the last frame of a trace that is a Python file outside of libraries.

    An exception met twice has the same one.
    """
    frames: list[str] = FRAMES.findall(trace)
    own = [f for f in frames if ".pyx" not in f and "site-packages" not in f]
    return (own or frames or [""])[-1]


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    ours = HERE in path.parents or path in LOADERS
    return filename.startswith("<frozen") or (ours and EXERCISES not in path.parents)
