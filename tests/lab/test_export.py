"""The exported page: small, alone, and with the answers of the network it holds."""

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

import data
from compare.errors import UsageError
from compare.lab import command, export
from compare.record.model_file import Model
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
    ],
)
def test_wrong_options_are_one_sentence(options: tuple[str, ...], said: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([*options])
    with pytest.raises(UsageError, match=re.escape(said)):
        command.check(args)
