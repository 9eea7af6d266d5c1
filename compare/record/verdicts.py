"""What may be said about a comparison: values, and no word for print.

`judging.judge` fills them, once. Tables, figures, sentences and the page read them
here, and nothing is computed again where it is shown.
"""

from dataclasses import dataclass
from typing import Literal

from compare.record.plan import Row
from compare.record.results import Results, Run
from compare.statistics import (
    AccuracyVerdict,
    ControlVerdict,
    Noise,
    SpeedVerdict,
    TimingSummary,
)


@dataclass(frozen=True)
class Failure:
    """Runs of one row that failed alike: how far they came, and why."""

    seeds: tuple[int, ...]
    n_epochs: int | None
    """How many they completed; None is all of them."""
    reason: str


@dataclass(frozen=True)
class SlowKernels:
    """Kernels of OpenBLAS that leave half of the processor unused, and who has them."""

    version: str
    architecture: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Absence:
    """Why a row has no figures."""

    kind: Literal["unsupported", "failed", "interrupted", "not begun"]
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """One row of a comparison with everything that may be said about it.

    Attributes
    ----------
    row : Row
    runs : tuple of Run
        Those that count: they have an epoch and did not fail. What a run took and
        reached until it failed is no result.
    complete : tuple of Run
        Those that came to their end.
    is_closed : bool
        Whether the row passed the parity gate, or was never judged by it. One that did
        not is another computation.
    timing : TimingSummary or None
        Of the epochs of `runs`; None without one.
    mean_accuracy : float or None
        On the test images, over the complete runs.
    speed : SpeedVerdict or None
        Beside the baseline; None for the baseline, and without a common round.
    accuracy : AccuracyVerdict or None
        Likewise, on common complete seeds.
    noise : tuple of Noise
    threads : dict
        Libraries that report more threads than were asked for, and how many.
    failures : tuple of Failure
    absence : Absence or None
        Why no run came to its end, if none did.
    """

    row: Row
    runs: tuple[Run, ...]
    complete: tuple[Run, ...]
    is_closed: bool
    timing: TimingSummary | None
    mean_accuracy: float | None
    speed: SpeedVerdict | None
    accuracy: AccuracyVerdict | None
    noise: tuple[Noise, ...]
    threads: dict[str, int]
    failures: tuple[Failure, ...]
    absence: Absence | None

    @property
    def label(self) -> str:
        """What tells this row from all others."""
        return self.row.label

    @property
    def short(self) -> str:
        """Its name in print."""
        return self.row.short

    @property
    def tested(self) -> list[float]:
        """The accuracies on the test images, one per run that was tested."""
        found = [run.test_accuracy for run in self.runs]
        return [accuracy for accuracy in found if accuracy is not None]

    @property
    def validated(self) -> list[float]:
        """Those of the same weights on the validation images.

        Complete runs only, where there are any: after a Ctrl-C, accuracies of different
        epochs must not be averaged.
        """
        return [run.kept.val_accuracy for run in self.complete or self.runs]


@dataclass(frozen=True, eq=False)
class Lead:
    """Who trains fastest of all rows that are ranked.

    Attributes
    ----------
    front : tuple of Judged
        The fastest by its median, and whoever is not proved slower than it. Whose
        times are too noisy to say is left out: that is said elsewhere.
    speed : SpeedVerdict
        Of the first in front beside the fastest that is proved slower.
    n_ranked : int
    """

    front: tuple[Judged, ...]
    speed: SpeedVerdict
    n_ranked: int


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Everything that may be said about one comparison.

    Attributes
    ----------
    results : Results
    rows : tuple of Judged
        In the order of the plan.
    baseline : Row
        What speed and accuracy are measured against.
    control : ControlVerdict or None
        Of the A/A control, if the plan has one.
    busy_load : float or None
        The load of the machine at the start, if it was too high.
    slow_kernels : tuple of SlowKernels
    lead : Lead or None
        None if fewer than three rows are ranked, or nobody is proved slower.
    """

    results: Results
    rows: tuple[Judged, ...]
    baseline: Row
    control: ControlVerdict | None
    busy_load: float | None
    slow_kernels: tuple[SlowKernels, ...]
    lead: Lead | None

    def __getitem__(self, label: str) -> Judged:
        """Return the row with this label."""
        return next(row for row in self.rows if row.label == label)

    @property
    def complete(self) -> list[Judged]:
        """The rows with a run that came to its end; another computation comes last."""
        found = [row for row in self.rows if row.complete]
        return sorted(found, key=lambda row: not row.is_closed)

    @property
    def beside_baseline(self) -> list[Judged]:
        """The rows that are compared with the baseline: all but it and the control."""
        return [
            row
            for row in self.rows
            if row.row != self.baseline and not row.row.is_control
        ]

    @property
    def fastest(self) -> Judged | None:
        """The row that trains fastest, if anything may be said to be faster."""
        faster = [
            (row.speed.ratio.ratio or 0.0, row)
            for row in self.beside_baseline
            if self.is_ranked(row) and row.speed and row.speed.verdict == "faster"
        ]
        return max(faster, key=lambda pair: pair[0])[1] if faster else None

    def is_ranked(self, row: Judged) -> bool:
        """Say whether a row computes the same thing as the baseline."""
        return row.is_closed and self[self.baseline.label].is_closed
