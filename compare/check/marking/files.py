"""Marks as files for other programs: a CSV table, and Gradescope's results.json."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from compare.check.marking.marks import Mark
from compare.files import write_text

COLUMNS = (
    "file",
    "passed",
    "gates_passed",
    "gates_failed",
    "gates_not_run",
    "first_failed",
    "line",
    "variable",
    "expected",
    "relation",
    "mistakes",
    "differences",
    "problem",
    "seconds",
)
# A spreadsheet takes a cell that begins so for a formula, and would compute it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, marks: list[Mark]) -> None:
    """Write a row for each submission."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for mark in marks:
        writer.writerow({name: _cell(value) for name, value in row(mark).items()})
    write_text(path, text.getvalue())


def row(mark: Mark) -> dict[str, Any]:
    """Return the values of a row, by column."""
    departure = mark.report.get("departure") or {}
    return {
        "file": mark.label,
        "passed": "yes" if mark.passed else "no",
        "gates_passed": mark.count(True),
        "gates_failed": mark.count(False),
        "gates_not_run": mark.count(None),
        "first_failed": next(iter(mark.failed_gates), ""),
        "line": departure.get("line", ""),
        "variable": departure.get("variable", ""),
        "expected": departure.get("expected", ""),
        "relation": departure.get("relation", ""),
        "mistakes": " ".join(mark.report["mistakes"]),
        "differences": mark.choices,
        "problem": next(iter(mark.problem.splitlines()), ""),
        "seconds": f"{mark.report['seconds'] or 0:.1f}",
    }


def _cell(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(FORMULA)
    return f"'{value}" if is_formula else value


def write_gradescope(path: Path, mark: Mark) -> None:
    """Write the results of one submission in the format of Gradescope's autograder."""
    write_text(path, json.dumps(gradescope(mark), indent=2, ensure_ascii=False) + "\n")


def gradescope(mark: Mark) -> dict[str, Any]:
    """Return a test for each gate, with a point each; its output is in words.

    A gate that does not apply is left out; one that did not run because an earlier one
    failed counts, with no point.
    """
    tests = [
        _test(gate, number)
        for number, gate in enumerate(_that_apply(mark.report["gates"]), 1)
    ]
    if not tests:
        problem = mark.problem or "nothing could be checked"
        tests = [_entry("import", 0.0, problem, 1)]
    return {
        "output": _in_words(mark),
        "output_format": "text",
        "visibility": "visible",
        "execution_time": round(mark.report["seconds"] or 0),
        "tests": tests,
    }


def _that_apply(gates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    failed = any(gate["passed"] is False for gate in gates)
    waits = "not run: fix"
    return [
        gate
        for gate in gates
        if gate["passed"] is not None or (failed and gate["message"].startswith(waits))
    ]


def _test(gate: dict[str, Any], number: int) -> dict[str, Any]:
    name = f"{gate['gate']}: {gate['compared']}"
    if gate["passed"]:
        return _entry(name, 1.0, "as PyTorch computes it", number)
    error = gate["largest_relative_error"]
    text = gate["message"] or (
        f"off by {error:.2g} times the largest value, most at {gate['tensor']}"
        if error is not None
        else "it fails"
    )
    return _entry(name, 0.0, text, number)


def _entry(name: str, score: float, output: str, number: int) -> dict[str, Any]:
    return {
        "name": name,
        "number": str(number),
        "score": score,
        "max_score": 1.0,
        "status": "passed" if score else "failed",
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    }


def _in_words(mark: Mark) -> str:
    """Return what a student reads above the tests."""
    if mark.passed and mark.choices:
        return f"No mistake was found. Another choice than ours: {mark.choices}."
    if mark.passed:
        return "Your network computes what PyTorch computes."
    if mark.problem:
        return mark.problem
    lines = [
        f"{mark.count(False)} of the gates fail. The first: {mark.failed_gates[0]}."
    ]
    departure = mark.report.get("departure")
    if departure:
        lines.append(f"Look at line {departure['line']}: {departure['variable']}.")
        if departure["relation"]:
            lines.append(f"It should be {departure['expected']}.")
            lines.append(f"Found: {departure['relation'].removeprefix('it is ')}.")
    lines += [f"{title[0].upper()}{title[1:]}." for title in mark.titles]
    return "\n".join(lines)
