"""The sweep in words: first the sentence a reader wants, then the map behind it."""

import itertools
from collections.abc import Mapping, Sequence

from compare.scaling.axes import DISCRETE, MEANINGS, Point
from compare.scaling.measure import Series
from compare.scaling.winners import MARGIN, NOBODY, UNRANKED, Crossing, Place
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, Row, render
from compare.show.words import count
from compare.statistics import MIN_ROUNDS

VERBS = {"training": "Training", "inference": "Predicting"}
SHORT = {
    "batch": "batch size",
    "width": "width",
    "depth": "depth",
    "threads": "threads",
}
PLAIN = SHORT | {"threads": "number of threads"}
PLURAL = {axis: f"{name}s" for axis, name in SHORT.items()}
PLURAL["threads"] = "numbers of threads"


def sentence(
    kind: str,
    axis: str,
    found: Sequence[Place],
    changes: Sequence[Crossing],
    subject: str,
) -> str:
    """Return who is faster along one axis, in one sentence."""
    lead = f"{VERBS[kind]}, by {PLAIN[axis]}: "
    if not found:
        return f"{lead}not measured."
    first, last = found[0].value, found[-1].value
    span = f"from {first:,} to {last:,}" if last > first else f"at {first:,}"
    if all(place.winner == NOBODY for place in found):
        why = _why_nobody(found)
        return f"{lead}{why} {span}."
    if not changes:
        return f"{lead}{_only(axis, found, subject, span)}."
    parts = [f"{changes[0].left} is faster up to {_where(axis, changes[0])}"]
    for before, after in itertools.pairwise(changes):
        parts.append(f"then {before.right} up to {_where(axis, after)}")
    parts.append(f"{_from_there(axis, changes[-1])} {changes[-1].right}")
    doubts = f" ({', '.join(_doubts(found))} of {len(found)} values)"
    return f"{lead}{'; '.join(parts)}{doubts if _doubts(found) else ''}."


def _doubts(found: Sequence[Place]) -> list[str]:
    """Say at how many values nobody has won."""
    unranked = sum(place.verdict in UNRANKED for place in found)
    unclear = sum(place.winner == NOBODY for place in found) - unranked
    parts = []
    if unranked:
        parts.append(f"too noisy or too few rounds to rank at {unranked}")
    if unclear:
        parts.append(f"no clear winner at {unclear}")
    return parts


def _why_nobody(found: Sequence[Place]) -> str:
    verdicts = [place.verdict for place in found]
    if "not enough data" in verdicts:
        return f"too few rounds to say ({MIN_ROUNDS} are needed)"
    if "too noisy" in verdicts:
        return "the machine was too busy to say (see --clock processor)"
    return "no clear winner"


def _only(axis: str, found: Sequence[Place], subject: str, span: str) -> str:
    """Say who leads by how much, wherever somebody does, and where nobody does."""
    clear = [place for place in found if place.winner != NOBODY]
    ratios = [place.ratio.ratio for place in clear if place.ratio.ratio]
    low, high = min(ratios), max(ratios)
    if low > 1:
        leads = f"{subject} is faster, {_times(low, high)},"
    else:
        rivals = list(dict.fromkeys(place.rival for place in clear))
        name = rivals[0] if len(rivals) == 1 else "another"
        leads = f"{name} is faster than {subject}, {_times(1 / high, 1 / low)},"
    if len(clear) == len(found):
        return f"{leads} at every {PLAIN[axis]} {span}"
    where = f"at {len(clear)} of {len(found)} {PLURAL[axis]} {span}"
    return "; ".join([f"{leads} {where}", *_doubts(found)])


def _times(low: float, high: float) -> str:
    ends = dict.fromkeys(f"{ratio:.2f}" for ratio in (low, high))
    return f"{' to '.join(ends)} times"


def _where(axis: str, change: Crossing) -> str:
    if axis == "threads":
        return count(round(change.value), "thread")
    if axis in DISCRETE:
        return f"{SHORT[axis]} {change.value:.0f}"
    zone = ""
    if change.low is not None and change.high is not None:
        zone = f" (no clear winner from {_round(change.low)} to {_round(change.high)})"
    elif change.low is not None:
        zone = f" (no clear winner from {_round(change.low)})"
    elif change.high is not None:
        zone = f" (no clear winner up to {_round(change.high)})"
    return f"{SHORT[axis]} {_round(change.value)}{zone}"


def _from_there(axis: str, change: Crossing) -> str:
    if axis in DISCRETE and change.high is not None:
        return f"from {change.high:.0f} on"
    return "from there"


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
    n_rounds: int, names: Sequence[str], clock: str, kernels: Mapping[str, str]
) -> list[str]:
    """Return what the numbers mean."""
    return [
        f"{count(n_rounds, 'round')} in random order; times are medians, ratios are "
        "paired. "
        f"The first of --impl, {names[0]}, is compared with the fastest other.",
        f"{NOBODY}: the 95 % interval contains 1, or the speeds are equal within "
        f"{100 * MARGIN:.0f} %. Crossings are interpolated between values measured.",
        f"The clock is that of the {clock}. "
        "Data are synthetic, of MNIST's shape: speed does not depend on the labels. "
        "One process per implementation and number of threads, for all its networks.",
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
