"""A network worth asking, trained once for all tests of prediction."""

import gzip
from pathlib import Path

import pytest
from PIL import Image

import data
from compare.measure.default_model import train
from compare.record import model_file
from tests.predict import drawings
from tests.predict.asking import N, write_csv


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file; about 96 % of the test images right."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    dataset = data.load()
    model_file.save(path, train("numpy", dataset, n_epochs=2, report=lambda _: None))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first digits as pictures, IDX and CSV."""
    place = tmp_path_factory.mktemp("digits")
    images, labels = drawings.digits(N)
    (place / "pictures").mkdir()
    for i in range(6):
        page = Image.fromarray(255 - drawings.enlarged(images[i], 8))
        page.save(place / "pictures" / f"{i}.{'jpg' if i % 2 else 'png'}", quality=95)
    header = (2051).to_bytes(4) + N.to_bytes(4) + (28).to_bytes(4) * 2
    (place / "images.idx").write_bytes(gzip.compress(header + images.tobytes()))
    write_csv(place / "test.csv", images, None)
    write_csv(place / "train.csv", images, labels)
    return place
