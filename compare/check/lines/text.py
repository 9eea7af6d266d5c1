"""The user's own code with a column beside it: what each line computes.

The first line that is wrong is marked, with what should be there and what is. Refuses
to break a line of code: a long one has its remark below.
"""

import shutil
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from compare.check.lines.result import Computed, Reading, WrongLine, short_name

AROUND = 3  # lines shown before and behind a wrong one
NARROW, WIDE = 60, 98
LEGEND = (
    "Layers count from 0: z[l] = a[l−1] W[l] + b[l], a[l] = f(z[l]), p = softmax of "
    "the last z. A d before a name means the slope of the loss in it: dz, da, dW, db. "
    "B is the number of rows of the batch."
)


def width_at_hand() -> int:
    """Return the width of the terminal, between 60 and 98 columns."""
    columns = shutil.get_terminal_size((WIDE + 2, 24)).columns
    return max(NARROW, min(WIDE, columns - 2))


def annotated(
    reading: Reading, *, whole: bool = False, width: int | None = None
) -> list[str]:
    """Return the paragraph: code, what it computes, and the line that is wrong.

    `whole`: all lines of the file; otherwise those around the wrong one, and none if
    no line is wrong.
    """
    width = width or width_at_hand()
    if not whole and not reading.wrong:
        return _wrapped(reading.refusal, width) if reading.refusal else []
    lines: list[str] = []
    for file, source in reading.sources.items():
        shown = _shown(reading, file, len(source), whole)
        if shown:
            lines += [f"Your lines, and what they compute ({short_name(file)})", ""]
            lines += _listing(reading, file, source, shown, width)
            lines.append("")
    if reading.departure is not None:
        lines += _wrapped(_meaning(reading), width)
    lines += _wrapped(LEGEND, width)
    if reading.refusal:
        lines += _wrapped(reading.refusal, width)
    return lines


def _shown(reading: Reading, file: str, n_lines: int, whole: bool) -> list[int]:
    """Return the numbers of the lines to show."""
    if whole:
        files = {c.file for c in reading.lines} | {w.file for w in reading.wrong}
        return list(range(1, n_lines + 1)) if file in files else []
    near = {
        number
        for wrong in reading.wrong
        if wrong.file == file
        for number in range(wrong.line - AROUND, wrong.line + AROUND + 1)
    }
    return sorted(n for n in near if 1 <= n <= n_lines)


def _listing(
    reading: Reading, file: str, source: list[str], shown: list[int], width: int
) -> Iterator[str]:
    gutter = len(str(shown[-1])) + 5
    computed = _by_line(reading.lines, file)
    code_width = _code_width([source[n - 1] for n in shown], width - gutter)
    for before, number in pairwise([shown[0] - 1, *shown]):
        if number > before + 1:
            yield f"{'⋮':>{gutter - 2}}"
        wrong = next(
            (w for w in reading.wrong if (w.file, w.line) == (file, number)), None
        )
        yield from _row(
            number,
            source[number - 1].rstrip().expandtabs(4),
            computed.get(number, "") if wrong is None else "",
            gutter,
            code_width,
            width,
            wrong is not None,
        )
        if wrong is not None:
            yield from _marked(wrong, source[number - 1], gutter, width)


def _by_line(lines: list[Computed], file: str) -> dict[int, str]:
    found: dict[int, list[Computed]] = {}
    for line in lines:
        if line.file == file:
            found.setdefault(line.line, []).append(line)
    return {
        number: (
            here[0].computes
            if len(here) == 1
            else "; ".join(_short_computed(c) for c in here)
        )
        for number, here in found.items()
    }


def _short_computed(c: Computed) -> str:
    return c.computes


def _code_width(code: list[str], room: int) -> int:
    """Return where the second column begins: behind the lines that leave it room."""
    most = room - 24
    return max(
        [len(line.rstrip()) for line in code if len(line.rstrip()) <= most] or [0]
    )


def _row(
    number: int,
    code: str,
    remark: str,
    gutter: int,
    code_width: int,
    width: int,
    is_wrong: bool,
) -> Iterator[str]:
    mark = ">" if is_wrong else " "
    head = f"{mark} {number:>{gutter - 5}} | "
    room = width - gutter - code_width - 2
    if remark and len(code) <= code_width and len(remark) <= room:
        yield f"{head}{code:<{code_width}}  {remark}".rstrip()
        return
    yield f"{head}{code}".rstrip()
    if remark:
        blank = " " * (gutter - 2) + "| "
        indent = len(code) - len(code.lstrip())
        pieces = textwrap.wrap(remark, max(20, width - gutter - indent - 4))
        for k, piece in enumerate(pieces):
            yield f"{blank}{' ' * indent}{'└ ' if k == 0 else '  '}{piece}"


def _marked(wrong: WrongLine, code: str, gutter: int, width: int) -> Iterator[str]:
    """Yield the rows below a wrong line: which part, what should be, what is."""
    blank = " " * (gutter - 2) + "| "
    indent = len(code) - len(code.lstrip())
    start, end = wrong.column, wrong.end_column
    if end < 0:
        end = len(code.rstrip())
    start = max(start, indent)
    yield f"{blank}{' ' * start}{'^' * max(1, end - start)}"
    start = min(start, indent + 4)
    for head, text in (("should be", wrong.expected), ("it is", wrong.relation)):
        if head == "it is":
            head, text = _found(text)
        room = max(24, width - gutter - start - 11)
        for k, piece in enumerate(textwrap.wrap(text, room)):
            yield f"{blank}{' ' * start}{head if k == 0 else '':<10} {piece}"


def _found(relation: str) -> tuple[str, str]:
    """Return the head and the rest of the row that tells what was found."""
    return "found", relation.removeprefix("it is ")


def _meaning(reading: Reading) -> str:
    """Return the sentence that says how sure it is, and what remains."""
    wrong = reading.departure
    if wrong is None:
        return ""
    where = f"line {wrong.line}"
    if not wrong.is_proved and wrong.expected == "no exception":
        return f"Your code stops in {where}."
    if not wrong.is_proved:
        return (
            f"Up to {where} everything is recognised. Begin there; no single "
            "correction makes your answers right."
        )
    if not wrong.still_wrong:
        return (
            f"With the right value in {where}, all that you return is right. So the "
            "mistake is there, and nothing before it is wrong."
        )
    if len(reading.wrong) > 1 and not reading.wrong[-1].still_wrong:
        others = " and ".join(f"line {w.line}" for w in reading.wrong[1:])
        return f"There is more than one mistake: with {where} right, {others} remains."
    return (
        f"With the right value in {where}, {_list(wrong.mended)} become right; "
        f"{_list(wrong.still_wrong)} are still wrong, so there is another mistake."
    )


def _list(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    shown = names if len(names) <= 4 else (*names[:3], f"{len(names) - 3} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width)
