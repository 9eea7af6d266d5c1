"""Who is faster: verdicts of ratios, and how often they would be wrong."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_paired

from compare.show import sentences
from compare.statistics import (
    control_verdict,
    speed_verdict,
)
from tests.statistics.noises import Noise, heavy_tails, log_normal, rng, spikes


# Far beyond a quarter of the median: the middle half spreads over more than all of it.
def wild(g: np.random.Generator, n: int) -> Any:
    return g.normal(0, 0.8, n)


def verdicts(
    n: int,
    noise: Noise,
    baseline_noise: Noise,
    *,
    runs: int,
    true_ratio: float = 1.0,
    common: Noise = lambda g, n: np.zeros(n),
) -> list[str]:
    """Return the verdicts of many measurements; `common` noise slows both alike."""
    g = rng()
    found: list[str] = []
    for _ in range(runs):
        moments = common(g, n)
        baseline = true_ratio * np.exp(moments + baseline_noise(g, n))
        ours = np.exp(moments + noise(g, n))
        verdict = speed_verdict("a", "b", baseline, ours, n_resamples=499, rng=g)
        found.append(verdict.verdict)
    return found


@pytest.mark.parametrize("n", [3, 10])
@pytest.mark.parametrize("noise", [spikes, wild])
def test_equal_implementations_are_rarely_ranked(noise: Noise, n: int) -> None:
    words = verdicts(n, noise, noise, runs=100)
    ranked = sum(word in ("faster", "slower") for word in words) / len(words)
    assert ranked <= 0.05 + 0.055  # 2.5 standard errors above


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 7, 8, 10, 30])
@pytest.mark.parametrize("noise", [log_normal, heavy_tails, spikes, wild])
def test_equal_implementations_are_rarely_ranked_at_any_size(
    noise: Noise, n: int
) -> None:
    words = verdicts(n, noise, noise, runs=1000)
    ranked = sum(word in ("faster", "slower") for word in words) / len(words)
    assert ranked <= 0.05 + 0.025  # 1 point short at most, and 2 standard errors


@pytest.mark.parametrize("n", [3, 10])
def test_a_lead_far_from_1_stands_however_both_sides_spread(n: int) -> None:
    """Four times as fast in each round, on a machine that is slow now and then."""
    words = verdicts(n, log_normal, log_normal, runs=60, true_ratio=4.0, common=wild)
    assert words.count("faster") == len(words)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (3.81, 4.60, "faster"),  # narrow, and far from 1
        (2.0, 3.9, "faster"),  # as wide as it is far from 1
        (1.04, 2.0, "too noisy"),  # wide, and 1 is only just outside
        (0.33, 0.96, "too noisy"),
        (0.30, 0.45, "slower"),
        (1.02, 1.20, "faster"),  # near, but narrow
        (0.97, 1.20, "no detectable difference"),
        (0.80, 1.20, "too noisy"),
    ],
)
def test_the_gate_judges_the_interval_of_the_ratio(
    low: float, high: float, word: str
) -> None:
    """Three rounds whose Student's interval is made to be from `low` to `high`."""
    middle = (math.log(low) + math.log(high)) / 2
    # Values m − s, m, m + s have the standard deviation s; t(0.975, 2) = 4.3027.
    s = (math.log(high) - math.log(low)) / 2 / (4.302652729911275 / math.sqrt(3))
    baseline = [math.exp(middle + k * s) for k in (-1, 0, 1)]
    verdict = speed_verdict("torch", "numpy", baseline, [1.0] * 3, rng=rng())
    assert verdict.ratio.low == pytest.approx(low)
    assert verdict.ratio.high == pytest.approx(high)
    assert verdict.verdict == word


def test_what_is_too_wide_to_tell_is_too_noisy_and_not_equal() -> None:
    words = verdicts(10, wild, wild, runs=60)
    assert words.count("too noisy") >= 50
    assert "no detectable difference" not in words
    assert "same" not in words


def test_equal_implementations_are_called_the_same_when_measured_well() -> None:
    g = rng()
    verdict = speed_verdict(
        "torch",
        "numpy",
        np.exp(g.normal(0, 0.02, (10, 5))),
        np.exp(g.normal(0, 0.02, (10, 5))),
        rng=g,
    )
    assert verdict.verdict == "same"
    assert sentences.speed(verdict).startswith("numpy is as fast as torch within 5 % (")
    assert "90 % interval" in sentences.speed(verdict)


def test_a_difference_at_the_margin_is_rarely_called_the_same() -> None:
    g = rng()
    words = [
        speed_verdict(
            "a",
            "b",
            1.05 * np.exp(g.normal(0, 0.01, n)),
            np.exp(g.normal(0, 0.01, n)),
            n_resamples=499,
            rng=g,
        ).verdict
        for n in (3, 10)
        for _ in range(80)
    ]
    assert words.count("same") / len(words) <= 0.05 + 0.043  # 2.5 standard errors


@pytest.mark.parametrize("true_ratio", [1.0, 1.02, 1.06])
def test_same_is_decided_as_statsmodels_decides_it(true_ratio: float) -> None:
    g = rng()
    answers = set()
    for _ in range(40):
        baseline = true_ratio * np.exp(g.normal(0, 0.02, 5))
        ours = np.exp(g.normal(0, 0.02, 5))
        limit = math.log(1.05)
        p = ttost_paired(np.log(baseline), np.log(ours), -limit, limit)[0]
        verdict = speed_verdict("a", "b", baseline, ours, rng=g)
        assert (verdict.verdict == "same") == (p < 0.05)
        answers.add(verdict.verdict)
    assert len(answers) > 1  # both answers were tested


@pytest.mark.parametrize("n", [3, 5, 10])
def test_twice_the_speed_is_found(n: int) -> None:
    g = rng()
    found = 0
    for _ in range(25):
        slow, fast = 2 * np.exp(g.normal(0, 0.08, n)), np.exp(g.normal(0, 0.08, n))
        verdict = speed_verdict("torch", "numpy", slow, fast, rng=g)
        reverse = speed_verdict("numpy", "torch", fast, slow, rng=g)
        found += verdict.verdict == "faster"
        assert (verdict.verdict, reverse.verdict) in {
            ("faster", "slower"),
            ("no detectable difference", "no detectable difference"),
            ("too noisy", "too noisy"),
        }
    assert found >= 20


def test_sentences_read_as_they_should() -> None:
    ours = [1.0] * 9
    baseline = [1.79, 1.80, 1.81, 1.79, 1.80, 1.81, 1.80, 1.80, 1.80]
    faster = speed_verdict("torch", "numpy", baseline, ours, rng=rng())
    assert sentences.speed(faster) == (
        "numpy is 1.80 times as fast as torch (95 % interval 1.79 to 1.81, "
        "9 paired rounds)"
    )
    slower = speed_verdict("numpy", "torch", ours, baseline, rng=rng())
    assert sentences.speed(slower).startswith(
        "torch runs at 0.56 times the speed of numpy (95 % "
    )


def test_a_printed_limit_never_lands_on_1() -> None:
    baseline = [1.0021, 1.003, 1.004, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1]
    verdict = speed_verdict("a", "b", baseline, [1.0] * 9, rng=rng())
    assert verdict.verdict == "faster"
    low = float(sentences.speed(verdict).split("interval ")[1].split(" to ")[0])
    assert low > 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_rounds_are_not_enough_data(n: int) -> None:
    verdict = speed_verdict("a", "b", [2.0] * n, [1.0] * n, rng=rng())
    assert verdict.verdict == "not enough data"
    assert f"({n} paired round" in sentences.speed(verdict)


def test_an_interval_wider_than_a_quarter_around_1_ranks_nobody() -> None:
    # Logs ±0.2: mean 0, sd 0.2 √(4/3); t(0.975, 3) = 3.182: 1.44 either way, by hand.
    times = [math.exp(0.2), math.exp(-0.2)] * 2
    verdict = speed_verdict("torch", "numpy", times, [1.0] * 4, rng=rng())
    assert verdict.verdict == "too noisy"
    assert sentences.speed(verdict) == (
        "numpy against torch: too noisy to rank (1.00 times, 95 % interval 0.69 to "
        "1.44, 4 paired rounds: wider than 25 % and not far from 1)"
    )
    # A tenth of the spread: 1.037 either way, which is less than a quarter.
    calmer = [math.exp(0.06), math.exp(-0.06)] * 2
    calm = speed_verdict("torch", "numpy", calmer, [1.0] * 4, rng=rng())
    assert calm.verdict == "no detectable difference"


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [({"margin": 0.0}, "margin must be > 0"), ({"confidence": 0.4}, "confidence must")],
)
def test_verdicts_refuse_bad_settings(arguments: dict[str, float], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        speed_verdict("a", "b", [1.0], [1.0], **arguments, rng=rng())  # type: ignore[arg-type]  # mypy cannot see which keyword


def test_the_control_passes_for_equals_and_fails_for_unequals() -> None:
    g = rng()
    passed = [
        control_verdict(
            "numpy",
            np.exp(g.normal(0, 0.03, 10)),
            np.exp(g.normal(0, 0.03, 10)),
            n_resamples=499,
            rng=g,
        ).passed
        for _ in range(100)
    ]
    assert sum(p is True for p in passed) >= 89
    unequal = control_verdict("numpy", [1.1, 1.11, 1.1], [1.0, 1.0, 1.01], rng=g)
    assert unequal.passed is False
    assert "does not contain 1" in sentences.control(unequal)
    assert control_verdict("numpy", [1.0], [1.0], rng=g).passed is None


@pytest.mark.parametrize("n", [0, 1, 3, 9])
def test_verdicts_are_plain_json(n: int) -> None:
    times = np.exp(rng().normal(0, 0.05, n))
    for verdict in (
        speed_verdict("a", "b", times, times[::-1], rng=rng()),
        control_verdict("a", times, times[::-1], rng=rng()),
    ):
        fields = dataclasses.asdict(verdict)
        assert json.loads(json.dumps(fields, allow_nan=False)) == fields
