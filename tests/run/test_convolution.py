"""A convolutional network through the command line, from its recipe to its answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from compare import initial_weights, recipe
from compare.cli import main
from compare.record import model_file, results
from compare.record.model_file import Model
from tests.started import compare

IMPL = ("numpy", "torch-lean", "torch", "textbook", "sklearn")


@pytest.mark.slow
def test_a_whole_comparison(folder_of_data: Path, tmp_path: Path) -> None:
    """Each of three engines trains the epoch of the gate, and one of its own.

    Two say in their rows why they do not.
    """
    folder = tmp_path / "out"
    length = ("--seeds", "1", "--epochs", "1", "--data", folder_of_data)
    places = ("--out", folder, "--save-model", folder / "model.safetensors")
    done = compare("--recipe", "cnn", "--impl", *IMPL, *length, *places)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "784-conv8(5x5)-conv16(5x5)-64-10, 20,522 parameters: relu, adamw"
    )
    found = results.read(folder)
    assert {parity.implementation: parity.status for parity in found.parity} == {
        "numpy": "equal",
        "torch-lean": "equal",
        "torch": "reference",
        "textbook": "unsupported",
        "sklearn": "unsupported",
    }
    assert "labels smoothed by 0.05" in done.stdout
    assert "no convolutional layers" in done.stdout
    assert "has no label smoothing" in done.stdout
    assert "--conv 8x5-16x5" in (folder / "report.html").read_text(encoding="utf-8")
    model = model_file.load(folder / "model.safetensors")
    assert str(model.architecture) == "784-conv8(5x5)-conv16(5x5)-64-10"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the network of the recipe is kept, as it is before training."""
    hp = recipe.load("cnn").hyper_parameters
    path = tmp_path_factory.mktemp("cnn") / "model.safetensors"
    model = Model(
        weights=initial_weights(hp.architecture, seed=0),
        activation=hp.activation,
        class_names=tuple("0123456789"),
        data_source="mnist",
        data_sha256="0" * 64,
        written_by="numpy",
    )
    model_file.save(path, model)
    return path


def test_the_kept_network_answers_alike_in_all_engines(path: Path) -> None:
    model = model_file.load(path)
    X = np.random.default_rng(0).random((5, 784), dtype=np.float32)
    answers = [
        model.implementation(name).predict_proba(X)
        for name in ("numpy", "textbook", "torch", "torch-lean")
    ]
    for other in answers[1:]:
        np.testing.assert_allclose(other, answers[0], atol=1e-5)


def test_predict_answers_with_it(
    path: Path, folder_of_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images,) = folder_of_data.glob("t10k-images*")
    code = main(["predict", "--model", str(path), "--format", "json", str(images)])
    assert code == 0
    assert len(json.loads(capsys.readouterr().out)) == 100


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        pytest.param(
            "check sklearn --conv 8x5",
            "sklearn refuses: sklearn (scikit-learn's MLP",
            marks=pytest.mark.slow,
        ),
        ("decide --model {model}", "decide takes dense networks only, got 784-conv8("),
        (
            "predict --impl sklearn --model {model} {image}",
            "sklearn cannot use this model: sklearn (scikit-learn's MLPClassifier) has",
        ),
    ],
)
def test_who_cannot_says_so(
    path: Path,
    folder_of_data: Path,
    command: str,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (image,) = folder_of_data.glob("t10k-images*")
    words = [part.format(model=path, image=image) for part in command.split()]
    code = main(words)
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}")
    assert error.count("\n") == 1
    assert code == 2
