"""Draw the figures into this folder: all of them, or those named."""

import argparse
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
# Drawn in seconds.
QUICK = ("network", "flow", "softmax_gradient", "optimizer_paths")
# These train for an epoch or more.
MEASURED = ("loss_curves", "drift")


def main() -> int:
    """Draw and say what was drawn."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    known = (*QUICK, *MEASURED)
    names = parser.parse_args().names or known
    for name in names:
        if name not in known:
            parser.error(f"no figure {name!r}: choose from {', '.join(known)}")
        module = importlib.import_module(f"docs.figures.{name}")
        path = FOLDER / f"{name}.png"
        module.draw(path)
        sys.stdout.write(f"docs/figures/{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
