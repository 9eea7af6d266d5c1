"""How much faster: the speed ratio of paired rounds, with its confidence interval.

Works on paired rounds: entry k of both samples was measured at about the same time, so
a slow moment of the machine slows both and cancels in the ratio. Never the best round,
never a difference of averages over unpaired runs. `speed` turns ratios into verdicts.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from compare.statistics.samples import Floats, Rounds, round_medians

# Below this the bootstrap has too few values to draw from: see `paired_ratio`.
MIN_BOOTSTRAP_ROUNDS = 8


@dataclass(frozen=True)
class RatioInterval:
    """Speed as a multiple of the baseline's: above 1 is faster than the baseline.

    `low` and `high` are None with fewer than two paired rounds, `ratio` too with none.
    """

    ratio: float | None
    low: float | None
    high: float | None
    n_pairs: int
    confidence: float
    method: Literal["none", "student-t", "bootstrap", "welch"]


def paired_ratio(
    baseline_seconds: Rounds,
    seconds: Rounds,
    *,
    confidence: float = 0.95,
    n_resamples: int = 9999,
    rng: np.random.Generator,
) -> RatioInterval:
    """Median over rounds of baseline_seconds / seconds, with a confidence interval.

    A round given as a list of epoch times counts as one value, its median: rounds are
    resampled, never epochs.

    Parameters
    ----------
    baseline_seconds, seconds
        One entry per round, in the same order, each a time or a list of epoch times.
    confidence
        Wanted coverage, between 0 and 1.
    rng
        Draws the resamples. It does not matter in which order the rounds come.

    Raises
    ------
    ValueError
        Different numbers of rounds, times that are not positive, bad confidence.

    Notes
    -----
    The work is done on logarithms, so that swapping the two inverts the interval.

    From 8 rounds on: `scipy.stats.bootstrap` of the median, percentile method, at the
    expanded level of Hesterberg ("What Teachers Should Know About the Bootstrap",
    2015, section 5.3): tail area Phi(sqrt(n/(n-1)) t(alpha/2, n-1)). Below: Student's
    t on the log ratios. Chosen by simulated coverage of 95 % intervals over log-normal
    noise, t noise with 3 and 1.5 degrees of freedom, spikes in both samples, spikes in
    one, and skewed noise. Per cent, worst to best of the six; intervals of the mean
    are judged by the true mean, the others by the true median:

    ===========================  ===========  ===========  ===========  ===========
    method                       3 rounds     5 rounds     10 rounds    30 rounds
    ===========================  ===========  ===========  ===========  ===========
    percentile, of the mean      43-77        42-84        54-91        78-94
    BCa, of the mean             40-74        43-84        55-89        80-94
    percentile, of the median    74-77        93-95        93-95        93-95
    Student's t                  94-97        95-98        93-99        74-98
    expanded, of the median      74-77        94-94        96-97        95-96
    ===========================  ===========  ===========  ===========  ===========

    Student's t fails with many rounds when noise is skewed: its centre, the mean, is
    then not the median. With fewer than 8 it holds, and always contains the median.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    logs = _log_ratios(baseline_seconds, seconds)
    n = int(logs.size)
    if n < 2:
        ratio = float(np.exp(logs[0])) if n else None
        return RatioInterval(ratio, None, None, n, confidence, "none")
    # The extreme values contain the median in 1 - 2^(1-n) of all samples. No bootstrap
    # reaches beyond them, so a higher confidence is left to Student's t.
    if n >= MIN_BOOTSTRAP_ROUNDS and 0.5 ** (n - 1) <= 1 - confidence:
        low, high = _median_bootstrap(logs, confidence, n_resamples, rng)
        method: Literal["student-t", "bootstrap"] = "bootstrap"
    else:
        low, high = _student_interval(logs, confidence)
        method = "student-t"
    return RatioInterval(
        ratio=float(np.exp(np.median(logs))),
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        n_pairs=n,
        confidence=confidence,
        method=method,
    )


def _log_ratios(baseline_seconds: Rounds, seconds: Rounds) -> Floats:
    baseline, ours = round_medians(baseline_seconds), round_medians(seconds)
    if baseline.size != ours.size:
        raise ValueError(
            "paired samples must have the same number of rounds, got "
            f"{baseline.size} and {ours.size}; drop rounds that only one has"
        )
    # Sorted, so that the resamples do not depend on the order of the rounds.
    return np.sort(np.log(baseline / ours))


def _student_interval(values: Floats, confidence: float) -> tuple[float, float]:
    from scipy import special  # `scipy.stats` takes four times as long to import

    n = values.size
    quantile = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    half_width = quantile * float(np.std(values, ddof=1)) / np.sqrt(n)
    mean = float(np.mean(values))
    # Rounding alone may put the mean of equal values beside them.
    median = float(np.median(values))
    return min(mean - half_width, median), max(mean + half_width, median)


def _median_bootstrap(
    values: Floats, confidence: float, n_resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    from scipy import stats

    n = values.size
    t_quantile = float(stats.t.ppf((1 - confidence) / 2, n - 1))
    tail = float(stats.norm.cdf(np.sqrt(n / (n - 1)) * t_quantile))
    result = stats.bootstrap(
        (values,),
        np.median,
        confidence_level=1 - 2 * tail,
        n_resamples=n_resamples,
        method="percentile",
        rng=rng,
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def unpaired_ratio(
    before: Rounds, after: Rounds, *, confidence: float = 0.95
) -> RatioInterval:
    """Speed of `after` as a multiple of that of `before`, measured at another time.

    For two measurements whose rounds have nothing to do with one another: Welch's t on
    the logarithms of the rounds, centred on the ratio of geometric means. A slow hour
    of the machine does not cancel here; where both measurements have a common
    baseline, give ratios to it instead of seconds.

    Parameters
    ----------
    before, after
        One entry per round, each a time or a list of epoch times.
    confidence
        Wanted coverage, between 0 and 1.

    Raises
    ------
    ValueError
        No round, times that are not positive, bad confidence.

    References
    ----------
    Welch, Biometrika 34 (1947), 28-35.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    first, second = np.log(round_medians(before)), np.log(round_medians(after))
    if not first.size or not second.size:
        raise ValueError("a ratio needs at least one round of each")
    ratio = float(np.exp(first.mean() - second.mean()))
    n = int(min(first.size, second.size))
    if n < 2:
        return RatioInterval(ratio, None, None, n, confidence, "none")
    from scipy import special

    parts = [float(np.var(logs, ddof=1)) / logs.size for logs in (first, second)]
    error = float(np.sqrt(sum(parts)))
    if error < 1e-12:  # nothing varies but the last digits
        return RatioInterval(ratio, ratio, ratio, n, confidence, "welch")
    squares = [
        v**2 / (logs.size - 1) for v, logs in zip(parts, (first, second), strict=True)
    ]
    dof = sum(parts) ** 2 / sum(squares)
    half_width = float(special.stdtrit(dof, (1 + confidence) / 2)) * error
    low, high = ratio * np.exp(-half_width), ratio * np.exp(half_width)
    return RatioInterval(ratio, float(low), float(high), n, confidence, "welch")
