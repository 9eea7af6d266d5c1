"""Rows share a table or a figure of the report only if all that it shows is equal."""

import re

import numpy as np
import pytest

from compare.record.judging import judge
from compare.record.results import Results, pack
from compare.report import classes
from tests.report import invented


@pytest.fixture
def results() -> Results:
    """Three rows with equal answers; torch is less sure of them."""
    found = invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 1.0})
    for run in found.runs_of("torch"):
        run.confidences = pack(np.full(invented.N_TEST, 128, dtype=np.uint8))
    return found


def test_equal_answers_share_a_table_of_classes(results: Results) -> None:
    assert [s.names for s in classes.scores(judge(results))] == [
        ["numpy", "torch", "sklearn"]
    ]


def test_other_confidences_are_another_calibration(results: Results) -> None:
    """95 % are right: 0.95 - 240/255 = 0.88 %, and 0.95 - 128/255 = 44.80 %."""
    found = [
        re.findall(r"confidence of (.+): the calibration error is ([\d.]+) %", each.svg)
        for each in classes.calibrations(judge(results))
    ]
    assert found == [[("numpy, sklearn", "0.88")], [("torch", "44.80")]]


def test_only_the_run_that_is_shown_decides(results: Results) -> None:
    for run in results.runs_of("sklearn")[1:]:
        run.confidences = pack(np.full(invented.N_TEST, 200, dtype=np.uint8))
    assert len(classes.calibrations(judge(results))) == 2


def test_a_row_keeps_its_colour_in_its_calibration(results: Results) -> None:
    """Also where the row before it has nothing to show."""
    results.runs = [run for run in results.runs if run.implementation != "numpy"]
    for run in results.runs_of("torch"):
        run.confidences = None
    (figure,) = classes.calibrations(judge(results))
    assert "calibration error" in figure.svg
    place = results.plan.labels.index("sklearn")
    assert f"var(--c{place})" in figure.svg
    assert not any(f"var(--c{k})" in figure.svg for k in range(7) if k != place)
