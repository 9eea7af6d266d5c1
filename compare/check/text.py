"""How a report is told: the table of gates, then notes, diagnosis, one sentence."""

import math
import re
import textwrap
from collections.abc import Iterable

from compare.check.catalogue import BY_KEY
from compare.check.findings import Finding, Gate, Report
from compare.check.guard import last_frame
from compare.check.lines.text import annotated
from compare.check.terms import Difference
from compare.show import terminal
from compare.show.terminal import Mood

NAME_WIDTH, WHAT_WIDTH = 19, 26
WIDTH = 98
MOODS: dict[str, Mood] = {"pass": "good", "FAIL": "bad", "-": ""}
LABEL = re.compile(
    r" *(?:- |[a-z]+(?: step)?: +)"
)  # what the lines of a paragraph begin with


def report(report: Report) -> str:
    """Return the whole report."""
    seen: set[str] = set()
    gates = [line for gate in report.gates for line in gate_lines(gate, seen)]
    return "\n".join([*report.heading, "", table_head(), *gates, *end(report)])


def end(report: Report) -> list[str]:
    """Return notes, the lines of the user's file, diagnosis and the last sentence."""
    notes, diagnosis = [], []
    if report.notes:
        notes = ["", "Noticed, and fine:", *(f"  {note}" for note in report.notes)]
    if report.differences:
        notes += ["", *_differences(report)]
    shown = annotated(
        report.reading, whole=report.whole_lines, relation=report.hint == 3
    )
    if report.findings and not report.passed and report.hint == 3:
        told = (_told(f, report) for f in report.findings)
        diagnosis = ["", "Diagnosis", *map(_indent, told)]
    return [
        *map(_wrapped, notes),
        *(["", *shown] if shown else []),  # a line of code is never broken
        *map(_wrapped, (*diagnosis, "", summary(report))),
    ]


def _told(finding: Finding, report: Report) -> str:
    """Return the paragraph of a finding; one without a name may have its line."""
    line = report.reading.departure
    is_found = line is not None and line.is_proved and not finding.seen
    if finding.keys or not is_found:
        return paragraph(finding, ruled_out=report.ruled_out)
    return paragraph(finding, ruled_out=report.ruled_out).replace(
        "Unknown: ", "The line is found, the mistake has no name: ", 1
    )


def _differences(report: Report) -> list[str]:
    """Return what network it is, if it is another one than the contract's."""
    by_chance = [d for d in report.differences if d.key == "random-training"]
    others = [d for d in report.differences if d.key != "random-training"]
    if by_chance:
        noticed = f"Noticed: {by_chance[0].words}."
        return [noticed, *_other_network(report, others)]
    return _other_network(report, others)


def _other_network(report: Report, others: list[Difference]) -> list[str]:
    listed = "; ".join(d.words for d in others)
    if not others:
        return []
    if report.passed and any(d.is_own for d in others):
        return [
            f"Your gradient is exact for your network, which is another one: {listed}.",
            "Finite differences of your own loss agree with the gradient, and PyTorch "
            "takes the same steps with it.",
        ]
    if report.passed:
        return [
            f"Your gradient is exact for your network, which is another one: {listed}.",
            "PyTorch was asked for the same network, and gives the same numbers.",
        ]
    return [
        f"Your network is another one, which is no mistake: {listed}.",
        "PyTorch was asked for the same network, and the gates compare with that.",
    ]


def summary(report: Report) -> str:
    """Return one sentence: what came of it."""
    failed = [gate for gate in report.gates if gate.passed is False]
    ran = [gate for gate in report.gates if gate.passed is not None]
    took = f" ({report.seconds:.1f} s)" if report.seconds else ""
    if not ran:
        return f"{report.label}: no gate could run.{took}"
    if not failed and any(d.key == "random-training" for d in report.differences):
        return (
            f"Nothing wrong was found: {report.label} passes all {len(ran)} gates that "
            f"could run. Its training could not be compared.{took}"
        )
    if not failed and any(d.is_own for d in report.differences):
        return (
            f"Different, not wrong: {report.label} passes all {len(ran)} gates on its "
            f"own terms. Its gradient is exact, and its steps follow it.{took}"
        )
    if not failed and report.differences:
        return (
            f"Different, not wrong: {report.label} passes all {len(ran)} gates on its "
            f"own terms. It computes what PyTorch computes for that network.{took}"
        )
    if not failed:
        return (
            f"Well done: {report.label} passes all {len(ran)} gates. "
            f"It computes what PyTorch computes.{took}"
        )
    return (
        f"{report.label} fails {len(failed)} of {len(ran)} gates, "
        f"the first at {failed[0].name}.{_cause(report)}{took}"
    )


def _cause(report: Report) -> str:
    """Return what is known of the cause, as far as the hints may tell."""
    if report.hint < 3 or not report.findings:
        return ""
    named, line = len(report.mistakes), report.reading.departure
    if named:
        how_many = "One mistake was" if named == 1 else f"{named} mistakes were"
        return f" {how_many} found: see above."
    if any(len(f.keys) > 1 for f in report.findings):
        return " Several causes are possible: see above."
    if any(f.seen for f in report.findings):
        return " What was seen is the cause: see above."
    if line is not None and line.is_proved:
        return " The line is found: see above."
    return " The cause is not known."


def table_head() -> str:
    """Return the heading of the table of gates."""
    head = f"{'gate':<{NAME_WIDTH}}{'compared with PyTorch':<{WHAT_WIDTH}}"
    head += f"{'error':>8}{'digits':>7}"
    return head if _is_narrow() else f"{head}  {'':<5} largest error at"


def _is_narrow() -> bool:
    """Say whether the place of an error has no room in the line of its gate."""
    return (terminal.width() or WIDTH) < WIDTH


def gate_line(gate: Gate) -> str:
    """Return the line: gate, what was compared, error, digits, where, verdict."""
    verdict = {True: "pass", False: "FAIL", None: "-"}[gate.passed]
    error = digits = where = ""
    c = gate.comparison
    if c is not None and math.isfinite(c.error):
        error, digits = f"{c.error:.1e}", f"{c.digits:.0f}"
        where = c.where + (f" of {c.network}" if c.network else "")
    elif c is not None:
        where = c.network
    head = f"{gate.name:<{NAME_WIDTH}}{gate.compared:<{WHAT_WIDTH}}"
    shown = terminal.paint(verdict, MOODS[verdict]) + " " * (5 - len(verdict))
    line = f"{head}{error:>8}{digits:>7}  {shown}"
    if not _is_narrow():
        return f"{line} {where}".rstrip()
    if error and gate.passed is False:
        return f"{line.rstrip()}\n  largest error at {where}"
    return line.rstrip()


def gate_lines(gate: Gate, seen: set[str]) -> Iterable[str]:
    """Yield the line of a gate, and what happened if it failed, each trace once."""
    yield gate_line(gate)
    if gate.passed is True:
        return
    # An exception is known by the line that raises it: told once, in whichever gate.
    known = last_frame(gate.trace) or gate.message
    if known in seen:
        return
    seen.add(known)
    if gate.message:
        yield _wrapped(_indent(gate.message))
    if gate.trace:
        yield _indent(gate.trace, 4)


def _wrapped(text: str) -> str:
    """Return text with long lines broken, the rest of each under its own words."""
    lines, width = [], min(WIDTH, terminal.width() or WIDTH)
    for line in text.splitlines():
        label = LABEL.match(line)
        hanging = " " * (label.end() if label else len(line) - len(line.lstrip()))
        lines += textwrap.wrap(line, width, subsequent_indent=hanging) or [""]
    return "\n".join(lines)


def _indent(text: str, spaces: int = 2) -> str:
    return "\n".join(" " * spaces + line for line in text.splitlines())


def paragraph(finding: Finding, *, ruled_out: bool = False) -> str:
    """Return a paragraph for the report."""
    if not finding.keys:
        return _unknown(finding, ruled_out)
    if len(finding.keys) > 1:
        return _several(finding)
    mistake = BY_KEY[finding.keys[0]]
    title = mistake.title[0].upper() + mistake.title[1:]
    details = ", ".join(part for part in (finding.where, finding.remark) if part)
    lines = [f"{title}{' (' + details + ')' if details else ''}."]
    lines.append(f"  right:      {mistake.right}")
    lines.append(f"  see:        {mistake.place}")
    how_sure = "sure" if finding.sure else "likely"
    lines.append(f"  confidence: {how_sure}. {finding.reason}")
    return "\n".join(lines)


def _several(finding: Finding) -> str:
    lines = [f"Several mistakes explain {finding.stage} equally well:"]
    for key in finding.keys:
        mistake = BY_KEY[key]
        lines.append(f"  - {mistake.title}: {mistake.right}  ({mistake.place})")
    lines.append(f"  {finding.apart}")
    return "\n".join(lines)


def _unknown(finding: Finding, ruled_out: bool) -> str:
    if finding.seen:
        return f"Seen directly: {finding.reason}"
    lines = [f"Unknown: {finding.reason}"]
    labels = ["measured:", *[""] * len(finding.facts)]
    lines += [f"  {a:<11} {b}" for a, b in zip(labels, finding.facts, strict=False)]
    if finding.next_step:
        lines.append(f"  next step:  {finding.next_step}")
    if finding.ruled_out and ruled_out:
        lines.append("  ruled out, each of them alone, in the forms that are known:")
        lines += [f"    {BY_KEY[key].title}" for key in finding.ruled_out]
    return "\n".join(lines)
