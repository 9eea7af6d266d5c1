"""Who is faster where, and where that changes. Numbers in, verdicts out."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compare.scaling.axes import DISCRETE, Point
from compare.scaling.measure import Series
from compare.statistics import (
    RatioInterval,
    TimingSummary,
    speed_verdict,
    summary,
)

# Verdicts for some hundred points: enough for 95 %, and quick.
N_RESAMPLES = 999
MARGIN = 0.05
NOBODY = "no clear winner"
# Verdicts that rank nobody, for want of quiet or of rounds.
UNRANKED = ("too noisy", "not enough data")


@dataclass(frozen=True)
class Place:
    """One value of an axis: everybody's time per image, and who is faster.

    `ratio` is the subject's speed as a multiple of `rival`'s, the fastest other at
    this value; above 1 the subject is faster. `winner` is a name or `NOBODY`.
    """

    value: int
    times: dict[str, TimingSummary]
    rival: str
    ratio: RatioInterval
    winner: str
    verdict: str


@dataclass(frozen=True)
class Crossing:
    """Between `left` and `right` the lead goes from one to the other, at `value`.

    From `low` to `high` there is no clear winner; None: to the end of the axis.
    """

    left: str
    right: str
    value: float
    low: float | None
    high: float | None


def places(
    series: Mapping[tuple[str, str], Series],
    axis: Mapping[int, Point],
    kind: str,
    names: Sequence[str],
) -> list[Place]:
    """Return the places of one axis at which the first name and another were measured.

    The first of `names` is the subject.
    """
    found = []
    for value, point in axis.items():
        here = {name: getattr(series[name, point.key], kind) for name in names}
        place = _place(value, here, names[0])
        if place is not None:
            found.append(place)
    return found


def _place(
    value: int, here: Mapping[str, list[float | None]], subject: str
) -> Place | None:
    times = {
        name: summary([t for t in values if t is not None])
        for name, values in here.items()
        if any(t is not None for t in values)
    }
    others = [name for name in times if name != subject]
    if subject not in times or not others:
        return None
    rival = min(others, key=lambda name: times[name].median)
    pairs = [
        (a, b)
        for a, b in zip(here[rival], here[subject], strict=False)
        if a is not None and b is not None
    ]
    verdict = speed_verdict(
        rival,
        subject,
        [a for a, _ in pairs],
        [b for _, b in pairs],
        margin=MARGIN,
        n_resamples=N_RESAMPLES,
        rng=np.random.default_rng(0),
    )
    winner = {"faster": subject, "slower": rival}.get(verdict.verdict, NOBODY)
    return Place(value, times, rival, verdict.ratio, winner, verdict.verdict)


def crossings(axis: str, found: Sequence[Place], subject: str) -> list[Crossing]:
    """Return where the medians change sides, with the zone of no clear winner.

    Between two values, the logarithm of the ratio is a straight line over the
    logarithm of the value. Depth and threads have nothing between their values.
    """
    known = [place for place in found if place.ratio.ratio]
    result = []
    for i, (a, b) in enumerate(itertools.pairwise(known)):
        if (_log(a.ratio.ratio) > 0) == (_log(b.ratio.ratio) > 0):
            continue
        from_subject = _log(a.ratio.ratio) > 0
        ends = (subject, b.rival) if from_subject else (a.rival, subject)
        if axis in DISCRETE:
            result.append(Crossing(*ends, a.value, a.value, b.value))
            continue
        value = _zero(a, b, "ratio")
        # The side on which the interval still excludes 1, walking away from here.
        near, far = ("low", "high") if from_subject else ("high", "low")
        low = _walk(known[: i + 2][::-1], near)
        high = _walk(known[i:], far)
        result.append(Crossing(*ends, value, low, high))
    return result


def _walk(away: Sequence[Place], limit: str) -> float | None:
    """Return where `limit` of the interval crosses 1, going from place to place."""
    for a, b in itertools.pairwise(away):
        first, second = getattr(a.ratio, limit), getattr(b.ratio, limit)
        if first is None or second is None:
            return None
        if (_log(first) > 0) != (_log(second) > 0):
            return _zero(a, b, limit)
    return None


def _zero(a: Place, b: Place, which: str) -> float:
    """Return where the straight line through two logarithms of a ratio is 0."""
    r_a, r_b = _log(getattr(a.ratio, which)), _log(getattr(b.ratio, which))
    x_a, x_b = math.log(a.value), math.log(b.value)
    return math.exp(x_a + (x_b - x_a) * r_a / (r_a - r_b))


def _log(ratio: float | None) -> float:
    if not ratio:
        raise ValueError("ratio must be a number > 0: leave out places without one")
    return math.log(ratio)
