"""Somebody's own class as the one who computes: believed only where it may be."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from compare import cli
from tests.predict import drawings

SCAFFOLD = """\
import numpy as np

class Mine:
    def __init__(self):
        {create}

    def set_weights(self, weights):
        self.weights = weights

    def get_weights(self):
        {get_weights}

    def train_epoch(self, X, y, order):
        {train_epoch}

    def predict_proba(self, X):
        {predict_proba}
"""
FINE = {
    "create": "pass",
    "get_weights": "return self.weights",
    "train_epoch": "pass",
    "predict_proba": "return np.full((len(X), 10), 0.1)",
}


def own_file(path: Path, **changed: str) -> str:
    path.write_text(textwrap.dedent(SCAFFOLD).format(**FINE | changed))
    return f"{path}:Mine"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two digits in a CSV file with labels."""
    images, labels = drawings.digits(2)
    head = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    cells = np.column_stack([labels, images.reshape(2, 784)])
    path = tmp_path / "two.csv"
    np.savetxt(path, cells, fmt="%d", delimiter=",", header=head, comments="")
    return path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return the one sentence to which `predict` must come, and no answer."""
    assert cli.main(["predict", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith("training ")]
    assert out == ""
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("form", "predict_proba", "sentence"),
    [
        (
            "table",
            "return np.tile(np.arange(10.0), (len(X), 1))",
            "not logits; row 0 sums to 45",
        ),
        ("json", "return np.full((len(X), 10), np.nan)", "values that are not finite"),
        (
            "table",
            "return np.full((len(X), 9), 1 / 9)",
            r"of shape \(2, 10\), got \(2, 9\)",
        ),
        ("json", "return np.full((1, 10), 0.1)", r"of shape \(2, 10\), got \(1, 10\)"),
        (
            "table",
            "return [[0.1] * 10] * len(X)",
            "must return a NumPy array .*, got list",
        ),
        ("json", "return np.full((len(X), 10), None)", "array of numbers, got object"),
        ("table", "return None", "must return a NumPy array .*, got NoneType"),
        (
            "json",
            "return 1 / 0",
            r"failed with ZeroDivisionError: .* \(mine.py, line 17\);",
        ),
        (
            "table",
            "return X @ np.ones((3, 3))",
            r"failed with ValueError: .*\(mine.py, line 17",
        ),
        (
            "json",
            "raise KeyError",
            r"failed with KeyError \(mine.py, line 17\); .* check ",
        ),
    ],
)
def test_what_are_no_probabilities_is_refused(
    tmp_path: Path,
    table: Path,
    model_path: Path,
    capsys: pytest.CaptureFixture[str],
    form: str,
    predict_proba: str,
    sentence: str,
) -> None:
    mine = own_file(tmp_path / "mine.py", predict_proba=predict_proba)
    said = complaint(
        capsys, table, "--model", model_path, "--impl", mine, "--format", form
    )
    assert re.search(sentence, said), said
    assert mine in said


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"create": "1 / 0"}, r"ZeroDivisionError: .* \(mine.py, line 5\)"),
        ({"train_epoch": "X @ y"}, r"ValueError: .* \(mine.py, line 14\)"),
        ({"get_weights": "return len(None)"}, r"TypeError: .* \(mine.py, line 11\)"),
        ({"get_weights": "return []"}, "failed with "),
        ({"predict_proba": "return X[:, :10] + 9"}, "not logits"),
    ],
)
def test_a_class_that_fails_in_training_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    sentence: str,
) -> None:
    images, labels = drawings.digits(200)
    head = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    cells = np.column_stack([labels, images.reshape(200, 784)])
    path, kept = tmp_path / "learn.csv", tmp_path / "m.safetensors"
    np.savetxt(path, cells, fmt="%d", delimiter=",", header=head, comments="")
    mine = own_file(tmp_path / "mine.py", **changed)
    arguments = (path, "--train", "--data", path, "--impl", mine)
    said = complaint(capsys, *arguments, "--save-model", kept)
    assert re.search(sentence, said), said
    assert not kept.exists()


def test_a_class_that_cannot_be_made_for_a_model_is_named(
    tmp_path: Path, table: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = own_file(tmp_path / "mine.py", create="raise RuntimeError('no\\nway')")
    said = complaint(capsys, table, "--model", model_path, "--impl", mine)
    assert "failed with RuntimeError: no (mine.py, line 5)" in said


def test_weights_of_ones_own_class_are_not_asked_for(
    tmp_path: Path, table: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = own_file(tmp_path / "mine.py", get_weights="return 'none'")
    arguments = [str(table), "--model", str(model_path), "--impl", mine]
    assert cli.main(["predict", *arguments]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3 + 2
