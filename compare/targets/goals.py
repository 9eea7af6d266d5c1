"""What the hand-written network is meant to reach, and whether it does.

Numbers in, verdicts out: nothing here measures or prints. The targets are ratios, for
one thread and float32, of the network 784-128-64-10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compare.config import LEARNING_RATES, HyperParameters
from compare.measure.blocks import Row
from compare.statistics import RatioInterval, paired_ratio

SUBJECT = "numpy"
# The fastest of these in the same run is the opponent. By the names: what PyTorch's
# documentation advises for a CPU, and what goes beyond it.
AUTOGRAD = ("torch", "torch-foreach", "torch-fused", "torch-lean", "torch-compile")
WITHOUT_AUTOGRAD = "torch-manual"
SKLEARN = "sklearn"

SETTINGS = {
    "64 sgd": HyperParameters(batch_size=64),
    "64 adam": HyperParameters(
        batch_size=64, optimizer="adam", learning_rate=LEARNING_RATES["adam"]
    ),
    "256 sgd": HyperParameters(batch_size=256),
}
# setting → (at most times the floor, at least times PyTorch's speed, scikit-learn's)
TRAINING = {
    "64 sgd": (1.25, 2.0, 2.0),
    "64 adam": (1.45, 1.9, 1.9),
    "256 sgd": (1.15, 1.5, 1.5),
}
ONE_IMAGE_SETTING = "64 sgd"
ONE_IMAGE = 3.5
ONE_IMAGE_OPPONENT = "torch"


@dataclass(frozen=True)
class Outcome:
    """One ratio beside its target.

    `ratio.ratio` is None where one side was not measured. `cpu_ratio` is the same from
    processor time, which other programs on the machine hardly touch.
    """

    setting: str
    what: str
    opponent: str
    target: float
    at_most: bool
    ratio: RatioInterval
    cpu_ratio: float | None

    @property
    def verdict(self) -> str:
        """`met` or `missed` if the whole interval is on one side; else `open`."""
        low, high = self.ratio.low, self.ratio.high
        if low is None or high is None:
            return "not measured"
        if self.at_most:
            low, high, target = 1 / high, 1 / low, 1 / self.target
        else:
            target = self.target
        if low >= target:
            return "met"
        return "missed" if high < target else "open"


def outcomes(rows: Sequence[Row]) -> list[Outcome]:
    """Return every target with what was measured."""
    found = []
    for setting, (floor, torch, sklearn) in TRAINING.items():
        here = {row.name: row for row in rows if row.setting == setting}
        opponent = fastest_autograd(rows, setting)
        found += [
            _over_floor(here, setting, floor),
            _against(here, setting, "training", opponent, torch),
            _against(here, setting, "training", SKLEARN, sklearn),
        ]
    here = {row.name: row for row in rows if row.setting == ONE_IMAGE_SETTING}
    found.append(
        _against(here, ONE_IMAGE_SETTING, "one_image", ONE_IMAGE_OPPONENT, ONE_IMAGE)
    )
    return found


def fastest_autograd(rows: Sequence[Row], setting: str) -> str:
    """Return PyTorch's fastest variant with autograd, by the median of this run."""
    medians = {
        row.name: float(np.median(row.seconds["training"]))
        for row in rows
        if row.setting == setting and row.name in AUTOGRAD and row.seconds
    }
    return min(medians, key=medians.__getitem__, default=AUTOGRAD[0])


def _over_floor(here: dict[str, Row], setting: str, target: float) -> Outcome:
    row = here.get(SUBJECT)
    measured = row is not None and bool(row.seconds)
    training = row.seconds["training"] if row is not None and measured else []
    floor = row.seconds.get("floor", []) if row is not None and measured else []
    cpu = None
    if row is not None and measured:
        cpu = _cpu_ratio(row.cpu_seconds["training"], row.cpu_seconds.get("floor", []))
    ratio = _ratio(training, floor)
    return Outcome(setting, "floor", "the GEMM floor", target, True, ratio, cpu)


def _against(
    here: dict[str, Row], setting: str, what: str, opponent: str, target: float
) -> Outcome:
    ours, theirs = here.get(SUBJECT), here.get(opponent)
    if ours is None or theirs is None or not ours.seconds or not theirs.seconds:
        return Outcome(setting, what, opponent, target, False, _ratio([], []), None)
    ratio = _ratio(theirs.seconds[what], ours.seconds[what])
    cpu = _cpu_ratio(theirs.cpu_seconds[what], ours.cpu_seconds[what])
    return Outcome(setting, what, opponent, target, False, ratio, cpu)


def speed_ratio(rows: Sequence[Row], setting: str, name: str) -> float | None:
    """Return how many times as fast as `name` the subject trains, by the medians."""
    here = {row.name: row for row in rows if row.setting == setting}
    return _against(here, setting, "training", name, 0.0).ratio.ratio


def _ratio(numerator: list[float], denominator: list[float]) -> RatioInterval:
    """Median over rounds of numerator / denominator, with its interval."""
    n = min(len(numerator), len(denominator))  # Ctrl-C may have come between
    rng = np.random.default_rng(0)
    return paired_ratio(numerator[:n], denominator[:n], rng=rng)


def _cpu_ratio(numerator: list[float], denominator: list[float]) -> float | None:
    n = min(len(numerator), len(denominator))
    return float(np.median(np.divide(numerator[:n], denominator[:n]))) if n else None
