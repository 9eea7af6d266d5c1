"""The mean interval of any contrast, and Welch's ratio, against other sources."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from compare.statistics import accuracy_verdict, mean_interval, unpaired_ratio


def test_welch_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.lognormal(0, 0.1, 7), rng.lognormal(0.2, 0.3, 5)
    found = unpaired_ratio(before.tolist(), after.tolist())
    means = CompareMeans(DescrStatsW(np.log(before)), DescrStatsW(np.log(after)))
    low, high = means.tconfint_diff(alpha=0.05, usevar="unequal")
    assert found.low == pytest.approx(np.exp(low), rel=1e-9)
    assert found.high == pytest.approx(np.exp(high), rel=1e-9)
    assert found.ratio is not None
    assert found.low is not None
    assert found.low < found.ratio < np.exp(high)


def test_twice_the_time_is_half_the_speed() -> None:
    found = unpaired_ratio([1.0, 1.0], [2.0, 2.0])
    assert (found.ratio, found.low, found.high) == (0.5, 0.5, 0.5)


def test_one_round_has_no_interval() -> None:
    found = unpaired_ratio([1.0], [2.0, 2.1])
    assert found.low is None
    with pytest.raises(ValueError, match="at least one round"):
        unpaired_ratio([], [1.0])


def test_a_difference_of_two_has_the_interval_of_the_verdict() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((4, 500)) < 0.9, rng.random((4, 500)) < 0.8
    found = mean_interval(a.astype(float) - b)
    verdict = accuracy_verdict("a", "b", a, b)
    assert found.mean == pytest.approx(verdict.difference)
    assert (found.low, found.high) == (verdict.low, verdict.high)
    assert found.contains_zero is False


def test_independent_noise_is_covered_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    tables = rng.normal(0, 1, (400, 4, 60))
    outside = sum(mean_interval(table).contains_zero is False for table in tables)
    assert outside <= 0.05 * 400 + 3 * np.sqrt(400 * 0.05 * 0.95)


def test_one_seed_has_no_interval() -> None:
    assert mean_interval(np.ones((1, 5))).contains_zero is None
    with pytest.raises(ValueError, match=r"\(n_seeds, n_images\)"):
        mean_interval(np.ones(5))
