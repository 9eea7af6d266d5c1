"""`python -m compare decide`: a real run, small, and what it refuses."""

import json
from pathlib import Path

import pytest

from compare.cli import main
from compare.config import HyperParameters
from compare.decide import command, measure, ways
from compare.record import model_file
from compare.record.model_file import Model
from compare.weights import initial_weights

counts_of = command.thread_counts  # as it is before `_small` replaces it

WRONG = """
from numpy_impl import NumpyImplementation


class Wrong(NumpyImplementation):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "N_IMAGES", 50)
    monkeypatch.setattr(command, "thread_counts", lambda _: [1])
    monkeypatch.setattr(measure, "CALLS", 20)
    monkeypatch.setattr(measure, "BATCH_SECONDS", 0.002)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    sizes = HyperParameters().layer_sizes
    path = tmp_path / "model.safetensors"
    weights = initial_weights(sizes, seed=0)
    names = tuple("0123456789")
    model_file.save(
        path,
        Model(
            weights=weights,
            activation="relu",
            class_names=names,
            data_source="mnist",
            data_sha256="",
            written_by="numpy",
        ),
    )
    return path


def test_a_small_run(
    tmp_path: Path, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One right way, ONNX Runtime where it is installed, and a wrong class."""
    own = tmp_path / "wrong.py"
    own.write_text(WRONG)
    here = [] if ways.missing_for_onnx() else ["onnx"]
    arguments = ["--impl", "numpy", *here, f"{own}:Wrong", "--rounds", "1"]
    out = tmp_path / "out"
    code = main(
        ["decide", *arguments, "--model", str(model), "--out", str(out), "--json"]
    )
    assert code == 1
    first, *others, wrong = json.loads(capfd.readouterr().out)
    assert first["name"] == "numpy"
    for row in (first, *others):
        assert row["largest_difference"] < 1e-5
        assert row["same_answers"] == row["n_images"] == 50
        assert 0 < row["p50_seconds"] <= row["p95_seconds"] <= row["p99_seconds"] < 0.1
        assert row["import_seconds"] < row["first_answer_seconds"]
        assert 10 * 2**20 < row["memory_bytes"] < 500 * 2**20
        assert row["installed_bytes"] > 20 * 2**20
        assert row["images_per_second"]["1"] > 1000
        assert row["file_bytes"] > 4 * 109_386
    assert wrong["largest_difference"] > 1e-3
    assert wrong["installed_bytes"] is None
    stored = json.loads((out / "decide.json").read_text())
    assert stored["rows"] == [first, *others, wrong]
    assert (out / "decide.png").stat().st_size > 10_000


def test_without_onnx_its_ways_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ways, "RUNTIME", "no_such_runtime")
    monkeypatch.setattr(ways, "ONNX_PACKAGES", ("no_such_runtime",))
    assert not set(ways.default()) & set(ways.ONNX)
    assert main(["decide", "--impl", "numpy", "onnx"]) == 2
    said = capsys.readouterr().err
    assert "onnx needs no_such_runtime: pip install -r requirements-onnx.txt" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--impl", "nunpy"], "unknown implementation 'nunpy'"),
        (["--rounds", "0"], "--rounds must be >= 1"),
        (["--model", "nowhere.safetensors"], "no such file"),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_model_of_other_data_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small.safetensors"
    model_file.save(
        path,
        Model(
            weights=initial_weights((4, 2), seed=0),
            activation="relu",
            class_names=("a", "b"),
            data_source="mnist",
            data_sha256="",
            written_by="me",
        ),
    )
    assert main(["decide", "--model", str(path), "--out", str(tmp_path / "o")]) == 2
    assert "--model must fit mnist" in capsys.readouterr().err


def test_threads_from_one_to_all() -> None:
    assert [counts_of(n) for n in (1, 2, 6)] == [[1], [1, 2], [1, 2, 4, 6]]
