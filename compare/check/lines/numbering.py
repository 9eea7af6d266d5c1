"""What a line is called: its number, or in a notebook its cell and its number there."""

import re

CELL = "# cell {} of the notebook"  # stands before the lines of each cell
MARKER = re.compile(r"# cell (\d+) of the notebook")


def numbering(source: list[str]) -> list[str]:
    """Return a name for each line: "12", or "3:5", the cell first."""
    found, cell, first = [], "", 0
    for number, line in enumerate(source, 1):
        marker = MARKER.fullmatch(line)
        if marker:
            cell, first = marker[1], number
        found.append(f"{cell}:{number - first}" if cell else str(number))
    return found


def in_words(name: str) -> str:
    """Return "line 12", or "cell 3, line 5"."""
    cell, colon, line = name.partition(":")
    return f"cell {cell}, line {line}" if colon else f"line {name}"
