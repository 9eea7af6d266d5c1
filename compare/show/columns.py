"""Aligned plain text: the same on a terminal, in a file and in a README."""

from collections.abc import Sequence
from dataclasses import dataclass

GAP = "   "


@dataclass(frozen=True)
class Column:
    """A heading of two lines; the second holds the unit or what is shown."""

    title: str
    unit: str = ""
    right: bool = False

    def align(self, text: str, width: int) -> str:
        """Pad a cell."""
        return text.rjust(width) if self.right else text.ljust(width)


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return a table. A row of two cells is a name and a sentence across the rest."""
    full = [row for row in rows if len(row) == len(columns)]
    widths = [
        max(len(c.title), len(c.unit), *(len(row[i]) for row in full), 0)
        for i, c in enumerate(columns)
    ]
    widths[0] = max([widths[0], *(len(row[0]) for row in rows)])
    lines = [
        line(columns, widths, [c.title for c in columns]),
        line(columns, widths, [c.unit for c in columns]),
        "─" * (sum(widths) + len(GAP) * (len(widths) - 1)),
    ]
    for row in rows:
        if len(row) == len(columns):
            lines.append(line(columns, widths, row))
        else:
            lines.append(f"{row[0]:<{widths[0]}}{GAP}{row[1]}")
    return "\n".join(text.rstrip() for text in lines if text.strip()) + "\n"


def line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    """Return one row, padded."""
    padded = (c.align(x, w) for c, x, w in zip(columns, cells, widths, strict=True))
    return GAP.join(padded)
