"""`python -m compare`: call the command line, exit with its code."""

import sys

from compare.cli import main

if __name__ == "__main__":
    sys.exit(main())
