"""`diff`: two results beside one another, and the exit code for a pipeline."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compare import cli
from compare.record.results import Results
from tests.report import invented


def written(tmp_path: Path, name: str, results: Results) -> str:
    folder = tmp_path / name
    folder.mkdir()
    results.write(folder)
    return str(folder)


def diff(tmp_path: Path, first: Results, second: Results, *options: str) -> int:
    folders = written(tmp_path, "a", first), written(tmp_path, "b", second)
    return cli.main(["diff", *folders, *options])


TIMES = {"numpy": 0.5, "torch": 1.0}


def test_the_same_measurement_twice_is_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = diff(tmp_path, invented.results(TIMES), invented.results(TIMES))
    printed = capsys.readouterr().out
    assert code == 0
    assert "Configuration, data and environment are the same." in printed
    assert "Nothing fell beyond its interval." in printed
    assert "worse" not in printed.lower()


def test_lower_accuracy_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = invented.results(TIMES, n_wrong={"numpy": 60})
    assert diff(tmp_path, invented.results(TIMES), worse) == 1
    assert "Worse than before: numpy is less accurate." in capsys.readouterr().out


def test_higher_accuracy_is_fine(tmp_path: Path) -> None:
    first = invented.results(TIMES, n_wrong={"numpy": 60})
    assert diff(tmp_path, first, invented.results(TIMES)) == 0


def test_slower_beside_its_baseline_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slower = invented.results(TIMES | {"numpy": 0.6})
    assert diff(tmp_path, invented.results(TIMES), slower) == 1
    assert "Worse than before: numpy is slower." in capsys.readouterr().out


def test_a_slow_hour_of_the_machine_is_nobodys_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow_hour = invented.results({"numpy": 0.6, "torch": 1.2})
    assert diff(tmp_path, invented.results(TIMES), slow_hour) == 0
    assert "slower" not in capsys.readouterr().out


def test_a_single_row_is_judged_in_seconds(tmp_path: Path) -> None:
    first, second = invented.results({"numpy": 0.5}), invented.results({"numpy": 0.6})
    assert diff(tmp_path, first, second) == 1


def other_processor(results: Results) -> None:
    results.environment["processor"] = "Another 4000"


def other_threads(results: Results) -> None:
    results.plan = replace(results.plan, n_threads=2)


def other_kernels(results: Results) -> None:
    for run in results.runs:
        run.thread_pools = [
            pool | {"architecture": "Haswell"} for pool in invented.POOLS
        ]


@pytest.mark.parametrize("change", [other_processor, other_threads, other_kernels])
def test_times_are_refused_unless_the_machine_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any
) -> None:
    second = invented.results({"numpy": 5.0, "torch": 1.0})
    change(second)
    assert diff(tmp_path, invented.results(TIMES), second) == 0
    printed = capsys.readouterr().out
    assert "refused: " in printed
    assert "Time was not compared for numpy and torch." in printed
    assert "slower" not in printed


def test_accuracy_on_other_data_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = invented.results(TIMES, n_wrong={"numpy": 90})
    second.data["sha256"] = "beef"
    assert diff(tmp_path, invented.results(TIMES), second) == 0
    printed = capsys.readouterr().out
    assert "not compared: other data" in printed
    assert "sha256" in printed


def test_only_fields_that_differ_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = invented.results(TIMES)
    hyper_parameters = replace(second.plan.hyper_parameters, learning_rate=0.123)
    second.plan = replace(second.plan, hyper_parameters=hyper_parameters)
    second.environment["packages"] = invented.ENVIRONMENT["packages"] | {"numpy": "9"}  # type: ignore[operator]  # a dict, typed object
    diff(tmp_path, invented.results(TIMES), second, "--json")
    rows = json.loads(capsys.readouterr().out)
    names = {row["name"] for row in rows if row["kind"] == "difference"}
    assert names == {"hyper_parameters.learning_rate", "packages.numpy"}
    figures = [row for row in rows if row["kind"] == "row"]
    assert [row["implementation"] for row in figures] == ["numpy", "torch"]
    assert not any(row["worse"] for row in figures)


def test_a_folder_without_results_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", str(tmp_path), str(tmp_path)]) == 2
    assert "cannot read" in capsys.readouterr().err
