"""The table of a class: who passes, which gates fail how often, which mistakes.

Refuses to rank people: files stand in the order in which they were named.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator

from compare.check.marking.marks import Mark

NARROWEST = 24  # of the last column


def table(marks: list[Mark], width: int, hint: int) -> list[str]:
    """Return the lines: one submission each, then counts by gate and by mistake."""
    lines = list(_each(marks, width, hint))
    lines += ["", *_by_gate(marks)]
    if hint == 3:
        lines += ["", *_by_mistake(marks, width)]
    n_passed = sum(mark.passed for mark in marks)
    lines += ["", f"{n_passed} of {len(marks)} pass all gates."]
    return lines


def _each(marks: list[Mark], width: int, hint: int) -> Iterator[str]:
    longest = max(len("file"), *(len(mark.label) for mark in marks))
    name_width = min(longest, max(16, 2 * width // 5))
    room = max(NARROWEST, width - name_width - 13)
    yield f"{'file':<{name_width}}  {'gates':>7}  {'':<4}what is wrong"
    for mark in marks:
        ran = mark.count(True) + mark.count(False)
        gates = f"{mark.count(True)}/{ran}" if ran else "-"
        name = _shortened(mark.label, name_width)
        said = f"ok; {mark.choices}".rstrip("; ") if mark.passed else remark(mark, hint)
        pieces = textwrap.wrap(said, room) or [""]
        head = f"{name:<{name_width}}  {gates:>7}  "
        yield f"{head}{pieces[0]}".rstrip()
        for piece in pieces[1:]:
            yield f"{'':<{len(head)}}{piece}"


def remark(mark: Mark, hint: int = 3) -> str:
    """Return what is wrong in a line: the gate, the user's line, the mistake."""
    if mark.passed:
        return ""
    if mark.problem:
        return mark.problem.splitlines()[0]
    parts = [f"fails at {mark.failed_gates[0]}"] if mark.failed_gates else []
    departure = mark.report.get("departure")
    if hint >= 2 and departure:
        parts.append(f"line {departure['line']}")
    if hint == 3:
        if mark.titles:
            parts.append("; ".join(mark.titles))
        elif departure:
            parts.append(f"{departure['variable']}: {departure['relation']}")
    return ", ".join(parts)


def _by_gate(marks: list[Mark]) -> Iterator[str]:
    failed = Counter(
        gate for mark in marks for gate in dict.fromkeys(mark.failed_gates)
    )
    unreadable = sum(bool(mark.problem) for mark in marks)
    yield f"{'gate':<22}{'fails in':>8}"
    order = dict.fromkeys(g["gate"] for mark in marks for g in mark.report["gates"])
    for gate in order:
        if failed[gate]:
            yield f"{gate:<22}{failed[gate]:>8}"
    if unreadable:
        yield f"{'not checked to the end':<22}{unreadable:>8}"
    if not failed and not unreadable:
        yield "none"


def _by_mistake(marks: list[Mark], width: int) -> Iterator[str]:
    named = Counter(title for mark in marks for title in dict.fromkeys(mark.titles))
    unnamed = sum(
        not mark.passed and not mark.titles and not mark.problem for mark in marks
    )
    yield f"{'made by':>7}  mistake"
    for title, n in named.most_common():
        for k, piece in enumerate(textwrap.wrap(title, max(30, width - 9))):
            yield f"{n if k == 0 else '':>7}  {piece}"
    if unnamed:
        yield f"{unnamed:>7}  without a name: see the line that is told"
    if not named and not unnamed:
        yield f"{'-':>7}  none"


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-(width - 1) :]
