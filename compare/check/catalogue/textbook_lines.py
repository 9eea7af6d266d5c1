"""Where the right line stands: line numbers read from the files, never written down."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXTBOOK = "numpy_impl/textbook.py"
CONVOLUTIONS = "numpy_impl/textbook_conv.py"
METHODS = "numpy_impl/textbook_implementation.py"


@cache
def _lines(file: str) -> tuple[str, ...]:
    return tuple((ROOT / file).read_text(encoding="utf-8").splitlines())


def find_line(file: str, anchor: int | str) -> str:
    """Return "file:LINE" of equation number `anchor`, or of the line with that code.

    Raises
    ------
    LookupError
        If no line or several lines fit: the catalogue quotes an old text.
    """
    end = f"({anchor})" if isinstance(anchor, int) else None
    found = [
        number
        for number, line in enumerate(_lines(file), 1)
        if (line.endswith(end) if end else str(anchor) in line)
    ]
    if len(found) != 1:
        raise LookupError(f"{file} must have one line with {anchor}, found {found}")
    return f"{file}:{found[0]}"
