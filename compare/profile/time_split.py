"""One training step taken apart: phases, whole step, matrix products. Numbers only.

`python -m compare profile` measures and writes them; the report of a run reads them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.measure.blocks import Row
from compare.measure.phases import PHASES, WHOLE
from compare.statistics import RatioInterval, TimingSummary, paired_ratio, summary

FILE_NAME = "profile.json"
SETTING = "step"
# Numbers that a step computes with; they do not change how long it takes.
NEUTRAL = ("learning_rate", "betas", "eps", "n_epochs", "step_epochs", "step_factor")
KINDS = ("training", "floor", "phases")


@dataclass(frozen=True)
class Split:
    """One implementation: medians over rounds, in seconds per step.

    `phases` is empty for an implementation whose phases cannot be seen from outside;
    `over_floor` is the step's time as a multiple of the floor's, by paired rounds.
    `library` says whose BLAS the floor is; without one it is "" and there is no floor.
    """

    name: str
    library: str
    phases: dict[str, float]
    step: TimingSummary
    floor_seconds: float | None
    over_floor: RatioInterval

    @property
    def instrumented_seconds(self) -> float:
        """The sum of the phases: more than the step, by what the instruments cost."""
        return sum(self.phases.values())


@dataclass(frozen=True)
class Profile:
    """What profile.json holds: who was measured, and with what."""

    rows: list[Row]
    hyper_parameters: HyperParameters
    n_threads: int

    def has_steps_of(self, hyper_parameters: HyperParameters) -> bool:
        """Say whether a step does the same work as with these hyper-parameters."""
        ours, theirs = self.hyper_parameters.to_dict(), hyper_parameters.to_dict()
        return all(ours[name] == theirs[name] for name in ours if name not in NEUTRAL)


def read(path: Path) -> Profile:
    """Return the profile in the file `path`.

    Raises
    ------
    UsageError
        If the file is not what the profile command writes.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Profile(
            [Row(**row) for row in fields["rows"]],
            HyperParameters(**fields["hyper_parameters"]),
            fields["n_threads"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no profile of this suite ({error}): remove it"
        ) from None


def splits(rows: Sequence[Row]) -> list[Split]:
    """Return a split for every row that was measured."""
    return [_split(row) for row in rows if row.seconds]


def _split(row: Row) -> Split:
    training, products = row.seconds["training"], row.seconds.get("floor", [])
    phases = {
        phase: float(np.median([split.get(phase, 0.0) for split in row.phases]))
        for phase in (*PHASES, WHOLE)
        if any(phase in split for split in row.phases)
    }
    return Split(
        row.name,
        row.library,
        phases,
        summary(training),
        float(np.median(products)) if products else None,
        paired_ratio(
            training if products else [], products, rng=np.random.default_rng(0)
        ),
    )
