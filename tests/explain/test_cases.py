"""Each published case: the false conclusion is there, and it goes away."""

import json
from typing import Any

import pytest

from compare import cli


def rows(name: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert cli.main(["explain", "--case", name, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert {row["case"] for row in found} == {name}
    return found


@pytest.mark.slow
def test_the_sum_over_classes(capsys: pytest.CaptureFixture[str]) -> None:
    false, mended = rows("squared-error", capsys)
    assert false["numpy_accuracy"] - false["torch_accuracy"] > 0.02
    assert mended["n_answers_differ"] == 0


@pytest.mark.slow
def test_alpha_is_divided(capsys: pytest.CaptureFixture[str]) -> None:
    false, mended = rows("alpha", capsys)
    assert false["sklearn_accuracy"] - false["torch_accuracy"] > 0.01
    assert abs(mended["sklearn_accuracy"] - mended["torch_accuracy"]) < 0.002


@pytest.mark.slow
def test_single_runs_differ_more_than_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = rows("single-runs", capsys)
    reached = [row["numpy_accuracy"] for row in found]
    assert max(reached) - min(reached) > 0.002
    gap = sum(row["numpy_accuracy"] - row["torch_accuracy"] for row in found)
    assert abs(gap / len(found)) < 0.0015


@pytest.mark.slow
def test_the_data_loader_is_what_takes_the_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    by_name = {row["name"]: row for row in rows("data-loader", capsys)}
    loader = next(row for name, row in by_name.items() if "OneByOne" in name)
    assert loader["epoch_seconds"] > 3 * by_name["torch"]["epoch_seconds"]


@pytest.mark.slow
def test_unlike_networks_are_compared_alike(capsys: pytest.CaptureFixture[str]) -> None:
    false, mended = rows("units", capsys)
    assert false["numpy_accuracy"] != false["torch_accuracy"]
    assert abs(mended["numpy_accuracy"] - mended["torch_accuracy"]) < 0.003
