"""`python -m compare`: call the command line, exit with its code."""

import os
import signal
import sys


def main() -> int:
    """Run it so that Ctrl-C and a full disk end in words, and nothing is lost."""
    from compare.interrupts import Polite

    Polite().install()
    from compare import cli, streams

    output = streams.make_last()
    code = cli.main()
    if output.failure:
        sys.stderr.write(
            f"error: standard output could not be written ({output.failure}); files "
            "are complete\n"
        )
        code = code or 1
    return code


def run() -> int:
    """Do as `main`, also before and after there is something to do.

    `mlp-compare` and `python -m compare` call this.
    """
    if sys.platform == "win32":  # where a pipe would not take Greek letters
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8")
    try:
        exit_code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to interrupt
    except KeyboardInterrupt:  # before there was anything to do
        os.write(2, b"\nInterrupted.\n")
        os._exit(130)
    return exit_code


if __name__ == "__main__":
    sys.exit(run())
