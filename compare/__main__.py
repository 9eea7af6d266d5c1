"""`python -m compare`: call the command line, exit with its code."""

import os
import signal
import sys

from compare.cli import main


def end_politely() -> None:
    """Take a polite end for a Ctrl-C, so that what is measured is shown and kept.

    SIGTERM is what `kill` and `timeout` send, SIGHUP what a closing terminal sends,
    where the system has it; not under `nohup`, which asks for it to be ignored.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
        terminals = [stream.fileno() for stream in streams if stream.isatty()]

        def hang_up(number: int, frame: object) -> None:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # shell and system both send
            for terminal in terminals:  # it is gone, and writing there would fail
                os.dup2(os.open(os.devnull, os.O_WRONLY), terminal)
            raise KeyboardInterrupt

        signal.signal(signal.SIGHUP, hang_up)


if __name__ == "__main__":
    end_politely()
    sys.exit(main())
