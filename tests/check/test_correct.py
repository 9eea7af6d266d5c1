"""Correct networks of people who write in other ways: no mistake is found in any."""

from pathlib import Path
from typing import Any

import pytest

from compare.check.api import check
from tests.check.share import only

CORRECT = Path(__file__).parent / "correct"
NOT_SOFTMAX = ["forward-other-activation", "no-softmax", "loss-squared-error"]
# What is said of each: the options of the check, and which other choices are noticed.
STYLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nielsen_lists": ({}, NOT_SOFTMAX),
    "ones_column": ({}, []),
    "flat_vector": ({}, []),
    "tape": ({}, []),
    "shuffled_copy": ({}, []),
    "l2_in_loss": ({}, ["l2-in-loss"]),
    "no_biases": ({}, ["forward-no-bias"]),
    "sum_small_rate": ({"activation": "tanh"}, ["sum-over-batch"]),
    "ema_momentum": ({}, ["momentum-damped"]),
    "adam_dicts": ({"optimizer": "adam"}, []),
    "log_softmax": ({}, []),
}


def test_every_file_is_checked() -> None:
    assert {path.stem for path in CORRECT.glob("*.txt")} == set(STYLES)


@pytest.mark.parametrize("name", only(("log_softmax",), STYLES))
def test_nothing_is_called_wrong(name: str, tmp_path: Path) -> None:
    options, choices = STYLES[name]
    path = tmp_path / "mine.py"
    path.write_text((CORRECT / f"{name}.txt").read_text())
    report = check(str(path), whole_epoch=False, layer_sizes=(12, 6, 5, 10), **options)
    assert report.passed, report
    assert not report.findings, report
    assert [d.key for d in report.differences] == choices, report
    assert report.verdict == ("different" if choices else "right"), report
    assert not report.reading.wrong, report
