"""What a check found: gates, findings, and how both are told.

`str(report)` is for people, `report.to_dict()` for machines; `report.passed` decides.
"""

import json
import math
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from compare.check.comparison import Comparison
from compare.check.mistakes import BY_KEY

NAME_WIDTH, WHAT_WIDTH = 19, 26
WIDTH = 98
LABEL = re.compile(r" *(?:- |[a-z]+: +)")  # what the lines of a paragraph begin with


@dataclass(frozen=True)
class Gate:
    """One line of the report.

    `passed` is None if the gate could not run, and `message` then says why.
    """

    name: str
    compared: str
    passed: bool | None
    comparison: Comparison | None = None
    tolerance: float = 0.0
    message: str = ""
    trace: str = ""

    def __str__(self) -> str:
        """Return the line: gate, what was compared, error, digits, where, verdict."""
        verdict = {True: "pass", False: "FAIL", None: "-"}[self.passed]
        error = digits = where = ""
        c = self.comparison
        if c is not None and math.isfinite(c.error):
            error, digits = f"{c.error:.1e}", f"{c.digits:.0f}"
            where = c.where + (f" of {c.network}" if c.network else "")
        elif c is not None:
            where = c.network
        head = f"{self.name:<{NAME_WIDTH}}{self.compared:<{WHAT_WIDTH}}"
        return f"{head}{error:>8}{digits:>7}  {verdict:<5} {where}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return the gate for JSON; an infinite error becomes null."""
        c = self.comparison
        finite = c is not None and math.isfinite(c.error)
        return {
            "gate": self.name,
            "compared": self.compared,
            "passed": self.passed,
            "largest_relative_error": c.error if c is not None and finite else None,
            "tolerance": self.tolerance,
            "tensor": c.name if c else None,
            "index": list(c.index) if c else None,
            "network": c.network if c else None,
            "digits": round(c.digits, 1) if c else None,
            "message": self.message,
            "traceback": self.trace,
        }


@dataclass(frozen=True)
class Finding:
    """What explains a failure: one mistake, several that look alike, or none known.

    `keys` are those that reproduce the numbers: exactly one is a diagnosis.
    """

    stage: str
    keys: tuple[str, ...]
    where: str = ""
    remark: str = ""
    reason: str = ""
    sure: bool = True
    apart: str = ""  # what would tell several explanations apart
    ruled_out: tuple[str, ...] = ()

    @property
    def mistake(self) -> str | None:
        """Return the key of the one mistake found, or None."""
        return self.keys[0] if len(self.keys) == 1 else None

    def __str__(self) -> str:
        """Return a paragraph for the report."""
        if not self.keys:
            return _unknown(self)
        if len(self.keys) > 1:
            return _several(self)
        mistake = BY_KEY[self.keys[0]]
        title = mistake.title[0].upper() + mistake.title[1:]
        details = ", ".join(part for part in (self.where, self.remark) if part)
        lines = [f"{title}{' (' + details + ')' if details else ''}."]
        lines.append(f"  right:      {mistake.right}")
        lines.append(f"  see:        {mistake.place}")
        how_sure = "sure" if self.sure else "likely"
        lines.append(f"  confidence: {how_sure}. {self.reason}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {
            "stage": self.stage,
            "mistake": self.mistake,
            "candidates": list(self.keys),
            "where": self.where,
            "remark": self.remark,
            "sure": self.sure,
            "reason": self.reason,
            "titles": [BY_KEY[key].title for key in self.keys],
            "right": [BY_KEY[key].right for key in self.keys],
            "see": [BY_KEY[key].place for key in self.keys],
            "told_apart_by": self.apart,
            "ruled_out": list(self.ruled_out),
        }


def _several(finding: Finding) -> str:
    lines = [f"Several mistakes explain {finding.stage} equally well:"]
    for key in finding.keys:
        mistake = BY_KEY[key]
        lines.append(f"  - {mistake.title}: {mistake.right}  ({mistake.place})")
    lines.append(f"  {finding.apart}")
    return "\n".join(lines)


def _unknown(finding: Finding) -> str:
    lines = [f"Unknown: {finding.reason}"]
    if finding.ruled_out:
        lines.append("  ruled out, each of them alone, in the forms that are known:")
        lines += [f"    {BY_KEY[key].title}" for key in finding.ruled_out]
    return "\n".join(lines)


@dataclass
class Report:
    """The outcome of one check."""

    label: str
    heading: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    diagnose: bool = True

    @property
    def passed(self) -> bool:
        """Whether no gate failed, and at least one ran."""
        ran = [gate.passed for gate in self.gates if gate.passed is not None]
        return bool(ran) and all(ran)

    def __bool__(self) -> bool:
        """Return `passed`, so that `assert compare.check(MyMLP)` works."""
        return self.passed

    @property
    def mistakes(self) -> list[str]:
        """Keys of the mistakes that were named, each once."""
        named = [f.mistake for f in self.findings if f.mistake]
        return list(dict.fromkeys(named))

    def __str__(self) -> str:
        """Return the whole report as text."""
        return "\n".join([*self.heading, "", table_head(), *self.lines(), *self.end()])

    def lines(self) -> Iterable[str]:
        """Yield the lines of the gates, each failure with its message."""
        seen: set[str] = set()
        for gate in self.gates:
            yield from gate_lines(gate, seen)

    def end(self) -> list[str]:
        """Return notes, diagnosis and the last sentence."""
        lines: list[str] = []
        if self.notes:
            lines += ["", "Noticed, and fine:", *(f"  {note}" for note in self.notes)]
        if self.findings and not self.passed and self.diagnose:
            lines += ["", "Diagnosis", *(_indent(str(f)) for f in self.findings)]
        return [_wrapped(text) for text in (*lines, "", self.summary())]

    def summary(self) -> str:
        """Return one sentence: what came of it."""
        failed = [gate for gate in self.gates if gate.passed is False]
        ran = [gate for gate in self.gates if gate.passed is not None]
        took = f" ({self.seconds:.1f} s)" if self.seconds else ""
        if not ran:
            return f"{self.label}: no gate could run.{took}"
        if not failed:
            return (
                f"Well done: {self.label} passes all {len(ran)} gates. "
                f"It computes what PyTorch computes.{took}"
            )
        named = len(self.mistakes)
        cause = ""
        if self.diagnose and self.findings:
            cause = {
                0: " The cause is not known.",
                1: " One mistake was found: see above.",
            }.get(named, f" {named} mistakes were found: see above.")
            if any(len(f.keys) > 1 for f in self.findings) and not named:
                cause = " Several causes are possible: see above."
        return (
            f"{self.label} fails {len(failed)} of {len(ran)} gates, "
            f"the first at {failed[0].name}.{cause}{took}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return {
            "label": self.label,
            "passed": self.passed,
            "mistakes": self.mistakes,
            "gates": [gate.to_dict() for gate in self.gates],
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": self.notes,
            "seconds": self.seconds,
        }

    def to_json(self) -> str:
        """Return `to_dict()` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)


def table_head() -> str:
    """Return the heading of the table of gates."""
    return (
        f"{'gate':<{NAME_WIDTH}}{'compared with PyTorch':<{WHAT_WIDTH}}"
        f"{'error':>8}{'digits':>7}  {'':<5} largest error at"
    )


def gate_lines(gate: Gate, seen: set[str]) -> Iterable[str]:
    """Yield the line of a gate, and what happened if it failed, each trace once."""
    yield str(gate)
    if gate.passed is True:
        return
    if gate.message and gate.message not in seen:
        seen.add(gate.message)
        yield _indent(gate.message)
    if gate.trace and gate.trace not in seen:
        seen.add(gate.trace)
        yield _indent(gate.trace, 4)


def _wrapped(text: str) -> str:
    """Return text with long lines broken, the rest of each under its own words."""
    lines = []
    for line in text.splitlines():
        label = LABEL.match(line)
        hanging = " " * (label.end() if label else len(line) - len(line.lstrip()))
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=hanging) or [""]
    return "\n".join(lines)


def _indent(text: str, spaces: int = 2) -> str:
    return "\n".join(" " * spaces + line for line in text.splitlines())
