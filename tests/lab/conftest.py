"""One model, one laboratory and one browser for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import data
from compare.measure import default_model
from compare.record import model_file
from compare.record.model_file import Model
from tests.lab import laboratory
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


@pytest.fixture
def page(browser: Any, lab: Lab) -> Any:
    """The page, open and connected, its board empty."""
    browser.get(lab.address)
    lab.wait_until(
        lambda: browser.execute_script(
            "return document.documentElement.dataset.ready === 'true' && "
            "!document.getElementById('answers').textContent.includes('starting')"
        )
    )
    return browser
