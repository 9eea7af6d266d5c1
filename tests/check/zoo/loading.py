"""Turning the text of a specimen into the class it defines."""

from typing import Any

from compare.check.exercises.exercises import planted
from compare.check.findings import Report
from tests.check.zoo.planting import Specimen

# The smallest network of the checker: nothing larger is needed to name a mistake.
SIZES = (7, 6, 6, 10)


def load(text: str) -> Any:
    """Return the class MyMLP that a text defines."""
    namespace: dict[str, Any] = {"__name__": "specimen"}
    exec(compile(text, "specimen.py", "exec"), namespace)  # noqa: S102  # our own zoo
    return namespace["MyMLP"]


def edited(*edits: tuple[str, str]) -> Any:
    """Return the class of the correct file with some texts replaced."""
    return load(planted(edits))


def named(report: Report) -> list[str]:
    """Return the mistakes that were named, or else what was called another choice."""
    return report.mistakes or [difference.key for difference in report.differences]


def name_of(specimen: Specimen) -> str:
    """Return an identifier for pytest."""
    where = " in one layer" if specimen.layers else ""
    note = f" ({specimen.note})" if specimen.note else ""
    return f"{specimen.key}{where}{note}"
