"""What makes times doubtful, in plain words: each sentence has a number and a cure.

Warnings only. The limit beyond which nothing is ranked is `speed_verdict`'s.
"""

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


def noise_warnings(
    name: str, seconds: Rounds, *, cpu_seconds: Rounds | None = None
) -> list[str]:
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
    list of str
        Full sentences without a final stop; empty when nothing is wrong.

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
        _spread(name, seconds),
        _extremes(name, times),
        _shortest(name, times),
        None if cpu is None else _waiting(name, times, cpu),
        _drift(name, seconds),
    )
    return [sentence for sentence in found if sentence is not None]


def machine_warnings(*, load_average: float, n_cores: int) -> list[str]:
    """List what is suspicious about the machine before the first measurement.

    Parameters
    ----------
    load_average
        Of the last minute, read before the run starts anything itself.
    n_cores
        Logical processors that this process may use.
    """
    if n_cores < 1:
        raise ValueError(f"n_cores must be >= 1, got {n_cores}")
    load = load_average / n_cores
    if load <= LOAD_PER_CORE:
        return []
    return [
        f"the machine was busy at the start: load average {load_average:.1f} on "
        f"{n_cores} core{'' if n_cores == 1 else 's'}, {load:.2f} per core (limit "
        f"{LOAD_PER_CORE:.2f}): close other programs and run again"
    ]


def _spread(name: str, seconds: Rounds) -> str | None:
    spread = summary(seconds)
    if spread.relative_iqr is None or spread.relative_iqr <= NOISY_RELATIVE_IQR:
        return None
    return (
        f"{name}: the middle half of its {spread.n} times spreads over "
        f"{_percent(spread.relative_iqr)} of the median "
        f"(limit {_percent(NOISY_RELATIVE_IQR)}): "
        "close other programs, or measure more rounds"
    )


def _extremes(name: str, times: Floats) -> str | None:
    median = float(np.median(times))
    fastest, slowest = float(times.min()) / median - 1, float(times.max()) / median - 1
    worst = max(fastest, slowest, key=abs)
    if abs(worst) <= EXTREME_FRACTION:
        return None
    kind, way = ("slowest", "above") if worst > 0 else ("fastest", "below")
    return (
        f"{name}: the {kind} of its {times.size} times is {_percent(abs(worst))} "
        f"{way} the median (limit {_percent(EXTREME_FRACTION)}): "
        "something disturbed the run; trust medians only, or run again"
    )


def _shortest(name: str, times: Floats) -> str | None:
    shortest = float(times.min())
    if shortest >= SHORTEST_SECONDS:
        return None
    return (
        f"{name}: the shortest time is {shortest * 1e3:.3g} ms (limit "
        f"{SHORTEST_SECONDS * 1e3:g} ms), where the clock itself counts: "
        "time more work at once"
    )


def _waiting(name: str, times: Floats, cpu: Floats) -> str | None:
    fraction = float(cpu.sum() / times.sum())
    if fraction >= CPU_FRACTION:
        return None
    return (
        f"{name}: it had the processor for only {_percent(fraction)} of the "
        f"time measured (limit {_percent(CPU_FRACTION)}): "
        "other programs or the disk held it up; close them and run again"
    )


def _drift(name: str, seconds: Rounds) -> str | None:
    """Theil-Sen slope of log time over epochs, each round relative to its own median.

    Reported when its 99 % interval excludes 0 and the fitted change is above the limit.
    """
    from scipy import stats

    rounds = [times for times in per_round(seconds) if times.size >= MIN_DRIFT_EPOCHS]
    if not rounds:
        return None
    epochs = np.concatenate([np.arange(times.size) for times in rounds])
    logs = np.concatenate([np.log(times / np.median(times)) for times in rounds])
    slope, _, low, high = stats.theilslopes(logs, epochs, alpha=0.99)
    change = float(np.expm1(slope * (max(times.size for times in rounds) - 1)))
    if low <= 0 <= high or abs(change) <= DRIFT_FRACTION:
        return None
    return (
        f"{name}: its epochs get {'slower' if change > 0 else 'faster'}, by "
        f"{_percent(abs(change))} from the first to the last "
        f"(limit {_percent(DRIFT_FRACTION)}): "
        "warm up longer, let the machine cool, or look for denormal numbers"
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"
