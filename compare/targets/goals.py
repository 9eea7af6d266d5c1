"""What the networks by hand are meant to reach, and whether they do.

Numbers in, verdicts out: nothing here measures or prints. A target is a ratio to the
fastest opponent of the same run, for one thread and float32, of 784-128-64-10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compare import registry
from compare.config import LEARNING_RATES, HyperParameters
from compare.measure.blocks import Row
from compare.statistics import RatioInterval, paired_ratio

NUMPY = "numpy"
# Also by hand: compiled, or looking at its data. The fastest of them is the best.
BEST = ("numba", "numba-skip", "numpy-skip")
PYTORCH = "torch_impl"

SETTINGS = {
    "64 sgd": HyperParameters(batch_size=64),
    "64 adam": HyperParameters(
        batch_size=64, optimizer="adam", learning_rate=LEARNING_RATES["adam"]
    ),
    "256 sgd": HyperParameters(batch_size=256),
}
ONE_IMAGE_SETTING = "64 sgd"


@dataclass(frozen=True)
class Goal:
    """`subject`, "numpy" or "best", at least `target` times as fast as the fastest of
    the `opponents`, "others" or "PyTorch", at `what`, "training" or "one_image".
    """

    setting: str
    what: str
    subject: str
    opponents: str
    target: float


GOALS = (
    *(
        Goal(setting, "training", subject, opponents, target)
        for subject, opponents, targets in (
            ("numpy", "others", (0.87, 0.80, 0.97)),
            ("best", "others", (1.10, 1.10, 1.10)),
            ("numpy", "PyTorch", (1.35, 1.35, 1.20)),
        )
        for setting, target in zip(SETTINGS, targets, strict=True)
    ),
    Goal(ONE_IMAGE_SETTING, "one_image", "numpy", "others", 2.0),
    Goal(ONE_IMAGE_SETTING, "one_image", "numpy", "PyTorch", 3.5),
)


@dataclass(frozen=True)
class Outcome:
    """One goal and what was measured: who was the fastest on each side.

    `ratio.ratio` is None where one side was not measured. `cpu_ratio` is the same from
    processor time, which other programs on the machine hardly touch.
    """

    goal: Goal
    subject: str
    opponent: str
    ratio: RatioInterval
    cpu_ratio: float | None

    @property
    def verdict(self) -> str:
        """`met` or `missed` if the whole interval is on one side; else `open`."""
        low, high = self.ratio.low, self.ratio.high
        if low is None or high is None:
            return "not measured"
        if low >= self.goal.target:
            return "met"
        return "missed" if high < self.goal.target else "open"


def candidates() -> list[str]:
    """Return everybody who takes part: all engines for a CPU that can run here."""
    return [n for n in registry.installed() if registry.device_of(n) == "cpu"]


def side(group: str, names: Sequence[str]) -> list[str]:
    """Return who of `names` belongs to "numpy", "best", "others" or "PyTorch"."""
    if group == "best":
        return [name for name in names if name in BEST]
    entries = registry.ENGINES
    if group == "others":
        return [name for name in names if not entries[name].by_hand]
    if group == "PyTorch":
        return [name for name in names if entries[name].folder == PYTORCH]
    return [name for name in names if name == group]


def outcomes(rows: Sequence[Row]) -> list[Outcome]:
    """Return every goal with what was measured."""
    return [_outcome(rows, goal) for goal in GOALS]


def _outcome(rows: Sequence[Row], goal: Goal) -> Outcome:
    here = {
        row.name: row
        for row in rows
        if row.setting == goal.setting and row.seconds.get(goal.what)
    }
    ours = fastest(here, side(goal.subject, list(here)), goal.what)
    theirs = fastest(here, side(goal.opponents, list(here)), goal.what)
    if not ours or not theirs:
        return Outcome(
            goal, ours or goal.subject, theirs or goal.opponents, _ratio([], []), None
        )
    return Outcome(
        goal,
        ours,
        theirs,
        _ratio(here[theirs].seconds[goal.what], here[ours].seconds[goal.what]),
        _cpu_ratio(
            here[theirs].cpu_seconds[goal.what], here[ours].cpu_seconds[goal.what]
        ),
    )


def fastest(here: dict[str, Row], names: Sequence[str], what: str) -> str:
    """Return the fastest of `names` by the median of this run; "" if there is none."""
    medians = {name: float(np.median(here[name].seconds[what])) for name in names}
    return min(medians, key=medians.__getitem__, default="")


def speed_ratio(rows: Sequence[Row], setting: str, name: str) -> float | None:
    """Return how many times as fast as `name` numpy trains, by paired rounds."""
    here = {row.name: row for row in rows if row.setting == setting}
    ours, theirs = here.get(NUMPY), here.get(name)
    if ours is None or theirs is None or not ours.seconds or not theirs.seconds:
        return None
    return _ratio(theirs.seconds["training"], ours.seconds["training"]).ratio


def over_floor(row: Row) -> float | None:
    """Return the step's time as a multiple of its matrix products alone."""
    floor = row.seconds.get("floor", [])
    return _ratio(row.seconds["training"], floor).ratio if floor else None


def _ratio(numerator: list[float], denominator: list[float]) -> RatioInterval:
    """Median over rounds of numerator / denominator, with its interval."""
    n = min(len(numerator), len(denominator))  # Ctrl-C may have come between
    rng = np.random.default_rng(0)
    return paired_ratio(numerator[:n], denominator[:n], rng=rng)


def _cpu_ratio(numerator: list[float], denominator: list[float]) -> float | None:
    n = min(len(numerator), len(denominator))
    return float(np.median(np.divide(numerator[:n], denominator[:n]))) if n else None
