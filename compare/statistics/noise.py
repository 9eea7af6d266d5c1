"""What makes times doubtful: each finding has its number and its limit.

Warnings only. The limit beyond which nothing is ranked is `speed_verdict`'s; the words
are in `compare.show.sentences`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from compare.statistics.samples import (
    NOISY_RELATIVE_IQR,
    Floats,
    Rounds,
    per_round,
    pooled,
    summary,
)

# pyperf's limits for the shortest time and the extremes.
SHORTEST_SECONDS = 1e-3
EXTREME_FRACTION = 0.50
CPU_FRACTION = 0.95
LOAD_PER_CORE = 0.50
DRIFT_FRACTION = 0.05
MIN_DRIFT_EPOCHS = 5


NoiseWord = Literal[
    "spread",
    "slow extreme",
    "fast extreme",
    "too short",
    "waiting",
    "getting slower",
    "getting faster",
]


@dataclass(frozen=True)
class Noise:
    """One thing that is suspicious about times: `value` is beyond `limit`.

    Both are fractions, of the median or of the time measured, but for ``too short``:
    seconds. `n` is the number of times.
    """

    kind: NoiseWord
    value: float
    limit: float
    n: int


def noise(seconds: Rounds, *, cpu_seconds: Rounds | None = None) -> list[Noise]:
    """List what is suspicious about the times of one implementation.

    Parameters
    ----------
    seconds
        Wall-clock times: one entry per round, each a time or a list of epoch times in
        the order they were run.
    cpu_seconds
        Processor time of the same measurements, all threads together. Leave out for
        an implementation that waits for a GPU.

    Returns
    -------
    list of Noise
        Empty when nothing is wrong.

    Raises
    ------
    ValueError
        There is no time, one is not positive, or `cpu_seconds` has another length.
    """
    times = pooled(seconds)
    cpu = None if cpu_seconds is None else pooled(cpu_seconds)
    if cpu is not None and cpu.size != times.size:
        raise ValueError(
            f"cpu_seconds must have one value per time, got {cpu.size} for {times.size}"
        )
    found = (
        _spread(seconds),
        _extremes(times),
        _shortest(times),
        None if cpu is None else _waiting(times, cpu),
        _drift(seconds),
    )
    return [one for one in found if one is not None]


def machine_is_busy(*, load_average: float, n_cores: int) -> bool:
    """Say whether other programs were running before the first measurement.

    Parameters
    ----------
    load_average
        Of the last minute, read before the run starts anything itself.
    n_cores
        Logical processors that this process may use.
    """
    if n_cores < 1:
        raise ValueError(f"n_cores must be >= 1, got {n_cores}")
    return load_average / n_cores > LOAD_PER_CORE


def _spread(seconds: Rounds) -> Noise | None:
    spread = summary(seconds)
    if spread.relative_iqr is None or spread.relative_iqr <= NOISY_RELATIVE_IQR:
        return None
    return Noise("spread", spread.relative_iqr, NOISY_RELATIVE_IQR, spread.n)


def _extremes(times: Floats) -> Noise | None:
    median = float(np.median(times))
    fastest, slowest = float(times.min()) / median - 1, float(times.max()) / median - 1
    worst = max(fastest, slowest, key=abs)
    if abs(worst) <= EXTREME_FRACTION:
        return None
    kind: NoiseWord = "slow extreme" if worst > 0 else "fast extreme"
    return Noise(kind, abs(worst), EXTREME_FRACTION, times.size)


def _shortest(times: Floats) -> Noise | None:
    shortest = float(times.min())
    if shortest >= SHORTEST_SECONDS:
        return None
    return Noise("too short", shortest, SHORTEST_SECONDS, times.size)


def _waiting(times: Floats, cpu: Floats) -> Noise | None:
    fraction = float(cpu.sum() / times.sum())
    if fraction >= CPU_FRACTION:
        return None
    return Noise("waiting", fraction, CPU_FRACTION, times.size)


def _drift(seconds: Rounds) -> Noise | None:
    """Theil-Sen slope of log time over epochs, each round relative to its own median.

    Reported when its 99 % interval excludes 0 and the fitted change is above the limit.
    """
    rounds = [times for times in per_round(seconds) if times.size >= MIN_DRIFT_EPOCHS]
    if not rounds:
        return None
    from scipy import stats  # takes a while to import

    epochs = np.concatenate([np.arange(times.size) for times in rounds])
    logs = np.concatenate([np.log(times / np.median(times)) for times in rounds])
    slope, _, low, high = stats.theilslopes(logs, epochs, alpha=0.99)
    change = float(np.expm1(slope * (max(times.size for times in rounds) - 1)))
    if low <= 0 <= high or abs(change) <= DRIFT_FRACTION:
        return None
    kind: NoiseWord = "getting slower" if change > 0 else "getting faster"
    return Noise(kind, abs(change), DRIFT_FRACTION, logs.size)
