"""The statistics of the comparison: pure functions from numbers to verdicts.

Times: `samples` describes one implementation's, `timing` gives the ratio of two,
`speed` the verdict, `noise` finds what makes them doubtful. Answers: `answers`
judges single trained networks, `accuracy` implementations over several seeds. Nothing
here measures, reads, writes, prints or finds words, and nothing imports the rest of the
project. Fractions and ratios are plain numbers. Every result is a frozen dataclass that
`dataclasses.asdict` turns into plain JSON, with None where there is no number. SciPy is
imported on first use, because it is slow to load.
"""

from compare.statistics.accuracy import (
    MIN_SEEDS,
    AccuracyVerdict,
    MeanInterval,
    accuracy_verdict,
    mean_interval,
)
from compare.statistics.answers import (
    McNemarResult,
    MeanSd,
    mcnemar_exact,
    mean_sd,
)
from compare.statistics.noise import LOAD_PER_CORE, Noise, machine_is_busy, noise
from compare.statistics.samples import (
    NOISY_RELATIVE_IQR,
    TimingSummary,
    summary,
)
from compare.statistics.speed import (
    MIN_ROUNDS,
    TOO_WIDE,
    ControlVerdict,
    SpeedVerdict,
    control_verdict,
    speed_verdict,
)
from compare.statistics.timing import RatioInterval, paired_ratio, unpaired_ratio

__all__ = [
    "LOAD_PER_CORE",
    "MIN_ROUNDS",
    "MIN_SEEDS",
    "NOISY_RELATIVE_IQR",
    "TOO_WIDE",
    "AccuracyVerdict",
    "ControlVerdict",
    "McNemarResult",
    "MeanInterval",
    "MeanSd",
    "Noise",
    "RatioInterval",
    "SpeedVerdict",
    "TimingSummary",
    "accuracy_verdict",
    "control_verdict",
    "machine_is_busy",
    "mcnemar_exact",
    "mean_interval",
    "mean_sd",
    "noise",
    "paired_ratio",
    "speed_verdict",
    "summary",
    "unpaired_ratio",
]
