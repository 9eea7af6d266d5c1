"""Is one implementation faster than another? Verdicts that may also be "unknown".

How the ratio and its interval come about is `timing`'s business; the sentences that say
what a verdict means are in `compare.show.sentences`.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from compare.statistics.samples import Rounds
from compare.statistics.timing import RatioInterval, paired_ratio

# An interval wider than this part of the ratio ranks nobody unless it is far from 1.
TOO_WIDE = 0.25
# Two rounds give an interval (one degree of freedom), but too weak a one to rank by.
MIN_ROUNDS = 3

SpeedWord = Literal[
    "faster",
    "slower",
    "same",
    "no detectable difference",
    "too noisy",
    "not enough data",
]


@dataclass(frozen=True)
class SpeedVerdict:
    """What may be said about the speed of `name` beside that of `baseline_name`.

    `equivalence_interval` is the narrower interval that decides about "same".
    """

    verdict: SpeedWord
    name: str
    baseline_name: str
    ratio: RatioInterval
    equivalence_interval: RatioInterval
    margin: float


@dataclass(frozen=True)
class ControlVerdict:
    """Whether an implementation measured against itself comes out as equal.

    `passed` is None when there are too few rounds to say.
    """

    name: str
    passed: bool | None
    ratio: RatioInterval


def speed_verdict(
    baseline_name: str,
    name: str,
    baseline_seconds: Rounds,
    seconds: Rounds,
    *,
    margin: float = 0.05,
    confidence: float = 0.95,
    n_resamples: int = 9999,
    rng: np.random.Generator,
) -> SpeedVerdict:
    """Say whether `name` is faster than `baseline_name`, slower, the same, or unknown.

    The first that applies:

    1. ``not enough data``: fewer than 3 paired rounds;
    2. ``same``: two one-sided tests (TOST) at level 1 - `confidence`, that is, the
       interval at confidence 1 - 2 (1 - `confidence`) lies within
       1 / (1 + margin) ... 1 + margin;
    3. ``too noisy``: the interval at `confidence` is wider than 25 %, from its lower
       to its upper end, and not farther from 1 than half its width (logarithms);
    4. ``faster`` or ``slower``: it excludes 1;
    5. ``no detectable difference``, which is not a claim that they are equal.

    What is judged is the interval of the ratio, never the spread of one side's times:
    a slow moment of the machine stretches both and cancels. Over simulated noise, up
    to times whose middle half spreads over more than their median, equal
    implementations are ranked in at most about 5 % of cases.

    Parameters
    ----------
    baseline_seconds, seconds
        One entry per round, in the same order, each a time or a list of epoch times.
    margin
        The relative difference too small to matter, declared before the measurement.

    Raises
    ------
    ValueError
        As in `paired_ratio`; confidence below 0.5; a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"margin must be > 0, got {margin}")
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence must be between 0.5 and 1, got {confidence}")
    ratio, inner = (
        paired_ratio(
            baseline_seconds,
            seconds,
            confidence=level,
            n_resamples=n_resamples,
            rng=rng,
        )
        for level in (confidence, 1 - 2 * (1 - confidence))
    )
    return SpeedVerdict(
        verdict=_verdict(ratio, inner, margin),
        name=name,
        baseline_name=baseline_name,
        ratio=ratio,
        equivalence_interval=inner,
        margin=margin,
    )


def control_verdict(
    name: str,
    first_seconds: Rounds,
    second_seconds: Rounds,
    *,
    confidence: float = 0.95,
    n_resamples: int = 9999,
    rng: np.random.Generator,
) -> ControlVerdict:
    """Check the A/A control: an implementation against itself must give ratio 1.

    A control fails by chance in a fraction 1 - `confidence` of all sound measurements.
    """
    ratio = paired_ratio(
        first_seconds,
        second_seconds,
        confidence=confidence,
        n_resamples=n_resamples,
        rng=rng,
    )
    if ratio.low is None or ratio.high is None or ratio.n_pairs < MIN_ROUNDS:
        return ControlVerdict(name, None, ratio)
    return ControlVerdict(name, ratio.low <= 1 <= ratio.high, ratio)


def _verdict(ratio: RatioInterval, inner: RatioInterval, margin: float) -> SpeedWord:
    if ratio.low is None or ratio.high is None or ratio.n_pairs < MIN_ROUNDS:
        return "not enough data"
    if _within(inner, margin):
        return "same"
    if _is_too_wide(ratio.low, ratio.high):
        return "too noisy"
    if ratio.low > 1:
        return "faster"
    if ratio.high < 1:
        return "slower"
    return "no detectable difference"


def _is_too_wide(low: float, high: float) -> bool:
    """Say whether an interval is wide for how near it is to 1.

    Noise that comes in bursts, which no resampling of rounds knows of, makes wide
    intervals that just miss 1; a lead of 4 times is one even if it is 3 or 5.
    """
    width = math.log(high / low)
    distance = max(math.log(low), -math.log(high), 0.0)
    return width > math.log(1 + TOO_WIDE) and distance < width / 2


def _within(interval: RatioInterval, margin: float) -> bool:
    if interval.low is None or interval.high is None:
        return False
    return 1 / (1 + margin) < interval.low and interval.high < 1 + margin
