"""What was measured as one row per way: numbers in, figures for the reader out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.contract import Array
from compare.decide.measure import Measured
from compare.record.plan import short
from compare.statistics import SpeedVerdict, speed_verdict

# Probabilities of the same weights in float32 are equal to within this.
TOLERANCE = 1e-5
PERCENTILES = (50, 95, 99)
N_RESAMPLES = 2999


@dataclass(frozen=True)
class Row:
    """One way, medians over the rounds; None where it has no figure.

    Attributes
    ----------
    latency_seconds : dict
        From 50, 95 and 99 to that percentile of all single images.
    images_per_second : dict
        From the number of threads to the throughput with batches.
    largest_difference : float or None
        Of its probabilities from those of the reference, over all images.
    same_answers, right : int or None
        How many images get the reference's class, and how many the right one.
    """

    name: str
    exact: bool
    installed_bytes: int | None
    file_bytes: int
    import_seconds: float | None = None
    first_answer_seconds: float | None = None
    latency_seconds: dict[int, float] | None = None
    images_per_second: dict[int, float] | None = None
    memory_bytes: float | None = None
    largest_difference: float | None = None
    same_answers: int | None = None
    right: int | None = None
    n_images: int = 0
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """False if it should answer what the reference does, and does not."""
        difference = self.largest_difference
        return not self.exact or difference is None or difference <= TOLERANCE

    @property
    def most_images_per_second(self) -> float | None:
        """Its throughput with the number of threads that suits it best."""
        return max((self.images_per_second or {}).values(), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the row with named fields that JSON can hold."""
        latency = self.latency_seconds or {}
        percentiles = {f"p{p}_seconds": latency.get(p) for p in PERCENTILES}
        threads = {str(n): v for n, v in (self.images_per_second or {}).items()}
        rest = {
            key: value
            for key, value in vars(self).items()
            if key not in ("latency_seconds", "images_per_second")
        }
        return rest | percentiles | {"images_per_second": threads}


def rows(found: Sequence[Measured], reference: Array, y: Array) -> list[Row]:
    """Return a row for each; `reference` are the probabilities that are expected."""
    return [_row(one, reference, y) for one in found]


def _row(one: Measured, reference: Array, y: Array) -> Row:
    way = one.way
    known = (short(way.name), way.exact, way.installed_bytes, one.file_bytes)
    if one.reason or not one.calls:
        return Row(*known, reason=one.reason or "interrupted before its first round")
    row: dict[str, Any] = {}
    if one.probabilities is not None:
        labels = one.probabilities.argmax(axis=1)
        row["largest_difference"] = float(np.abs(one.probabilities - reference).max())
        row["same_answers"] = int((labels == reference.argmax(axis=1)).sum())
        row["right"] = int((labels == y).sum())
    calls = np.concatenate([np.asarray(block) for block in one.calls])
    return Row(
        *known,
        import_seconds=float(np.median(one.import_seconds)),
        first_answer_seconds=float(np.median(one.first_answer_seconds)),
        latency_seconds={p: float(np.percentile(calls, p)) for p in PERCENTILES},
        images_per_second={
            n: 1 / float(np.median(times)) for n, times in one.batch_seconds.items()
        },
        memory_bytes=float(np.median(one.memory_bytes)),
        n_images=len(y),
        **row,
    )


def single(one: Measured) -> list[float]:
    """Return the median time for one image, round by round."""
    return [float(np.median(block)) for block in one.calls]


def batch(one: Measured) -> list[float]:
    """Return the time per image in batches, with the threads that suit it best."""
    return min(one.batch_seconds.values(), key=lambda t: float(np.median(t)))


def start(one: Measured) -> list[float]:
    """Return the time from nothing to the first answer."""
    return one.first_answer_seconds


def leaders(
    found: Sequence[Measured], times: Callable[[Measured], list[float]]
) -> tuple[list[Measured], SpeedVerdict | None]:
    """Return who is fastest, and whoever is not proved slower.

    The verdict is that of the fastest beside the next that is proved slower; None if
    there is nobody.
    """
    order = sorted(
        (one for one in found if not one.reason and one.calls),
        key=lambda one: float(np.median(times(one))),
    )
    if not order:
        return [], None
    first, *others = order
    front, beaten = [first], None
    for one in others:
        verdict = _beside(one, first, times)
        if verdict.verdict != "faster":
            front.append(one)
        elif beaten is None:
            beaten = verdict
    return front, beaten


def _beside(
    baseline: Measured, one: Measured, times: Callable[[Measured], list[float]]
) -> SpeedVerdict:
    a, b = times(baseline), times(one)
    n = min(len(a), len(b))  # Ctrl-C may have come between
    return speed_verdict(
        baseline.way.name,
        one.way.name,
        a[:n],
        b[:n],
        n_resamples=N_RESAMPLES,
        rng=np.random.default_rng(0),
    )
