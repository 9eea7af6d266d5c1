"""The exported page: small, alone, and with the answers of the network it holds."""

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

import data
from compare.errors import UsageError
from compare.lab import command, export
from compare.measure import default_model
from compare.recipe import Recipe
from compare.record.model_file import Model
from compare.weights import initial_weights
from tests.lab.test_page import SEVEN, click, draw, errors, text
from tests.started import compare


@pytest.fixture(scope="module")
def exported(
    model: Model, dataset: data.Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("export") / "lab.html"
    export.write(path, model, dataset)
    return path


def test_it_is_small_and_the_same_again(
    exported: Path, model: Model, dataset: data.Dataset
) -> None:
    assert exported.stat().st_size < 1_500_000
    assert exported.read_text() == export.render(model, dataset)


def test_it_names_no_other_place(exported: Path) -> None:
    found = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", exported.read_text())
    assert [place for place in found if not place.startswith("data:")] == []


def test_it_draws_and_steps_without_a_server(browser: Any, exported: Path) -> None:
    browser.get(exported.as_uri())
    assert browser.find_elements("id", "train-start") == []
    draw(browser, *SEVEN)
    assert text(browser, "answer-javascript") == "7"
    click(browser, "clear")
    assert text(browser, "answer-javascript") == ""
    for _ in range(5):
        click(browser, "pick")
        label = text(browser, "message").rstrip(".")[-1]
        assert label.isdigit()
    browser.find_element("css selector", "input[value=drawing]").click()
    click(browser, "step-next")
    assert text(browser, "step-title").startswith("z = a W + b")
    assert errors(browser) == []


@pytest.mark.slow
def test_the_command_writes_it(model: Model, model_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = compare("lab", "--model", model_path, "--export", path)
    assert result.returncode == 0, result.stderr
    assert "MB" in result.stderr
    assert path.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--impl", "no-such-engine"), "unknown implementation"),
        (("--impl", "numpy", "numpy"), "different"),
        (("--port", "70000"), "65535"),
        (("--export", "page.pdf"), ".html"),
        (("--port", "-1"), "65535"),
        (("--recipe", "cnn", "--model", "x.safetensors"), "leave out --recipe"),
        (("--recipe", "cnm"), "did you mean cnn?"),
        (("--layers", "100-10"), "must begin with 784"),
        (("--conv", "8x5-16x13"), "maps of at least 14 x 14"),
    ],
)
def test_wrong_options_are_one_sentence(options: tuple[str, ...], said: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([*options])
    with pytest.raises(UsageError, match=re.escape(said)):
        command.check(args)


def test_the_network_that_is_asked_for_is_trained(
    dataset: data.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe is kept for the next time; sizes of one's own are trained each time."""
    monkeypatch.setattr(command, "DEFAULT_MODEL", tmp_path / "model.safetensors")
    asked: list[str] = []

    def train(*_: Any, recipe: Recipe, **__: Any) -> Model:
        network = recipe.hyper_parameters.architecture
        asked.append(f"{recipe.name}: {network}")
        return Model(
            weights=initial_weights(network, seed=0),
            activation="relu",
            class_names=tuple("0123456789"),
            data_source="mnist",
            data_sha256="",
            written_by="numpy",
        )

    monkeypatch.setattr(default_model, "train", train)

    def found(*options: str) -> str:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return str(command.find_model(parser.parse_args(options), dataset).architecture)

    lenet = "784-conv8(5x5)-conv16(5x5)-64-10"
    own = ("--layers", "784-9-10", "--conv", "2x3")
    assert [found("--recipe", "cnn") for _ in range(2)] == [lenet] * 2
    assert [found(*own) for _ in range(2)] == ["784-conv2(3x3)-9-10"] * 2
    assert [found() for _ in range(2)] == ["784-128-64-10"] * 2
    names = [line.partition(":")[0] for line in asked]
    assert names == ["cnn", *["784-conv2(3x3)-9-10"] * 2, "default"]
