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


if __name__ == "__main__":
    try:
        exit_code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to interrupt
    except KeyboardInterrupt:  # before there was anything to do
        os.write(2, b"\nInterrupted.\n")
        os._exit(130)
    sys.exit(exit_code)
