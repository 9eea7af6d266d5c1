"""`python -m compare`: call the command line, exit with its code."""

import signal
import sys

from compare.cli import main

if __name__ == "__main__":
    # A polite end (kill, timeout) is like Ctrl-C: what is measured is shown and kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
