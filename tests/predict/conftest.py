"""A network worth asking, trained once for all tests of prediction."""

from pathlib import Path

import pytest

import data
from compare.measure.default_model import train
from compare.record import model_file


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file; about 97 % of the test images right."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    dataset = data.load()
    model_file.save(path, train("numpy", dataset, n_epochs=4, report=lambda _: None))
    return path
