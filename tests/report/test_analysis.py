"""Scores, neurons and calibration, against other sources and by simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve
from statsmodels.stats.proportion import proportion_confint

from compare.record import neurons
from compare.report import analysis
from compare.report.figures import errors
from compare.show import figure_style as style


def test_scores_are_those_of_the_confusion_matrix() -> None:
    #            said a  b  c
    # is a            3  1  0
    # is b            0  2  0
    # is c            1  3  0
    y = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    predictions = np.array([0, 0, 0, 1, 1, 1, 0, 1, 1, 1])
    a, b, c = analysis.class_scores(y, predictions, ["a", "b", "c"])
    assert (a.name, a.precision, a.recall, a.n_images) == ("a", 3 / 4, 3 / 4, 4)
    assert (b.precision, b.recall, b.n_images) == (2 / 6, 1, 2)
    assert b.f1 == pytest.approx(0.5)
    # Never answered: nothing of it is found, and no warning disturbs the reader.
    assert (c.precision, c.recall, c.f1, c.n_images) == (0, 0, 0, 4)


@given(seed=st.integers(0, 1000), n=st.integers(1, 40))
def test_the_scores_of_a_class_are_those_of_scikit_learn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y, predictions = rng.integers(0, 4, (2, n))
    found = analysis.class_scores(y, predictions, ["a", "b", "c", "d"])
    columns = metrics.precision_recall_fscore_support(
        y, predictions, labels=np.arange(4), zero_division=0
    )
    expected = [row for row in zip(*columns, strict=True) if row[3]]
    shown = [(s.precision, s.recall, s.f1, s.n_images) for s in found]
    np.testing.assert_allclose(shown, expected, rtol=1e-15)


def test_the_expected_calibration_error_of_four_answers() -> None:
    # Bins (0.6, 0.8] and (0.8, 1]: two answers each, of which one and two are right.
    confidences = np.array([0.7, 0.8, 0.9, 0.9])
    correct = np.array([True, False, True, True])
    found = analysis.calibration(
        confidences, correct, n_bins=5, rng=np.random.default_rng(0)
    )
    assert found.counts.tolist() == [0, 0, 0, 2, 2]
    assert found.error == pytest.approx((2 * 0.25 + 2 * 0.1) / 4)
    np.testing.assert_allclose(found.accuracy[3:], [0.5, 1])
    np.testing.assert_allclose(found.confidence[3:], [0.75, 0.9])
    assert np.isnan(found.accuracy[:3]).all()
    # Wilson's interval for 1 of 2: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    np.testing.assert_allclose(
        [found.accuracy_low[3], found.accuracy_high[3]], [0.0945, 0.9055], atol=1e-4
    )


def test_the_intervals_of_the_accuracy_are_those_of_statsmodels() -> None:
    # By bin of five: none right of 4, nobody at all, 3 of 50, all of 7, 1 of 1.
    right = {0.1: (0, 4), 0.5: (3, 50), 0.7: (7, 7), 0.9: (1, 1)}
    confidences = np.concatenate([np.full(n, p) for p, (_, n) in right.items()])
    correct = np.concatenate([np.arange(n) < k for k, n in right.values()])
    found = analysis.calibration(
        confidences, correct, n_bins=5, rng=np.random.default_rng(0)
    )
    full = found.counts > 0
    assert full.tolist() == [True, False, True, True, True]
    low, high = proportion_confint(*np.array(list(right.values())).T, method="wilson")
    np.testing.assert_allclose(found.accuracy_low[full], low, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.accuracy_high[full], high, rtol=1e-9)
    assert np.isnan([found.accuracy_low[1], found.accuracy_high[1]]).all()


def test_the_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    confidences = rng.beta(5, 1, 5000)
    correct = rng.random(5000) < confidences**2
    found = analysis.calibration(confidences, correct, rng=rng)
    accuracy, confidence = calibration_curve(correct, confidences, n_bins=15)
    full = found.counts > 0
    np.testing.assert_allclose(found.accuracy[full], accuracy)
    np.testing.assert_allclose(found.confidence[full], confidence)
    assert found.counts.sum() == 5000


def test_zero_and_one_are_in_the_outer_bins() -> None:
    found = analysis.calibration(
        np.array([0.0, 1.0]), np.array([False, True]), rng=np.random.default_rng(0)
    )
    assert found.counts[0] == found.counts[-1] == 1
    assert found.error == 0


@pytest.mark.parametrize("overconfidence", [0.0, 0.04])
def test_the_interval_holds_the_true_error(
    overconfidence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """95 of 100 in theory, 98 and 96 measured; 33 of 40 is a limit that luck keeps."""
    monkeypatch.setattr(analysis, "N_RESAMPLES", 100)
    rng = np.random.default_rng(2)
    held, errors_seen, by_chance = 0, [], []
    for _ in range(40):
        confidences = rng.uniform(0.5, 1, 2000)
        correct = rng.random(2000) < confidences - overconfidence
        found = analysis.calibration(confidences, correct, rng=rng)
        held += found.error_low <= overconfidence <= found.error_high
        errors_seen.append(found.error)
        by_chance.append(found.error_by_chance)
    assert held >= 33
    if overconfidence == 0:
        # What a calibrated network shows is what chance is said to show.
        assert np.mean(by_chance) == pytest.approx(np.mean(errors_seen), rel=0.1)
    else:
        assert np.mean(errors_seen) > 2 * np.mean(by_chance)


@pytest.mark.parametrize(
    ("confidences", "correct", "sentence"),
    [
        ([], [], "two lists of one length >= 1"),
        ([0.5], [True, False], "two lists of one length"),
        ([1.2], [True], r"must be in \[0, 1\], got 1.2"),
        ([np.nan], [True], r"must be in \[0, 1\]"),
    ],
)
def test_what_is_no_confidence_is_refused(
    confidences: list[float], correct: list[bool], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        analysis.calibration(
            np.array(confidences), np.array(correct), rng=np.random.default_rng(0)
        )


def test_the_figures_are_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, 300)
    predictions = np.where(rng.random(300) < 0.9, y, 0)
    confidences = rng.uniform(0.4, 1, 300)
    scores = analysis.class_scores(y, predictions, ["cat", "dog", "ankle boot"])
    found = analysis.calibration(confidences, predictions == y, rng=rng)
    numbers, images = neurons.strongest(rng.normal(size=(16, 9)), limit=20)
    with style.styled():
        for name, figure in {
            "scores": errors.draw_class_scores(scores, title="scores"),
            "neurons": errors.draw_neurons(numbers, images, title="neurons"),
            "one": errors.draw_calibration({"numpy": found}, title="one"),
            "two": errors.draw_calibration({"a": found, "b": found}, title="two"),
        }.items():
            style.save(figure, tmp_path / f"{name}.png")
            assert (tmp_path / f"{name}.png").stat().st_size > 5000
