"""Ctrl-C and its kin: the first ends the work politely, the next wait for what is kept.

What was measured is shown and written after the first one. A second, from an impatient
hand or from a system that signals twice, must not cost it; a third ends at once.
"""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = b"\nInterrupted.\n"
NOTE = b"\nWriting what was measured; once more ends at once.\n"


def end_at_once() -> NoReturn:
    """End this process, which has done nothing yet, with a word."""
    os.write(2, INTERRUPTED)
    os._exit(130)


class Polite:
    """The handler of the signals that ask this process to end.

    Until `has_begun` is set it ends the process at once: an exception may be lost where
    Python has just been importing something, and there is nothing else to lose.
    """

    def __init__(self) -> None:
        self.count = 0
        self.has_begun = False
        streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
        self.terminals = [s.fileno() for s in streams if s.isatty()]

    def install(self) -> None:
        """Take over every such signal that is not to be ignored, as under `nohup`.

        SIGINT is Ctrl-C, SIGTERM is what `kill` and `timeout` send, SIGHUP what a
        closing terminal sends, where the system has it.
        """
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            which = getattr(signal, name, None)
            if which is not None and signal.getsignal(which) != signal.SIG_IGN:
                signal.signal(which, self.hang_up if name == "SIGHUP" else self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the work, once."""
        if not self.has_begun:
            end_at_once()
        self.count += 1
        if self.count == 2:
            os.write(2, NOTE)  # sys.stderr may be in the middle of a write
            return
        raise KeyboardInterrupt

    def hang_up(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the work, whose terminal is gone."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # shell and system both send
        for terminal in self.terminals:  # writing there would fail
            os.dup2(os.open(os.devnull, os.O_WRONLY), terminal)
        self.count += 1
        raise KeyboardInterrupt
