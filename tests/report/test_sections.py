"""What another command has left in the folder of a run is shown on its page."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from compare.errors import UsageError
from compare.measure.blocks import Row
from compare.record.judging import judge
from compare.record.results import Results
from compare.report import page, sections
from compare.report.sections import Section
from compare.show.words import NO_BREAK
from tests.report import invented


@pytest.fixture(scope="module")
def results() -> Results:
    found = invented.results({"numpy": 1.0, "torch": 2.0})
    hyper_parameters = dataclasses.replace(
        found.plan.hyper_parameters, layer_sizes=(784, 16, 10)
    )
    found.plan = dataclasses.replace(found.plan, hyper_parameters=hyper_parameters)
    return found


def profile(folder: Path, results: Results, **changes: object) -> Path:
    """Write a profile of the run's own network, but for the changes."""
    times = {"training": [2e-4, 2.1e-4, 2e-4], "floor": [1e-4] * 3}
    row = Row("torch", "step", seconds=times, library="torch")
    row.phases = [{"gather": 5e-5, "forward": 1e-4, "backward": 6e-5}] * 3
    content = {
        "rows": [dataclasses.asdict(row)],
        "hyper_parameters": results.plan.hyper_parameters.to_dict(),
        "n_threads": 1,
    }
    (folder / "profile.json").write_text(json.dumps(content | changes))
    return folder


def only(found: list[Section]) -> Section:
    (section,) = found
    return section


def test_without_a_profile_the_page_says_how_to_get_one(
    results: Results, tmp_path: Path
) -> None:
    for folder in (None, tmp_path):
        section = only(sections.load(results, folder))
        assert section.figure is None
        assert section.commands.splitlines() == [
            "python -m compare profile --out FOLDER --layers 784-16-10",
            "python -m compare report FOLDER",
        ]


def test_a_profile_of_the_same_step_is_shown(results: Results, tmp_path: Path) -> None:
    folder = profile(tmp_path, results)
    section = only(sections.load(results, folder))
    # 1e-4 of 2e-4 seconds
    assert section.sentence.endswith("nobody can avoid: torch 50 %.")
    assert section.heads == [(1, "torch")]  # the second row of the run
    assert section.figure is not None
    assert "one training step takes torch 200 µs (100 µs of it" in section.figure.svg
    cells = {line.name: line.cells[0] for line in section.lines}
    assert (cells["forward"].figure, cells["forward"].detail.strip()) == ("100", "48 %")
    assert not section.commands

    html = page.render(judge(results), folder)
    plain = re.sub("<[^>]+>", "", html).replace(NO_BREAK, " ")
    assert "this much is matrix products that nobody can avoid: torch 50 %" in plain
    assert '<a href="#split">Time split</a>' in html


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"n_threads": 2}, "is of another number of threads"),
        ({"rows": []}, "was interrupted at its beginning"),
        (
            {"hyper_parameters": {"layer_sizes": (784, 8, 10)}},
            "is of another network or training",
        ),
    ],
)
def test_a_profile_of_something_else_is_not(
    results: Results, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    section = only(sections.load(results, profile(tmp_path, results, **changes)))
    assert sentence in section.sentence
    assert section.figure is None
    assert section.commands


def test_a_file_of_something_else_is_one_sentence(
    results: Results, tmp_path: Path
) -> None:
    (tmp_path / "profile.json").write_text("{}")
    with pytest.raises(UsageError, match="is no profile of this suite"):
        sections.load(results, tmp_path)
