"""Draw the figures into this folder: all of them, or those named."""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FIGURES = (
    "network",
    "flow",
    "softmax_gradient",
    "optimizer_paths",
    "loss_curves",
    "drift",
    "convolution",
)
# Their numbers are stored in `measured/`: to measure them again takes minutes.
MEASURED = ("loss_curves", "drift")


def main() -> int:
    """Draw and say what was drawn."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(FIGURES)} (default: all)",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help=f"measure again what is drawn in {', '.join(MEASURED)}; takes minutes",
    )
    args = parser.parse_args()
    for name in args.names or FIGURES:
        if name not in FIGURES:
            parser.error(f"no figure {name!r}: choose from {', '.join(FIGURES)}")
        module = importlib.import_module(f"docs.figures.{name}")
        if args.measure and name in MEASURED:
            store(module.MEASURED, module.measure())
        module.draw(FOLDER / f"{name}.png")
        sys.stdout.write(f"docs/figures/{name}.png\n")
    return 0


def store(path: Path, measured: Any) -> None:
    """Write what was measured, for people to read too."""
    text = json.dumps(measured, ensure_ascii=False)
    path.write_text(text.replace("}, {", "},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
