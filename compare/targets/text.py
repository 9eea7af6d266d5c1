"""The target table in print: what was measured beside what is aimed at."""

from collections.abc import Sequence

import numpy as np

from compare.measure import kernels
from compare.measure.blocks import Row
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, render
from compare.show.columns import Row as Line
from compare.show.terminal import Mood, bullets
from compare.targets import goals as targets
from compare.targets.goals import Outcome

COLUMNS = (
    Column("batch"),
    Column("optimizer"),
    Column("numpy"),
    Column("measured", "median (95 % interval)", right=True),
    Column("target", right=True),
    Column("verdict"),
    Column("by processor time", "check", right=True),
)

MOODS: dict[str, Mood] = {"met": "good", "missed": "bad", "open": "doubt"}


def blas_line(rows: Sequence[Row]) -> str:
    """Return which BLAS the subject computes with, and which of its kernels."""
    pools = next((row.thread_pools for row in rows if row.name == targets.SUBJECT), [])
    named = kernels.named(pools)
    return f"NumPy's BLAS: {named}\n" if named else ""


def target_table(outcomes: Sequence[Outcome]) -> str:
    """Return the table of targets, a line per ratio."""
    return render(COLUMNS, [_row(outcome) for outcome in outcomes])


def _row(outcome: Outcome) -> Line:
    batch, optimizer = outcome.setting.split()
    what = {
        "floor": "over the GEMM floor",
        "training": f"against {outcome.opponent}",
        "one_image": f"one image, against {outcome.opponent}",
    }[outcome.what]
    sign = "≤" if outcome.at_most else "≥"
    cpu = "" if outcome.cpu_ratio is None else f"{outcome.cpu_ratio:.2f}"
    return [
        batch,
        optimizer,
        what,
        ratio.short(outcome.ratio),
        f"{sign} {outcome.target:.2f}",
        Cell(outcome.verdict, mood=MOODS.get(outcome.verdict, "")),
        cpu,
    ]


def row_table(rows: Sequence[Row]) -> str:
    """Return the time per step of every implementation in every setting."""
    settings = list(dict.fromkeys(row.setting for row in rows))
    names = list(dict.fromkeys(row.name for row in rows))
    columns = [Column("time per step")]
    for setting in settings:
        batch, optimizer = setting.split()
        columns.append(Column(f"batch {batch}", optimizer, right=True))
    columns.append(Column("one image", right=True))
    columns.append(Column("preparation", "off the clock", right=True))
    table: list[Line] = [_times(rows, name, settings) for name in names]
    table += [_floors(rows, name, settings) for name in (targets.SUBJECT, "torch")]
    return render(columns, [line for line in table if line])


def _times(rows: Sequence[Row], name: str, settings: list[str]) -> Line:
    mine = {row.setting: row for row in rows if row.name == name}
    if not any(row.seconds for row in mine.values()):
        reason = next((row.reason for row in mine.values() if row.reason), "")
        return Remark(name, f"n/a: {reason or 'interrupted before its first round'}")
    cells = [_beside_numpy(rows, mine[setting]) for setting in settings]
    one_image = _median(mine[targets.ONE_IMAGE_SETTING], "one_image")
    longest = max(row.prepare_seconds for row in mine.values())
    return [name, *cells, one_image, units.seconds(longest)]


def _beside_numpy(rows: Sequence[Row], row: Row) -> str:
    times = targets.speed_ratio(rows, row.setting, row.name)
    if row.name == targets.SUBJECT or times is None:
        return _median(row, "training")
    return f"{_median(row, 'training')} ({times:.2f} ×)"


def _floors(rows: Sequence[Row], name: str, settings: list[str]) -> list[str]:
    mine = {row.setting: row for row in rows if row.name == name}
    if not mine:
        return []
    cells = [_median(mine[setting], "floor") for setting in settings]
    return [f"GEMM floor, {name}'s BLAS", *cells, "", ""]


def _median(row: Row, kind: str) -> str:
    times = row.seconds.get(kind)
    return units.seconds(float(np.median(times))) if times else ""


def sentences(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> str:
    """Return what the tables mean."""
    by_hand = [row for row in rows if row.name == targets.WITHOUT_AUTOGRAD]
    text = [
        "Speeds are ratios of paired blocks of about 0.1 s in random order; above 1, "
        "numpy is faster.",
        f"In brackets: how many times as fast {targets.SUBJECT} is.",
        "The opponent is the fastest PyTorch variant with autograd in this run: "
        f"{', '.join(targets.AUTOGRAD)}.",
        "The GEMM floor is the eight matrix products of a step and nothing else, on "
        "the same BLAS.",
    ]
    if by_hand:
        text.append(
            f"{targets.WITHOUT_AUTOGRAD} is not an opponent but a witness: the same "
            "hand-written gradients in PyTorch operations, without autograd."
        )
    if any(outcome.verdict == "open" for outcome in outcomes):
        text.append("open: the interval has the target inside; measure more rounds.")
    return bullets(text)
