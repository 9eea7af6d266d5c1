"""What a check found: gates and findings.

`str(report)` is for people (`text.py`), `report.to_dict()` for machines;
`report.passed` decides.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from compare.check.arrays import Comparison
from compare.check.catalogue import BY_KEY
from compare.check.lines.result import Reading
from compare.check.terms import Difference


@dataclass(frozen=True)
class Gate:
    """One line of the report.

    `stage` is what the diagnosis explains: "contract", "forward", "loss", "gradient",
    "finite differences", "extremes", "steps", "epoch". `passed` is None if the gate
    could not run, and `message` then says why.
    """

    stage: str
    name: str
    compared: str
    passed: bool | None
    comparison: Comparison | None = None
    tolerance: float = 0.0
    message: str = ""
    trace: str = ""

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
    facts: tuple[str, ...] = ()  # what was measured, where no name fits
    next_step: str = ""
    seen: bool = False  # a gate has seen the cause itself: `reason` says it

    @property
    def mistake(self) -> str | None:
        """Return the key of the one mistake found, or None."""
        return self.keys[0] if len(self.keys) == 1 else None

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
            "facts": list(self.facts),
            "next_step": self.next_step,
            "seen": self.seen,
        }


@dataclass
class Report:
    """The outcome of one check.

    `read` reads the user's own lines. That takes a moment, so it is done when somebody
    asks for the text or for JSON, and once.
    """

    label: str
    heading: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0.0
    hint: int = 3  # how much is told: 1 the gates, 2 also the line, 3 also the mistake
    whole_lines: bool = False  # show the whole file, not the lines around the mistake
    ruled_out: bool = False  # whether to list what an unknown mistake is not
    read: Callable[[], Reading] = Reading

    @cached_property
    def reading(self) -> Reading:
        """What the lines of the user's file compute, and which is the first wrong."""
        return self.read()

    @property
    def passed(self) -> bool:
        """Whether no gate failed, and at least one ran."""
        ran = [gate.passed for gate in self.gates if gate.passed is not None]
        return bool(ran) and all(ran)

    @property
    def verdict(self) -> str:
        """ "right", "different" (another network, and no mistake in it) or "wrong"."""
        if not self.passed:
            return "wrong"
        return "different" if self.differences else "right"

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
        from compare.check import text  # which knows what a report is

        return text.report(self)

    def summary(self) -> str:
        """Return one sentence: what came of it."""
        from compare.check import text

        return text.summary(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        told = self.hint == 3
        return {
            "label": self.label,
            "passed": self.passed,
            "verdict": self.verdict,
            "differences": [{"key": d.key, "words": d.words} for d in self.differences],
            "mistakes": self.mistakes if told else [],
            "gates": [gate.to_dict() for gate in self.gates],
            "findings": [f.to_dict() for f in self.findings] if told else [],
            "notes": self.notes,
            "seconds": self.seconds,
            **self.reading.to_dict(relation=told),
        }

    def to_json(self) -> str:
        """Return `to_dict()` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
