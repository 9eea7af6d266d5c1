"""One training step taken apart: phases, whole step, matrix products. Numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compare.measure import floor
from compare.measure.blocks import Row
from compare.measure.phases import PHASES, WHOLE
from compare.statistics import RatioInterval, TimingSummary, paired_ratio, summary

SETTING = "step"
KINDS = ("training", "floor", "phases")


@dataclass(frozen=True)
class Split:
    """One implementation: medians over rounds, in seconds per step.

    `phases` is empty for an implementation whose phases cannot be seen from outside;
    `over_floor` is the step's time as a multiple of the floor's, by paired rounds.
    """

    name: str
    library: str
    phases: dict[str, float]
    step: TimingSummary
    floor: TimingSummary
    over_floor: RatioInterval

    @property
    def instrumented_seconds(self) -> float:
        """The sum of the phases: more than the step, by what the instruments cost."""
        return sum(self.phases.values())


def splits(rows: Sequence[Row]) -> list[Split]:
    """Return a split for every row that was measured."""
    return [_split(row) for row in rows if row.seconds]


def _split(row: Row) -> Split:
    training, products = row.seconds["training"], row.seconds["floor"]
    phases = {
        phase: float(np.median([split.get(phase, 0.0) for split in row.phases]))
        for phase in (*PHASES, WHOLE)
        if any(phase in split for split in row.phases)
    }
    return Split(
        row.name,
        floor.library_of(row.name),
        phases,
        summary(training),
        summary(products),
        paired_ratio(training, products, rng=np.random.default_rng(0)),
    )
