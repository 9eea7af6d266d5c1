"""results.json: what is written is what is read, and other files are refused."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from compare import metrics
from compare.errors import UsageError
from compare.record import results
from compare.record.plan import Plan
from compare.record.results import Results
from tests.report import invented


def one() -> Results:
    found = invented.results({"numpy": 0.25}, seeds=(3,))
    found.environment["processor"] = "a µ-processor"
    found.unsupported = {}
    return found


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    original = one()
    original.write(tmp_path)
    assert results.read(tmp_path) == original
    assert results.read(tmp_path / "results.json") == original
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=2, min_side=0, max_side=40)))
def test_packed_arrays_come_back(array: np.ndarray) -> None:
    packed = json.loads(json.dumps(results.pack(array)))
    back = results.unpack(packed)
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot read"),
        (b"\xff\xfe", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[]", "holds no results of this suite"),
        (b'{"schema": 99}', "holds no results of this suite"),
        (b'{"schema": 1}', "holds no results of this suite"),
        (b'{"schema": 2}', "missing required field `plan`"),
        (b'{"schema": 2, "plan": NaN}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_other_files_are_refused_in_one_sentence(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(UsageError, match=sentence) as caught:
        results.read(tmp_path)
    assert "\n" not in str(caught.value)


def rewritten(tmp_path: Path, path: str, value: object) -> str:
    """Return the sentence about a file in which one value is another."""
    fields = dataclasses.asdict(invented.with_gallery(one()))
    holder: Any = fields
    *way, last = path.replace("[", ".").replace("]", "").split(".")
    for key in way:
        holder = holder[int(key) if key.isdigit() else key]
    holder[int(last) if last.isdigit() else last] = value
    (tmp_path / "results.json").write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        results.read(tmp_path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("colour", "blue", "colour is no field"),
        ("runs[0].test_accuracy", -0.5, ">= 0"),
        ("runs[0].test_accuracy", 0.5, "its predictions give 0.95"),
        ("runs[0].status", "complet", "Invalid enum value 'complet'"),
        ("runs[0].implementation", "torch", "no row of the plan"),
        ("runs[0].seed", 4, "no seed of the plan"),
        ("runs[0].epochs[1].epoch", 5, "must count 0, 1, 2"),
        ("runs[0].epochs[1].train_seconds", 0.0, "> 0"),
        ("runs[0].epochs[1].turn", 1, "above the number of rows"),
        ("runs[0].kept_epoch", 4, "not an epoch that can be kept"),
        ("runs[0].predictions.shape", [199], "must hold 200 numbers, got 199"),
        ("runs[0].predictions.base64", "AAAA", "must hold 200 bytes, got 3"),
        ("runs[0].predictions.base64", "/" * 266 + "8=", "must be below 10"),
        ("runs[0].predictions", None, "is missing in a complete run"),
        ("runs[0].thread_pools[0].n_threads", "1", "n_threads: Expected `int`"),
        ("plan.n_epochs", 0, ">= 1"),
        ("plan.n_epochs", 2, "runs[0].epochs has more than 2"),
        ("plan.hyper_parameters.momentum", 2, "momentum must be"),
        ("plan.hyper_parameters.layer_sizes", [784, 9], "10 names for a network of 9"),
        ("environment.packages", ["numpy"], "packages: Expected `object`"),
        ("data.n_test", 100, "must hold 100 numbers, got 200"),
        ("parity[0].n_agree", 201, "above n_predictions"),
        ("gallery.mistakes[0]", 150, "has no image"),
    ],
)
def test_a_value_that_cannot_be_so_is_refused_with_its_path(
    tmp_path: Path, path: str, value: object, words: str
) -> None:
    assert words in rewritten(tmp_path, path, value)


@pytest.mark.parametrize("n_classes", [256, 257, 70_000])
def test_classes_above_256_come_back(n_classes: int) -> None:
    highest = np.array([0, 255, n_classes - 1])
    packed = json.loads(json.dumps(results.pack(highest)))
    np.testing.assert_array_equal(results.unpack(packed), highest)


def test_not_a_number_is_never_written(tmp_path: Path) -> None:
    original = one()
    original.write(tmp_path)
    original.runs[0].test_loss = float("nan")
    with pytest.raises(ValueError, match="Out of range float"):
        original.write(tmp_path)
    assert results.read(tmp_path) == one()


def test_each_row_has_its_own_label_and_knows_its_name() -> None:
    names = ("numpy", "torch", "numpy", "my (2) nets/mlp (1).py:Net")
    plan = Plan(implementations=names, control=True)
    expected = ("numpy", "torch", "numpy (2)", names[3], "numpy (control)")
    assert plan.labels == expected
    assert [row.name for row in plan.rows] == [*names, "numpy"]
    assert [row.is_control for row in plan.rows] == [False] * 4 + [True]
    assert plan.rows[3].short == "mlp (1).py:Net"


def test_one_loss_and_one_accuracy_for_everybody() -> None:
    probs = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7]])
    y = np.array([0, 0, 2])
    assert metrics.accuracy(probs, y) == pytest.approx(2 / 3)
    # -ln 0.5, -ln 1e-12 for the probability of exactly 0, -ln 0.7
    expected = (0.6931471805599453 + 27.631021115928547 + 0.35667494393873245) / 3
    assert metrics.cross_entropy(probs, y) == pytest.approx(expected, rel=1e-14)


def test_a_seed_that_is_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"seeds must differ, got \(3, 3\)"):
        Plan(implementations=("numpy",), seeds=(3, 3))
