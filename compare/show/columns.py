"""Tables as values, and as aligned plain text: on a terminal, in a file, in a README.

A table is columns and rows of cells; the page of a comparison shows the same ones. On a
terminal that is too narrow it is turned, so that its rows become columns, or cut
between columns into tables below one another: a cell is never broken, except that
prose is wrapped between its words.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compare.show import terminal
from compare.show.terminal import Mood

GAP = "   "
# A column of prose is not made narrower than this.
LEAST_PROSE = 24


@dataclass(frozen=True)
class Column:
    """A heading of two lines; the second holds the unit or what is shown."""

    title: str
    unit: str = ""
    right: bool = False
    prose: bool = False
    """Its sentences may be wrapped."""


@dataclass(frozen=True)
class Cell:
    """One figure, its spread or interval, and what restricts it."""

    figure: str
    detail: str = ""
    remark: str = ""
    value: float | None = None
    """The number behind the figure, to sort by."""
    mood: Mood = ""
    """Repeats in colour what the words say."""

    def __str__(self) -> str:
        """Return 97.85 ± 0.06, or 1.90 (1.80–2.00; another computation)."""
        if self.detail.startswith("±"):
            return f"{self.figure} {self.detail}"
        brackets = "; ".join(filter(None, [self.detail, self.remark]))
        return f"{self.figure} ({brackets})" if brackets else self.figure


@dataclass(frozen=True)
class Remark:
    """A row without figures: its name, and a sentence in their place."""

    name: str
    sentence: str


Row = Sequence[str | Cell] | Remark


def render(
    columns: Sequence[Column], rows: Sequence[Row], *, width: int | None = None
) -> str:
    """Return a table that fits into `width` characters, by default the terminal's.

    A remark's sentence stands across all columns but the first.
    """
    width = width or terminal.width()
    full = [[_cell(c) for c in row] for row in rows if not isinstance(row, Remark)]
    for row in full:
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} cells in {len(columns)} columns")
    table = [_Strip(c, [row[i] for row in full]) for i, c in enumerate(columns)]
    names = [row.name if isinstance(row, Remark) else str(row[0]) for row in rows]
    table[0].width = max([table[0].width, *map(len, names)])
    if width is not None and _width(table) > width:
        _narrow_prose(table, width)
    if width is None or _width(table) <= width:
        return "".join(_lines(table, rows, width))
    if len(full) < len(columns):
        return _turned(columns, rows, width)
    return _cut(table, rows, width)


def _cell(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)


class _Strip:
    """A column with its cells as text, and how wide it is."""

    def __init__(self, column: Column, cells: Sequence[Cell]) -> None:
        self.column = column
        self.cells = [(str(cell), cell.mood) for cell in cells]
        texts = [column.title, column.unit, *(text for text, _ in self.cells)]
        self.width = max(map(len, texts))

    def shown(self, text: str, mood: Mood = "") -> str:
        """Pad one line of a cell; colour does not count."""
        space = " " * (self.width - len(text))
        painted = terminal.paint(text, mood)
        return space + painted if self.column.right else painted + space

    def wrapped(self, row: int) -> list[str]:
        """Return the lines of a cell: one, unless it is prose."""
        text, mood = self.cells[row]
        lines = [text]
        if self.column.prose and len(text) > self.width:
            lines = textwrap.wrap(text, self.width, break_long_words=False)
        return [self.shown(line, mood) for line in lines]


def _width(table: Sequence[_Strip]) -> int:
    return sum(strip.width for strip in table) + len(GAP) * (len(table) - 1)


def _narrow_prose(table: Sequence[_Strip], width: int) -> None:
    """Let the columns of prose share what the others leave."""
    prose = [strip for strip in table if strip.column.prose]
    for strip in prose:
        rest = _width(table) - strip.width
        strip.width = max(min(LEAST_PROSE, strip.width), min(strip.width, width - rest))


def _lines(
    table: Sequence[_Strip], rows: Sequence[Row], width: int | None
) -> Iterator[str]:
    """Yield heading, rule and rows."""
    for line in (
        [strip.column.title for strip in table],
        [strip.column.unit for strip in table],
    ):
        if any(line):
            yield _joined(strip.shown(t) for strip, t in zip(table, line, strict=True))
    yield "─" * _width(table) + "\n"
    number = 0
    for row in rows:
        if isinstance(row, Remark):
            yield _remark(row, table[0].width, width)
            continue
        cells = [strip.wrapped(number) for strip in table]
        for i in range(max(map(len, cells))):
            yield _joined(
                lines[i] if i < len(lines) else " " * strip.width
                for strip, lines in zip(table, cells, strict=True)
            )
        number += 1


def _joined(parts: Iterator[str]) -> str:
    return GAP.join(parts).rstrip() + "\n"


def _remark(row: Remark, name_width: int, width: int | None) -> str:
    lead = f"{row.name:<{name_width}}{GAP}"
    room = None if width is None else width - len(lead)
    if room is None or len(row.sentence) <= room:
        return f"{lead}{row.sentence}".rstrip() + "\n"
    if room >= LEAST_PROSE:
        return (
            textwrap.fill(
                row.sentence,
                width or 0,
                initial_indent=lead,
                subsequent_indent=" " * len(lead),
                break_long_words=False,
            )
            + "\n"
        )
    sentence = f"{row.name}: {row.sentence}" if row.name else row.sentence
    return textwrap.fill(sentence, width or 0, subsequent_indent="  ") + "\n"


def _cut(table: Sequence[_Strip], rows: Sequence[Row], width: int) -> str:
    """Return several tables, each with the first column and as many as fit beside it.

    Remarks are said once, in the first.
    """
    parts = [[table[0]]]
    for strip in table[1:]:
        if len(parts[-1]) > 1 and _width([*parts[-1], strip]) > width:
            parts.append([table[0]])
        parts[-1].append(strip)
    plain = [row for row in rows if not isinstance(row, Remark)]
    blocks = ["".join(_lines(parts[0], rows, width))]
    blocks += ["".join(_lines(part, plain, width)) for part in parts[1:]]
    return "\n".join(blocks)


def _turned(columns: Sequence[Column], rows: Sequence[Row], width: int) -> str:
    """Return the table with a column for each row, its details below its figures.

    Remarks stand below it; where there is nothing else, no headings either.
    """
    full = [[_cell(c) for c in row] for row in rows if not isinstance(row, Remark)]
    lines: list[list[Cell]] = []
    for i, column in enumerate(columns[1:], start=1):
        cells = [row[i] for row in full]
        lines.append(
            [Cell(column.title), *(Cell(c.figure, mood=c.mood) for c in cells)]
        )
        if column.unit or any(cell.detail for cell in cells):
            details = [Cell(cell.detail.strip()) for cell in cells]
            lines.append([Cell(f"  {column.unit}", mood="soft"), *details])
        if any(cell.remark for cell in cells):
            lines.append([Cell(""), *(Cell(cell.remark) for cell in cells)])
    # One without a name parts the rows of the wide table, and these are columns now.
    said = [row for row in rows if isinstance(row, Remark) and row.name]
    name_width = max((len(row.name) for row in said), default=0)
    remarks = "".join(_remark(row, name_width, width) for row in said)
    if not full:
        return remarks
    heads = [
        Column(columns[0].title),
        *(Column(str(row[0]), right=True) for row in full),
    ]
    strips = [_Strip(head, [line[i] for line in lines]) for i, head in enumerate(heads)]
    return _cut(strips, lines, width) + remarks
