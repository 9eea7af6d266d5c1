"""Each exercise of page 7 fails at the gates its solution names, for its reason."""

import re
from pathlib import Path

import pytest

from compare.check.api import check
from compare.check.lines.result import Reading
from docs.tools import pages

PAGE = pages.ROOT / "docs" / "7-check-your-own.md"
TEXT = " ".join(PAGE.read_text(encoding="utf-8").split())
CODE = next(
    block.code
    for block in pages.code_blocks(PAGE)
    if block.marker == "file: my_functions.py"
)
LATER = {"finite differences", "extremes"}

# (right, wrong, gates that fail beside finite differences and extremes, diagnosis)
EXERCISES = [
    (
        "(a0.T @ dz1, dz1.sum(axis=0))",
        "(a0.T @ dz1, dz1.mean(axis=0))",
        {"gradient db[1]"},
        "The bias gradient is averaged over the batch, though dz already is",
    ),
    (
        "dz2 /= len(y)",
        "dz2 /= dz2.size",
        {f"gradient {name}[{layer}]" for name in ("dW", "db") for layer in (0, 1, 2)},
        "The mean is taken over batch and classes, not over the batch alone",
    ),
    (
        "dz1 = (dz2 @ W2.T) * (a1 > 0)",
        "dz1 = dz2 @ W2.T",
        {f"gradient {name}[{layer}]" for name in ("dW", "db") for layer in (0, 1)},
        "The derivative of the activation is missing",
    ),
    (
        "return a1 @ W2 + b2",
        "return np.maximum(a1 @ W2 + b2, 0)",
        {"forward"},
        "The activation is applied to the output layer too",
    ),
    (
        "(a0 > 0)",
        "(a0 >= 0)",
        {"gradient dW[0]", "gradient db[0]"},
        "The derivative of the activation is missing",
    ),
    ("X.T @ dz0", "X.T @ (dz0 * (a0 > 0))", set(), ""),
    (
        "e = np.exp(z2 - z2.max(axis=1, keepdims=True))",
        "e = np.exp(z2)",
        set(),
        "",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "gates", "diagnosis"), EXERCISES)
def test_the_solution_is_true(
    right: str, wrong: str, gates: set[str], diagnosis: str, tmp_path: Path
) -> None:
    assert f"`{right}` → `{wrong}`" in TEXT
    assert CODE.count(right) == 1
    file = tmp_path / "my_functions.py"
    file.write_text(CODE.replace(right, wrong), encoding="utf-8")
    report = check(str(file))
    report.read = Reading  # what is said of single lines has tests of its own
    failed = {gate.name for gate in report.gates if gate.passed is False}
    assert failed - LATER == gates
    assert diagnosis in str(report)
    assert diagnosis in TEXT


def failed_by(wrong: int, folder: Path) -> set[tuple[str, str]]:
    right_text, wrong_text, *_ = EXERCISES[wrong - 1]
    file = folder / "my_functions.py"
    file.write_text(CODE.replace(right_text, wrong_text), encoding="utf-8")
    gates = check(str(file), diagnose=False).gates
    return {(gate.name, gate.compared) for gate in gates if gate.passed is False}


def test_what_the_solutions_say_of_single_gates(tmp_path: Path) -> None:
    assert ("extremes", "a batch of one") not in failed_by(1, tmp_path)
    assert "finite differences" in {name for name, _ in failed_by(4, tmp_path)}
    assert failed_by(6, tmp_path) == set()
    assert failed_by(7, tmp_path) == {("extremes", "logits of ±10,000")}


def test_every_exercise_of_the_page_is_here() -> None:
    numbers = re.findall(r"\*\*(\d+) \((?:easy|medium|hard)\)\.\*\*", TEXT)
    assert numbers == [str(n + 1) for n in range(len(EXERCISES))]
