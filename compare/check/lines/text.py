"""The user's own code with a column beside it: what each line computes.

The first line that is wrong is marked, with what should be there and what is. Refuses
to break a line of code: a long one has its remark below.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from compare.check.lines.numbering import in_words, numbering
from compare.check.lines.result import Computed, Reading, WrongLine, short_name
from compare.show import terminal

AROUND = 3  # lines shown before and behind a wrong one
NARROW, WIDE = 60, 98
REMARK = 24  # columns that a remark beside the code has at least
LEGEND = (
    "Layers count from 0: z[l] = a[l−1] W[l] + b[l], a[l] = f(z[l]), p = softmax of "
    "the last z. A d before a name means the slope of the loss in it: dz, da, dW, db. "
    "B is the number of rows of the batch."
)


def width_at_hand() -> int:
    """Return the width of the terminal, between 60 and 98 columns."""
    return max(NARROW, min(WIDE, (terminal.width() or WIDE + 2) - 2))


def annotated(
    reading: Reading,
    *,
    whole: bool = False,
    relation: bool = True,
    width: int | None = None,
) -> list[str]:
    """Return the paragraphs: code, what it computes, the line that is wrong, facts.

    `whole`: all lines of the file; otherwise those around the wrong one, and none if
    no line is wrong. Without `relation` it is only told where, not what is wrong.
    """
    width = width or width_at_hand()
    lines: list[str] = []
    if whole or reading.wrong or reading.unexplained:
        for file, source in reading.sources.items():
            lines += _Listing(reading, file, source, width, relation).rows(whole)
        lines += textwrap.wrap(meaning(reading), width)
        if relation and lines:
            lines += ["", *textwrap.wrap(LEGEND, width)]
    if reading.facts and relation:
        lines += [""] if lines else []
        lines.append("What your training does")
        for fact in reading.facts:
            lines += textwrap.wrap(fact, width - 4, initial_indent="  - ")
    if reading.refusal:
        lines += [""] if lines else []
        lines += textwrap.wrap(reading.refusal, width)
    return lines


@dataclass
class _Listing:
    """The lines of one file, and what stands beside and below them."""

    reading: Reading
    file: str
    source: list[str]
    width: int
    relation: bool

    def __post_init__(self) -> None:
        self.names = numbering(self.source)
        self.wrong = {w.line: w for w in self.reading.wrong if w.file == self.file}
        self.gutter = 5
        self.code_width = 0

    def rows(self, whole: bool) -> list[str]:
        """Return title, lines and remarks; nothing if no line is to be shown."""
        shown = self._shown(whole)
        if not shown:
            return []
        self.gutter = max(len(self.names[n - 1]) for n in shown) + 5
        room = self.width - self.gutter - REMARK
        lengths = [len(self._code(n)) for n in shown]
        self.code_width = max([n for n in lengths if n <= room], default=0)
        title = "Your lines, and what they compute" if self.relation else "Your lines"
        lines = [f"{title} ({short_name(self.file)})", ""]
        computed = self._computed() if self.relation else {}
        for before, number in pairwise([shown[0] - 1, *shown]):
            if number > before + 1:
                lines.append(f"{'⋮':>{self.gutter - 2}}")
            lines += self._row(number, computed.get(number, ""))
        return [*lines, ""]

    def _shown(self, whole: bool) -> list[int]:
        n_lines = len(self.source)
        if whole:
            files = {c.file for c in self.reading.lines} | {
                w.file for w in self.reading.wrong
            }
            return list(range(1, n_lines + 1)) if self.file in files else []
        begin = self.reading.unexplained
        is_here = begin is not None and begin.file == self.file and not self.wrong
        near = {
            number
            for line in (self.wrong or ([begin.line] if begin and is_here else []))
            for number in range(line - AROUND, line + AROUND + 1)
        }
        return sorted(n for n in near if 1 <= n <= n_lines)

    def _code(self, number: int) -> str:
        return self.source[number - 1].rstrip().expandtabs(4)

    def _computed(self) -> dict[int, str]:
        """Return the remark of each line, those of several values in a row."""
        found: dict[int, list[Computed]] = {}
        for line in self.reading.lines:
            if line.file == self.file and line.line not in self.wrong:
                found.setdefault(line.line, []).append(line)
        return {
            number: "; ".join(dict.fromkeys(c.computes for c in here))
            for number, here in found.items()
        }

    def _row(self, number: int, remark: str) -> Iterator[str]:
        code, wrong = self._code(number), self.wrong.get(number)
        mark = ">" if wrong else " "
        head = f"{mark} {self.names[number - 1]:>{self.gutter - 5}} | "
        room = self.width - self.gutter - self.code_width - 2
        if remark and len(code) <= self.code_width and len(remark) <= room:
            yield f"{head}{code:<{self.code_width}}  {remark}".rstrip()
            return
        yield f"{head}{code}".rstrip()
        indent = len(code) - len(code.lstrip())
        if remark:
            yield from self._below(indent, "└", remark)
        if wrong is not None:
            yield from self._marked(wrong, code, indent)

    def _below(self, indent: int, head: str, text: str) -> Iterator[str]:
        """Yield rows under a line of code."""
        blank = " " * (self.gutter - 3) + " | "
        blank = blank[-self.gutter :]
        indent = min(indent, max(0, self.width - self.gutter - len(head) - 30))
        room = self.width - self.gutter - indent - len(head) - 1
        for k, piece in enumerate(textwrap.wrap(text, room)):
            first = head if k == 0 else " " * len(head)
            yield f"{blank}{' ' * indent}{first} {piece}"

    def _marked(self, wrong: WrongLine, code: str, indent: int) -> Iterator[str]:
        """Yield which part of the line is meant, what should be there, what is."""
        start = max(wrong.column, indent)
        end = wrong.end_column if wrong.end_column > start else len(code)
        blank = " " * (self.gutter - 3) + " | "
        yield f"{blank[-self.gutter :]}{' ' * start}{'^' * max(1, end - start)}"
        if self.relation:
            indent = min(start, indent + 4)
            yield from self._below(indent, "should be ", wrong.expected)
            found = wrong.relation.removeprefix("it is ")
            yield from self._below(indent, "found     ", found)


def meaning(reading: Reading) -> str:
    """Return the sentence that says how sure it is, and what remains."""
    wrong, strange = reading.departure, reading.unexplained
    if wrong is None and strange is None:
        return ""
    if wrong is None and strange is not None:
        where = _place(reading, strange)
        return (
            "No line is marked: no single correction makes your answers right. Up to "
            f"{where} everything is recognised; what that line computes is like "
            "nothing that a right computation holds, which need not be the mistake. "
            "Begin there."
        )
    assert wrong is not None
    where = _place(reading, wrong)
    if not wrong.is_proved:
        return f"Your code stops in {where}."
    if not wrong.still_wrong:
        return (
            f"With the right value in {where}, all that you return is right. So the "
            "mistake is there, and nothing before it is wrong."
        )
    others = " and ".join(_place(reading, w) for w in reading.wrong[1:])
    if others and not reading.wrong[-1].still_wrong:
        return (
            f"There is more than one mistake: with {where} mended, there is still "
            f"{others}. With all of them mended, all that you return is right."
        )
    return (
        f"With the right value in {where}, {_list(wrong.mended)} "
        f"{'becomes' if len(wrong.mended) == 1 else 'become'} right; "
        f"{_list(wrong.still_wrong)} {'is' if len(wrong.still_wrong) == 1 else 'are'} "
        "still wrong, so there is another mistake."
    )


def _place(reading: Reading, wrong: WrongLine) -> str:
    source = reading.sources.get(wrong.file, [])
    place = in_words(numbering(source)[wrong.line - 1])
    is_elsewhere = len({w.file for w in reading.wrong}) > 1
    return f"{place} of {short_name(wrong.file)}" if is_elsewhere else place


def _list(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    shown = names if len(names) <= 4 else (*names[:3], f"{len(names) - 3} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
