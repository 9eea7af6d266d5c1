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
    SpeedVerdict,
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
    this value; above 1 the subject is faster. `winner` is a name or `NOBODY`. `front`
    is the fastest of all by its median, and whoever is not proved slower than it.
    """

    value: int
    times: dict[str, TimingSummary]
    rival: str
    ratio: RatioInterval
    winner: str
    verdict: str
    front: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """Neighbouring places with the same leader, or `NOBODY`."""

    leader: str
    places: tuple[Place, ...]

    @property
    def first(self) -> int:
        """The lowest value."""
        return self.places[0].value

    @property
    def last(self) -> int:
        """The highest value."""
        return self.places[-1].value


@dataclass(frozen=True)
class Crossing:
    """Between two places the lead goes from `left` to `right`, at about `value`.

    `left` leads at a place below and `right` at one above. From `low` to `high` the
    interval contains 1.
    """

    left: str
    right: str
    value: float
    low: float
    high: float


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
    if subject not in times or len(times) < 2:
        return None
    by_median = sorted(times, key=lambda name: times[name].median)
    rival = next(name for name in by_median if name != subject)
    verdict = _beside(here, rival, subject)
    winner = {"faster": subject, "slower": rival}.get(verdict.verdict, NOBODY)
    fastest, *followers = by_median
    front = [f for f in followers if _beside(here, fastest, f).verdict != "slower"]
    return Place(
        value,
        times,
        rival,
        verdict.ratio,
        winner,
        verdict.verdict,
        (fastest, *front),
    )


def _beside(
    here: Mapping[str, list[float | None]], baseline: str, name: str
) -> SpeedVerdict:
    """Return the verdict about the rounds in which both had their turn."""
    pairs = [
        (a, b)
        for a, b in zip(here[baseline], here[name], strict=False)
        if a is not None and b is not None
    ]
    return speed_verdict(
        baseline,
        name,
        [a for a, _ in pairs],
        [b for _, b in pairs],
        margin=MARGIN,
        n_resamples=N_RESAMPLES,
        rng=np.random.default_rng(0),
    )


def stretches(found: Sequence[Place]) -> list[Stretch]:
    """Return who leads from where to where, in the order of the axis."""
    groups = itertools.groupby(found, key=lambda place: place.winner)
    return [Stretch(leader, tuple(places)) for leader, places in groups]


def crossings(axis: str, found: Sequence[Place], subject: str) -> list[Crossing]:
    """Return where the lead goes from the subject to another, or back.

    Only between places where somebody leads, and if the medians change sides once
    between them. There the logarithm of the ratio is a straight line over the
    logarithm of the value, from one value measured to the next. Depth and threads have
    nothing between their values.
    """
    result = []
    leading = [s for s in stretches(found) if s.leader != NOBODY]
    for a, b in itertools.pairwise(leading):
        if a.leader == b.leader or subject not in (a.leader, b.leader):
            continue
        low, high = a.places[-1], b.places[0]
        between = [p for p in found if low.value <= p.value <= high.value]
        changes = [
            pair
            for pair in itertools.pairwise(between)
            if (_log(pair[0].ratio.ratio) > 0) != (_log(pair[1].ratio.ratio) > 0)
        ]
        if len(changes) != 1:
            continue
        ends = a.leader, b.leader
        if axis in DISCRETE:
            result.append(Crossing(*ends, low.value, low.value, high.value))
            continue
        # The side on which the interval still excludes 1, walking away from here.
        near, far = ("low", "high") if a.leader == subject else ("high", "low")
        result.append(
            Crossing(
                *ends,
                _zero(*changes[0], "ratio"),
                _walk(between[::-1], near, low.value),
                _walk(between, far, high.value),
            )
        )
    return result


def _walk(towards: Sequence[Place], limit: str, end: float) -> float:
    """Return where `limit` of the interval last crosses 1 before `end`, the last place.

    There the interval excludes 1.
    """
    for a, b in reversed(list(itertools.pairwise(towards))):
        first, second = getattr(a.ratio, limit), getattr(b.ratio, limit)
        if first is None or second is None:
            return end
        if (_log(first) > 0) != (_log(second) > 0):
            return _zero(a, b, limit)
    return end


def _zero(a: Place, b: Place, which: str) -> float:
    """Return where the straight line through two logarithms of a ratio is 0."""
    r_a, r_b = _log(getattr(a.ratio, which)), _log(getattr(b.ratio, which))
    x_a, x_b = math.log(a.value), math.log(b.value)
    return math.exp(x_a + (x_b - x_a) * r_a / (r_a - r_b))


def _log(ratio: float | None) -> float:
    if not ratio:
        raise ValueError("ratio must be a number > 0: leave out places without one")
    return math.log(ratio)
