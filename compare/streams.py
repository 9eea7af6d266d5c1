"""Standard output that may be full or closed: the work goes on, the files are kept."""

import errno
import os
import sys
from typing import Any, TextIO, cast

from compare.escape import for_terminal


class Lasting:
    """A stream like standard output whose failure ends nothing.

    When it can no longer be written, for want of room, what follows goes nowhere and
    `failure` says why. A reader that has left, `head` perhaps, has seen enough: that is
    no failure, and costs no measurement either. With `escapes`, a terminal is shown
    control characters, and does not obey them.
    """

    def __init__(self, stream: TextIO, *, escapes: bool = True) -> None:
        self._stream = stream
        self.failure = ""
        self._escapes = escapes and stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, as a stream does."""
        if self._escapes:
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
        if error.errno != errno.EPIPE:
            self.failure = self.failure or error.strerror or str(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def make_last() -> Lasting:
    """Put lasting streams in the place of both outputs, and return the standard one.

    Characters that its encoding does not have are escaped from here on.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(number))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    lasting = Lasting(sys.stdout)
    sys.stdout = cast(TextIO, lasting)
    # Progress bars move the cursor.
    sys.stderr = cast(TextIO, Lasting(sys.stderr, escapes=False))
    return lasting


def _nowhere(number: int) -> TextIO:
    """Return the empty device in the place of a stream that was closed from the start.

    Otherwise the next file that is opened would have its number, and be written to.
    """
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    os.set_inheritable(number, True)
    return open(number, "r" if number == 0 else "w", encoding="utf-8")
