"""The targets in print: what was measured beside what is aimed at."""

from collections.abc import Sequence

import numpy as np

from compare import registry
from compare.measure import kernels
from compare.measure.blocks import Row
from compare.show import units
from compare.show.columns import Column, Remark, render
from compare.show.words import listed
from compare.targets import goals
from compare.targets.goals import Outcome

COLUMNS = (
    Column("batch"),
    Column("optimizer"),
    Column("who", "by hand"),
    Column("against", "the fastest"),
    Column("times as fast", "median (95 % interval)", right=True),
    Column("target", right=True),
    Column("verdict"),
    Column("by processor time", "check", right=True),
)


def blas_line(rows: Sequence[Row]) -> str:
    """Return which BLAS NumPy computes with, and which of its kernels."""
    pools = next((row.thread_pools for row in rows if row.name == goals.NUMPY), [])
    named = kernels.named(pools)
    return f"NumPy's BLAS: {named}\n" if named else ""


def headline(outcomes: Sequence[Outcome]) -> str:
    """Return who wins, in a sentence per setting."""
    lines = []
    for outcome in outcomes:
        goal, ratio = outcome.goal, outcome.ratio.ratio
        if goal.subject != "best" or ratio is None:
            continue
        batch, optimizer = goal.setting.split()
        ours, theirs = outcome.subject, outcome.opponent
        if outcome.ratio.low is not None and outcome.ratio.low > 1:
            words = f"{ours} is fastest, {ratio:.2f} × {theirs}"
        elif outcome.ratio.high is not None and outcome.ratio.high < 1:
            words = f"{theirs} is fastest, {1 / ratio:.2f} × {ours}"
        else:
            words = f"{ours} and {theirs} cannot be told apart"
        lines.append(f"Batch {batch}, {optimizer}: {words}.\n")
    return "".join(lines)


def target_table(outcomes: Sequence[Outcome]) -> str:
    """Return the table of targets, a line per ratio."""
    return render(COLUMNS, [_row(outcome) for outcome in outcomes])


def _row(outcome: Outcome) -> list[str]:
    goal, ratio = outcome.goal, outcome.ratio
    batch, optimizer = goal.setting.split()
    whom = outcome.opponent + (" (of PyTorch)" if goal.opponents == "PyTorch" else "")
    measured = "n/a"
    if ratio.ratio is not None:
        measured = f"{ratio.ratio:.2f}"
        if ratio.low is not None and ratio.high is not None:
            measured += f" ({ratio.low:.2f}–{ratio.high:.2f})"
    cpu = "" if outcome.cpu_ratio is None else f"{outcome.cpu_ratio:.2f}"
    if goal.what == "one_image":
        batch, optimizer = "1 image", "prediction"
    target = f"≥ {goal.target:.2f}"
    return [
        batch,
        optimizer,
        outcome.subject,
        whom,
        measured,
        target,
        outcome.verdict,
        cpu,
    ]


def row_table(rows: Sequence[Row]) -> str:
    """Return the time per step of every engine in every setting, the fastest first."""
    settings = list(dict.fromkeys(row.setting for row in rows))
    names = sorted(
        dict.fromkeys(row.name for row in rows), key=lambda name: _first(rows, name)
    )
    columns = [Column("time per step", "(numpy's speed ÷ its own)")]
    for setting in settings:
        batch, optimizer = setting.split()
        columns.append(Column(f"batch {batch}", optimizer, right=True))
    columns.append(Column("one image", right=True))
    columns.append(Column("over its floor", "64 sgd", right=True))
    columns.append(Column("preparation", "off the clock", right=True))
    table = [_times(rows, name, settings) for name in names]
    whose: dict[str, str] = {}
    for row in rows:
        if row.library:
            whose.setdefault(row.library, row.name)
    table += [_floors(rows, library, name, settings) for library, name in whose.items()]
    return render(columns, table)


def _first(rows: Sequence[Row], name: str) -> float:
    """Return the time per step in the first setting; those without come last."""
    times = next(row.seconds.get("training") for row in rows if row.name == name)
    return float(np.median(times)) if times else float("inf")


def _times(rows: Sequence[Row], name: str, settings: list[str]) -> list[str] | Remark:
    mine = {row.setting: row for row in rows if row.name == name}
    if not any(row.seconds for row in mine.values()):
        reason = next((row.reason for row in mine.values() if row.reason), "")
        return Remark(name, f"n/a: {reason or 'interrupted before its first round'}")
    cells = [_beside_numpy(rows, mine[setting]) for setting in settings]
    here = mine[goals.ONE_IMAGE_SETTING]
    floors = goals.over_floor(here) if here.seconds else None
    longest = max(row.prepare_seconds for row in mine.values())
    return [
        name,
        *cells,
        _median(here, "one_image"),
        "" if floors is None else f"{floors:.2f}",
        units.seconds(longest),
    ]


def _beside_numpy(rows: Sequence[Row], row: Row) -> str:
    ratio = goals.speed_ratio(rows, row.setting, row.name)
    if row.name == goals.NUMPY or ratio is None:
        return _median(row, "training")
    return f"{_median(row, 'training')} ({ratio:.2f} ×)"


def _floors(
    rows: Sequence[Row], library: str, name: str, settings: list[str]
) -> list[str]:
    mine = {row.setting: row for row in rows if row.name == name}
    cells = [_median(mine[setting], "floor") for setting in settings]
    return [f"GEMM floor, {library}", *cells, "", _rate(mine, library), ""]


def _rate(mine: dict[str, Row], library: str) -> str:
    """Return what the products reach, in operations per second."""
    times = mine[goals.ONE_IMAGE_SETTING].seconds.get("floor")
    if not times:
        return ""
    hp = goals.SETTINGS[goals.ONE_IMAGE_SETTING]
    flops = hp.architecture.flops(hp.batch_size)
    return f"{flops / float(np.median(times)) / 1e9:.0f} GFLOP/s"


def _median(row: Row, kind: str) -> str:
    times = row.seconds.get(kind)
    return units.seconds(float(np.median(times))) if times else ""


def sentences(
    rows: Sequence[Row], outcomes: Sequence[Outcome], peak: float | None
) -> str:
    """Return what the tables mean."""
    names = list(dict.fromkeys(row.name for row in rows))
    missing = {
        entry.needs: name
        for name, entry in registry.ENGINES.items()
        if entry.needs and entry.device == "cpu"
    }
    text = [
        "Speeds are ratios of paired blocks of about 0.1 s in random order; above 1, "
        "the network by hand is faster.",
        f"By hand: {listed(goals.side('numpy', names) + goals.side('best', names))}. "
        f"The opponent is the fastest in this run of "
        f"{listed(goals.side('others', names))}.",
        "The engines that skip leave out pixels that are 0 in all images of a batch; "
        "they look for them in every batch, inside the clock.",
        "The GEMM floor is the eight matrix products of a step and nothing else, on "
        "the same library. Who skips zeros can be below it.",
    ]
    if peak is not None:
        text.append(
            f"The processor's peak, from its clock and the width of its vectors, is "
            f"{peak:.0f} GFLOP/s in float32 on one core."
        )
    if missing:
        text += [f"Not measured: {name} {needs}." for needs, name in missing.items()]
    if any(outcome.verdict == "open" for outcome in outcomes):
        text.append("open: the interval has the target inside; measure more rounds.")
    return "".join(f"- {line}\n" for line in text)
