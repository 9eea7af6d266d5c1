"""What makes a measurement doubtful: each kind is seen, and a quiet one is not."""

from typing import Any

import numpy as np
import pytest

from compare.show import sentences
from compare.statistics import (
    LOAD_PER_CORE,
    machine_is_busy,
    noise,
)
from compare.statistics.noise import NoiseWord
from tests.statistics.noises import rng


def test_a_quiet_measurement_is_not_suspicious() -> None:
    g = rng()
    times = np.exp(g.normal(0, 0.02, (3, 10)))
    assert noise(times, cpu_seconds=0.99 * times) == []
    assert not machine_is_busy(load_average=0.9, n_cores=2)


@pytest.mark.parametrize(
    ("seconds", "cpu_seconds", "kind", "value", "words"),
    [
        (
            [1.0, 1.0, 1.2, 1.2],
            None,
            "spread",
            0.2 / 1.1,
            "spreads over 18 % of the median (limit 10 %)",
        ),
        (
            [1.0] * 9 + [1.6],
            None,
            "slow extreme",
            0.6,
            "slowest of its 10 times is 60 % above the median",
        ),
        (
            [1.0] * 9 + [0.4],
            None,
            "fast extreme",
            0.6,
            "fastest of its 10 times is 60 % below the median",
        ),
        (
            [1.0, 0.0004],
            None,
            "too short",
            0.0004,
            "shortest time is 0.4 ms (limit 1 ms)",
        ),
        (
            [1.0, 1.0],
            [0.9, 0.9],
            "waiting",
            0.9,
            "had the processor for only 90 % of the time",
        ),
        (
            [[1.0, 1.02, 1.04, 1.06, 1.08]] * 3,
            None,
            "getting slower",
            0.08,
            "get slower, by 8 % from the first",
        ),
        (
            [[1.09, 1.06, 1.04, 1.02, 1.0]] * 3,
            None,
            "getting faster",
            0.08,
            "get faster, by 8 % from the first",
        ),
    ],
)
def test_each_kind_of_noise_has_its_number_and_its_sentence(
    seconds: Any, cpu_seconds: Any, kind: NoiseWord, value: float, words: str
) -> None:
    found = {one.kind: one for one in noise(seconds, cpu_seconds=cpu_seconds)}
    assert found[kind].value == pytest.approx(value, abs=0.005)
    said = sentences.noise("torch", found[kind])
    assert said.startswith("torch: ")
    assert words in said


def test_drift_is_seen_within_rounds_of_different_levels() -> None:
    rising = [1.0, 1.02, 1.04, 1.06, 1.08]
    rounds = [[level * time for time in rising] for level in (1.0, 4.0, 2.0)]
    assert "getting slower" in [one.kind for one in noise(rounds)]


def test_a_busy_machine_is_named() -> None:
    assert machine_is_busy(load_average=1.9, n_cores=2)
    sentence = sentences.busy_machine(1.9, 2, LOAD_PER_CORE)
    assert "load average 1.9 on 2 cores, 0.95 per core (limit 0.50)" in sentence
    with pytest.raises(ValueError, match="n_cores must be >= 1, got 0"):
        machine_is_busy(load_average=1.0, n_cores=0)


def test_noise_without_trend_is_rarely_called_drift() -> None:
    g = rng()
    alarms = sum(
        any("getting" in one.kind for one in noise(np.exp(g.normal(0, 0.1, (3, 10)))))
        for _ in range(300)
    )
    assert alarms <= 12  # 1 % wanted; a trend must also exceed 5 %


def test_processor_times_must_match() -> None:
    with pytest.raises(ValueError, match="one value per time, got 1 for 2"):
        noise([1.0, 1.0], cpu_seconds=[1.0])
