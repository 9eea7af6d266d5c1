"""results.json: what is written is what is read, and other files are refused."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from compare import metrics
from compare.errors import UsageError
from compare.record import results
from compare.record.plan import Plan
from compare.record.results import EpochRecord, Parity, Results, Run


def one() -> Results:
    record = EpochRecord(0, 1, 0.25, 0.24, 0.5, 0.9, 0.6, 0.85)
    run = Run("numpy", 3, status="complete", epochs=[record], test_accuracy=0.875)
    run.predictions = results.pack(np.arange(8, dtype=np.uint8))
    return Results(
        plan=Plan(implementations=("numpy",), seeds=(3,), n_epochs=1),
        environment={"processor": "a µ-processor"},
        data={"source": "mnist", "class_names": list("0123456789")},
        command=["--seeds", "3,"],
        started="2026-01-01T00:00:00+00:00",
        parity=[Parity("numpy", "numpy", "reference")],
        runs=[run],
        unsupported={"sklearn": "no AdamW"},
        test_labels=results.pack(np.arange(8, dtype=np.uint8)),
        finished=True,
    )


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
        (b"\xff\xfe", "cannot read"),
        (b"{", "is not JSON"),
        (b"[]", "holds no results of this suite"),
        (b'{"schema": 99}', "holds no results of this suite"),
        (b'{"schema": 1}', "holds no results of this suite"),
        (b'{"schema": 2}', "lacks or misnames a field: 'plan'"),
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


def test_a_field_too_many_or_out_of_range_is_refused(tmp_path: Path) -> None:
    fields = dataclasses.asdict(one())
    for change in (
        {"colour": "blue"},
        {"runs": [{"implementation": "numpy"}]},
        {"plan": {**fields["plan"], "n_epochs": 0}},
        {"plan": {**fields["plan"], "hyper_parameters": {"momentum": 2}}},
    ):
        text = json.dumps(fields | change)
        (tmp_path / "results.json").write_text(text, encoding="utf-8")
        with pytest.raises(UsageError):
            results.read(tmp_path)


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
