"""One model, one laboratory and one browser for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data
from compare.measure import default_model
from compare.record import model_file
from compare.record.model_file import Model
from compare.weights import initial_weights
from tests.lab import laboratory
from tests.lab.convolutions import NETWORK
from tests.lab.laboratory import Lab


@pytest.fixture(scope="session")
def dataset() -> data.Dataset:
    return data.load()


@pytest.fixture(scope="session")
def model_path(dataset: data.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model = default_model.train("numpy", dataset, n_epochs=2, report=lambda _: None)
    model_file.save(path, model)
    return path


@pytest.fixture(scope="session")
def model(model_path: Path) -> Model:
    return model_file.load(model_path)


@pytest.fixture(scope="session")
def lab(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory whose engines run."""
    folder = tmp_path_factory.mktemp("lab")
    running = laboratory.start(model_path, folder=folder)
    try:
        running.ready()
        yield running
        assert "Traceback" not in (folder / "errors").read_text()
    finally:
        running.process.terminate()
        running.process.wait(20)
        assert running.process.stdout is not None
        running.process.stdout.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield from laboratory.browsers()


@pytest.fixture(scope="session")
def cnn_path(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned nothing: what it answers is as good a test."""
    rng = np.random.default_rng(1)
    weights = [
        (W, rng.normal(0, 0.1, b.shape).astype(b.dtype))
        for W, b in initial_weights(NETWORK, seed=1, scheme="he_normal")
    ]
    path = tmp_path_factory.mktemp("cnn") / "cnn.safetensors"
    fields = {**vars(model), "weights": weights}
    model_file.save(path, Model(**fields))
    return path


@pytest.fixture(scope="session")
def cnn(cnn_path: Path) -> Model:
    return model_file.load(cnn_path)


@pytest.fixture
def cnn_lab(lab: Lab, cnn_path: Path, model_path: Path) -> Iterator[Lab]:
    """The laboratory with the convolutional network; afterwards as it was."""
    assert lab.ask("model", cnn_path.read_bytes())[0] == 200
    yield lab
    assert lab.ask("model", model_path.read_bytes())[0] == 200


@pytest.fixture
def page(browser: Any, lab: Lab) -> Any:
    """The page, open and connected, its board empty."""
    return laboratory.opened(browser, lab)
