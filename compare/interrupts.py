"""Ctrl-C and its kin: the first ends the work politely, the next wait for what is kept.

What was measured is shown and written after the first one. A second, from an impatient
hand or from a system that signals twice, must not cost it; a third ends at once.
"""

import os
import signal
import sys
from types import FrameType

NOTE = b"\nWriting what was measured; once more ends at once.\n"


class Polite:
    """The handler of the signals that ask this process to end."""

    def __init__(self) -> None:
        self.count = 0
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
