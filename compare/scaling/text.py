"""The sweep in words: first the sentence a reader wants, then the map behind it."""

import itertools
from collections.abc import Mapping, Sequence

from compare import registry
from compare.record.plan import short
from compare.scaling.axes import DISCRETE, MEANINGS, Point
from compare.scaling.measure import Series
from compare.scaling.winners import (
    MARGIN,
    NOBODY,
    UNRANKED,
    Crossing,
    Place,
    Stretch,
    stretches,
)
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, Row, render
from compare.show.words import count, listed
from compare.statistics import MIN_ROUNDS

VERBS = {"training": "Training", "inference": "Predicting"}
SHORT = {
    "batch": "batch size",
    "width": "width",
    "depth": "depth",
    "threads": "threads",
}
BY_HAND = "by hand"
PLAIN = SHORT | {"threads": "number of threads"}


def fastest(kind: str, axis: str, found: Sequence[Place], n_engines: int) -> str:
    """Return who is the fastest of all where: the names, and whether by hand."""
    groups = [
        (whose, list(places))
        for whose, places in itertools.groupby(found, key=lambda p: _whose(p.front))
    ]
    parts = [
        f"{_named(whose, places)} {_between(places[0].value, places[-1].value)}"
        for whose, places in groups
    ]
    said = "; ".join(parts) or "not measured"
    return f"{VERBS[kind]}, by {PLAIN[axis]}, fastest of {n_engines}: {said}."


def _whose(front: Sequence[str]) -> tuple[str, ...]:
    """Return whom a stretch is told of: all that are by hand together, others each."""
    if all(_is_by_hand(name) for name in front):
        return (BY_HAND,)
    return tuple(sorted(front))


def _is_by_hand(name: str) -> bool:
    entry = registry.engine(name)
    return entry is not None and entry.by_hand


def _named(whose: tuple[str, ...], found: Sequence[Place]) -> str:
    names = [name for place in found for name in place.front]
    # Who is in front most often comes first.
    order = sorted(dict.fromkeys(names), key=names.count, reverse=True)
    if whose == (BY_HAND,):
        return f"{BY_HAND} ({', '.join(order)})"
    if len(order) > 1:
        return f"too close to call between {listed([short(n) for n in order])}"
    return short(order[0])


def sentence(
    kind: str,
    axis: str,
    found: Sequence[Place],
    changes: Sequence[Crossing],
    subject: str,
) -> str:
    """Return who leads where along one axis, and by how much, in one sentence."""
    lead = f"{VERBS[kind]}, by {PLAIN[axis]}: "
    if not found:
        return f"{lead}not measured."
    parts = [_stretch(stretch, subject) for stretch in stretches(found)]
    near = [_near(change) for change in changes if axis not in DISCRETE]
    crossing = f" ({listed(near)})" if near else ""
    return f"{lead}{'; '.join(parts)}{crossing}."


def _stretch(stretch: Stretch, subject: str) -> str:
    where = _between(stretch.first, stretch.last)
    if stretch.leader == NOBODY:
        return f"{_why_nobody(stretch.places)} {where}"
    ratios = [place.ratio.ratio for place in stretch.places if place.ratio.ratio]
    low, high = min(ratios), max(ratios)
    if stretch.leader == subject:
        return f"{subject} leads {where}, {_times(low, high)} the fastest other"
    return f"{stretch.leader} leads {where}, {_times(1 / high, 1 / low)} {subject}"


def _between(first: int, last: int) -> str:
    return f"at {first:,}" if first == last else f"from {first:,} to {last:,}"


def _times(low: float, high: float) -> str:
    ends = dict.fromkeys(f"{value:.2f}" for value in (low, high))
    return f"{' to '.join(ends)} times as fast as"


def _near(change: Crossing) -> str:
    return f"{change.left} and {change.right} are equal near {_round(change.value)}"


def _why_nobody(found: Sequence[Place]) -> str:
    verdicts = [place.verdict for place in found]
    if "not enough data" in verdicts:
        return f"too few rounds to say ({MIN_ROUNDS} are needed)"
    n_noisy = verdicts.count("too noisy")
    if 0 < n_noisy < len(verdicts):
        return (
            f"nobody is seen to lead (at {n_noisy} of {len(verdicts)} values the "
            "machine was too busy to say)"
        )
    if n_noisy:
        return "the machine was too busy to say (see --clock processor)"
    return "nobody leads"


def _round(value: float) -> str:
    return units.significant(value, 2) if value < 100 else f"{round(value, -1):,.0f}"


def map_table(
    axis: str,
    kind: str,
    points: Mapping[int, Point],
    series: Mapping[tuple[str, str], Series],
    found: Sequence[Place],
    names: Sequence[str],
) -> str:
    """Return the time per image of everybody, and the winner, value by value."""
    subject = names[0]
    by_value = {place.value: place for place in found}
    columns = [
        Column(SHORT[axis], right=True),
        *(Column(name, "per image", right=True) for name in names),
        Column("faster"),
        Column(f"{subject} against the best other", "speed ratio (95 % interval)"),
    ]
    lines: list[Row] = []
    for value, point in points.items():
        place = by_value.get(value)
        cell = f"{value:>{len(SHORT[axis])}}"
        if place is None:
            lines.append(Remark(cell, _why(point, series, names)))
            continue
        times = [
            units.seconds(place.times[name].median) if name in place.times else "n/a"
            for name in names
        ]
        lines.append([cell, *times, _winner(place, subject), _ratio(place)])
    return f"{VERBS[kind]}: {MEANINGS[axis]}\n{render(columns, lines)}"


def _why(
    point: Point, series: Mapping[tuple[str, str], Series], names: Sequence[str]
) -> str:
    reasons = [series[name, point.key].reason for name in names]
    return next(filter(None, reasons), "not done within the budget")


def _winner(place: Place, subject: str) -> Cell:
    if place.verdict in UNRANKED:
        return Cell(place.verdict, mood="doubt")
    return Cell(place.winner, mood="good" if place.winner == subject else "")


def _ratio(place: Place) -> str:
    if place.ratio.ratio is None:
        return "n/a"
    return f"{ratio.short(place.ratio)} × {place.rival}"


def notes(
    n_rounds: int,
    names: Sequence[str],
    clock: str,
    kernels: Mapping[str, str],
    n_threads: int = 1,
) -> list[str]:
    """Return what the numbers mean."""
    threads = f"{count(n_threads, 'thread')} each, but on the axis of the threads"
    return [
        f"{count(n_rounds, 'round')} in random order; times are medians, ratios are "
        "paired. "
        f"The first of --impl, {names[0]}, is compared with the fastest other.",
        f"{NOBODY}: the 95 % interval contains 1, or the speeds are equal within "
        f"{100 * MARGIN:.0f} %. Crossings are interpolated between values measured.",
        f"The clock is that of the {clock}. "
        "Data are synthetic, of MNIST's shape: speed does not depend on the labels. "
        "One process per implementation and number of threads, for all its networks; "
        f"{threads}.",
        "Predicting: one batch at a time, of the same size as in training.",
        *_about_blas(kernels),
    ]


def _about_blas(kernels: Mapping[str, str]) -> list[str]:
    if not kernels.get("numpy"):
        return []
    return [
        f"A lead can be that of a BLAS: NumPy's is {kernels['numpy']}; PyTorch brings "
        "its own. python -m compare profile times the matrix products of both."
    ]
