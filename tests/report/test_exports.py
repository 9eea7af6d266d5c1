"""The summary as JSON, CSV and Markdown: the numbers of the tables, and no others."""

import csv
import io
import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from compare import cli
from compare.files import Outputs
from compare.record.judging import judge
from compare.record.results import Results
from compare.report import exports, outputs, text
from compare.show.columns import Cell
from tests.report import invented
from tests.started import FinishedRun

N_WRONG = {"numpy": 10, "torch": 30}


@pytest.fixture
def results() -> Results:
    return invented.results({"numpy": 1.0, "torch": 2.0}, n_wrong=N_WRONG)


def rows(results: Results) -> dict[str, dict[str, Any]]:
    content = json.loads(exports.as_json(judge(results)))
    return {row["implementation"]: row for row in content["rows"]}


def test_numbers_are_those_that_were_measured(results: Results) -> None:
    numpy, torch = rows(results).values()
    # 1, 1.01, 1.02, 1 s in turn, from another place for each seed; torch twice that.
    times = [e.train_seconds for r in results.runs_of("numpy") for e in r.epochs]
    assert numpy["epoch_seconds_median"] == statistics.median(times)
    assert numpy["n_epochs_timed"] == len(times) == 12
    assert numpy["speedup"] == pytest.approx(2, rel=1e-12)
    assert numpy["speedup_low"] == pytest.approx(2, rel=1e-9)
    assert numpy["speed_verdict"] == "faster"
    # 190 and 170 of 200 images are right, with each seed.
    assert numpy["test_accuracy_mean"] == pytest.approx(0.95)
    assert numpy["test_accuracy_sd"] == pytest.approx(0, abs=1e-12)
    assert numpy["accuracy_difference"] == pytest.approx(0.10)
    assert numpy["accuracy_difference_low"] < 0.10 < numpy["accuracy_difference_high"]
    assert numpy["one_image_seconds"] == 15e-6
    assert numpy["peak_memory_bytes"] == 2**28
    assert torch["is_baseline"]
    assert torch["speedup"] is torch["accuracy_verdict"] is None


def test_csv_is_the_same_as_json(results: Results) -> None:
    table = csv.DictReader(io.StringIO(exports.as_csv(judge(results))))
    for as_text, row in zip(table, rows(results).values(), strict=True):
        assert as_text.keys() == row.keys()
        for name, value in row.items():
            if value is None:
                assert as_text[name] == ""
            elif isinstance(value, float):
                assert float(as_text[name]) == value
            else:
                assert as_text[name] == str(value)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n").split(" | ")]


def test_markdown_holds_what_is_printed(results: Results) -> None:
    training, use = exports.as_markdown(judge(results)).split("\n\n")
    head, rule, *lines = [cells(line) for line in training.splitlines()]
    assert head[-1] == "speed against torch, ratio (95 % interval)"
    assert set(map(len, [head, rule, *lines])) == {6}
    for line, name in zip(lines, ("numpy", "torch"), strict=True):
        assert line == invented.printed_row(results, name)
    assert len(use.splitlines()) == 4


def test_a_row_without_figures_keeps_its_place(results: Results) -> None:
    for run in results.runs_of("numpy"):
        run.status, run.reason = "failed", "a | bar\nand <b>"
    row = rows(results)["numpy"]
    assert (row["status"], row["n_seeds"]) == ("failed", 0)
    assert row["reason"] == "a | bar\nand <b>"
    assert row["epoch_seconds_median"] is row["test_accuracy_mean"] is None
    assert exports.as_csv(judge(results)).count("failed") == 1
    lines = exports.as_markdown(judge(results)).splitlines()
    assert r"| numpy | failed: a \| bar and &lt;b> |  |" in lines[2]
    assert len(lines) == 9  # two tables of four lines, and one between them


def test_a_row_that_computes_something_else_is_called_so(results: Results) -> None:
    results.parity[0].status = "different"
    assert not rows(results)["numpy"]["same_computation"]
    last = exports.as_markdown(judge(results)).splitlines()[-1]
    assert last.startswith("| numpy (another computation) |")


def test_a_run_exports_and_its_report_exports_the_same(
    finished_run: FinishedRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(finished_run.place)
    monkeypatch.setattr(outputs, "write", lambda found, folder: Outputs())
    stored = (finished_run.folder / "results.json").read_bytes()
    (tmp_path / "results.json").write_bytes(stored)
    place = tmp_path / "deep" / "again.json"
    assert cli.main(["report", str(tmp_path), "--export-json", str(place)]) == 0
    assert f"Exported to {place}" in "".join(capsys.readouterr().out.splitlines())
    first = finished_run.place / "mine" / "summary.json"
    assert first.read_bytes() == place.read_bytes()
    assert len(json.loads(first.read_text())["rows"]) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--export-json", "a", "--export-csv", "a"], "two exports into a"),
        (["--export-csv", "out/runs.csv"], "is what the run itself writes"),
        (["--export-json", "link"], "is a link"),
        (["--export-markdown", "."], "is a folder"),
        (["--export-markdown", "file/t.md"], "cannot be written"),
        (["--export-json", "m.safetensors"], "--save-model"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_anything_is_measured(
    options: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.iterdir())
    model = ["--save-model", "m.safetensors"]
    assert cli.main(["--out", "out", *model, *options]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert sorted(tmp_path.iterdir()) == before


def test_what_older_results_do_not_hold_is_not_available(results: Results) -> None:
    for run in results.runs:
        run.one_image_seconds = None
    cells = text.costs_row(judge(results).rows[0])
    assert isinstance(cells, list)
    assert cells[1] == Cell("n/a")
    assert rows(results)["numpy"]["one_image_seconds"] is None
