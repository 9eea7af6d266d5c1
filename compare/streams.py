"""Standard output that may be full: the work goes on, and the reader is told."""

import errno
import os
import sys
from typing import Any, TextIO, cast

from compare.escape import for_terminal


class Lasting:
    """A stream like standard output whose failure ends nothing.

    When it can no longer be written, for want of room, what follows goes nowhere and
    `failure` says why. A reader that has left, BrokenPipeError, is not a failure. A
    terminal is shown control characters, and does not obey them.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure = ""
        self._is_terminal = stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, as a stream does."""
        if self._is_terminal:
            text = for_terminal(text)
        try:
            return self._stream.write(text)
        except OSError as error:
            self._fail(error)
            return len(text)

    def flush(self) -> None:
        """Flush, as a stream does."""
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError) or error.errno == errno.EPIPE:
            raise error
        self.failure = self.failure or error.strerror or str(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def make_last() -> Lasting:
    """Put a lasting stream in the place of standard output, and return it.

    Characters that its encoding does not have are escaped from here on.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    lasting = Lasting(sys.stdout)
    sys.stdout = cast(TextIO, lasting)
    return lasting
