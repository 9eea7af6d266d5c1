"""Tables as values, and as aligned plain text: on a terminal, in a file, in a README.

A table is columns and rows of cells; the page of a comparison shows the same ones.
"""

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


@dataclass(frozen=True)
class Cell:
    """One figure and what belongs to it: its spread, its interval, a remark."""

    figure: str
    detail: str = ""
    value: float | None = None
    """The number behind the figure, to sort by."""

    def __str__(self) -> str:
        """Return 97.85 ± 0.06, or 1.90 (1.80–2.00)."""
        if not self.detail:
            return self.figure
        if self.detail.startswith("±"):
            return f"{self.figure} {self.detail}"
        return f"{self.figure} ({self.detail})"


@dataclass(frozen=True)
class Remark:
    """A row without figures: its name, and a sentence in their place."""

    name: str
    sentence: str


Row = Sequence[str | Cell] | Remark


def render(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """Return a table. A remark's sentence stands across all columns but the first."""
    texts = [r if isinstance(r, Remark) else [str(cell) for cell in r] for r in rows]
    full = [row for row in texts if not isinstance(row, Remark)]
    widths = [
        max(len(c.title), len(c.unit), *(len(row[i]) for row in full), 0)
        for i, c in enumerate(columns)
    ]
    names = [row.name if isinstance(row, Remark) else row[0] for row in texts]
    widths[0] = max([widths[0], *map(len, names)])
    lines = [
        line(columns, widths, [c.title for c in columns]),
        line(columns, widths, [c.unit for c in columns]),
        "─" * (sum(widths) + len(GAP) * (len(widths) - 1)),
    ]
    for row in texts:
        if isinstance(row, Remark):
            lines.append(f"{row.name:<{widths[0]}}{GAP}{row.sentence}")
        else:
            lines.append(line(columns, widths, row))
    return "\n".join(text.rstrip() for text in lines if text.strip()) + "\n"


def line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    """Return one row, padded."""
    padded = (c.align(x, w) for c, x, w in zip(columns, cells, widths, strict=True))
    return GAP.join(padded)
