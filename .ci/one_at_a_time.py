"""Run a command when nobody else runs one through this file: two `make` at once.

    python3 .ci/one_at_a_time.py make .venv/.installed

The second waits for the first. The system gives the lock back however that one ends.
"""

import subprocess
import sys

try:
    import fcntl
except ImportError:  # Windows has none: there, start one at a time yourself
    fcntl = None  # type: ignore[assignment]


def main() -> int:
    """Wait, run, and return the exit code."""
    with open(__file__) as held:  # noqa: PTH123  # an old Python may run this
        if fcntl is not None:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                sys.stderr.write("Another make is installing here: waiting ...\n")
                sys.stderr.flush()
                fcntl.flock(held, fcntl.LOCK_EX)
        return subprocess.call(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
