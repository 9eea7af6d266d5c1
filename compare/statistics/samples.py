"""The times of one implementation: rounds of epochs, and their summary.

A sample of times is a list with one entry per round. An entry is one time, or the list
of that round's epoch times. Nothing here compares two implementations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rounds = Sequence[float | Sequence[float]] | NDArray[Any]

# An interquartile range above this makes a time doubtful, as in torch.utils.benchmark.
NOISY_RELATIVE_IQR = 0.10


@dataclass(frozen=True)
class TimingSummary:
    """Median and quartiles of `n` times, in the unit they came in.

    `relative_iqr` is (q3 - q1) / median; None for a single time, whose spread is
    unknown and not zero.
    """

    median: float
    q1: float
    q3: float
    n: int
    relative_iqr: float | None


def summary(seconds: Rounds) -> TimingSummary:
    """Summarise times, or rounds of times, by their median and quartiles.

    Quartiles interpolate linearly between order statistics (Hyndman and Fan's type 7,
    the default of NumPy, R and Excel). Rounds are pooled.

    Raises
    ------
    ValueError
        There is no time, or one is not finite and positive.
    """
    times = pooled(seconds)
    if times.size == 0:
        raise ValueError("seconds must hold at least one time, got none")
    q1, median, q3 = (float(q) for q in np.quantile(times, [0.25, 0.5, 0.75]))
    return TimingSummary(
        median=median,
        q1=q1,
        q3=q3,
        n=int(times.size),
        relative_iqr=(q3 - q1) / median if times.size > 1 else None,
    )


def per_round(seconds: Rounds) -> list[Floats]:
    """Each round's times as an array; a lone time is a round of one.

    Raises
    ------
    ValueError
        A round is empty, or a time is not finite and positive.
    """
    rounds = [np.atleast_1d(np.asarray(r, dtype=np.float64)) for r in seconds]
    for index, times in enumerate(rounds):
        if times.ndim != 1 or times.size == 0:
            raise ValueError(
                f"each round must be a time or a list of times, round {index} has "
                f"shape {times.shape}; drop rounds without times"
            )
        bad = times[~(np.isfinite(times) & (times > 0))]
        if bad.size:
            raise ValueError(
                f"times must be finite and > 0 seconds, round {index} has {bad[0]}; "
                "a clock that returns 0 is too coarse: time longer blocks"
            )
    return rounds


def pooled(seconds: Rounds) -> Floats:
    """All times of all rounds in one array of shape (n_times,)."""
    rounds = per_round(seconds)
    return np.concatenate(rounds) if rounds else np.empty(0)


def round_medians(seconds: Rounds) -> Floats:
    """The median time of each round, shape (n_rounds,).

    A round, not an epoch, is the unit that repeats: epochs of one process share its
    memory layout and its moment, so they are no independent evidence.
    """
    return np.array([np.median(times) for times in per_round(seconds)])
