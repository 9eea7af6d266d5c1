"""Where the time of a step goes, in print."""

from collections.abc import Sequence

from compare.architecture import Architecture
from compare.measure.blocks import Row as Measured
from compare.measure.phases import PHASES, WHOLE
from compare.profile.time_split import Split
from compare.record.plan import short
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, Row, render
from compare.show.words import between, listed
from compare.statistics import NOISY_RELATIVE_IQR


def headline(found: Sequence[Split]) -> str:
    """Return the sentence a reader wants first."""
    shares = [
        f"{short(split.name)} {min(100.0, 100 / split.over_floor.ratio):.0f} %"
        for split in found
        if split.over_floor.ratio
    ]
    if not shares:
        return "The matrix products are timed separately for none of these rows.\n"
    return (
        "Of the time of a training step, this much is matrix products that nobody can "
        f"avoid: {listed(shares)}.\n"
    )


def table(rows: Sequence[Measured], found: Sequence[Split]) -> str:
    """Return microseconds per step by phase, beside the floor."""
    by_name = {split.name: split for split in found}
    lines: list[Row] = []
    for row in rows:
        if row.name in by_name:
            lines.append(line(by_name[row.name], found))
        else:
            reason = row.reason or "interrupted before its first round"
            lines.append(Remark(short(row.name), f"n/a: {reason}"))
    return render(columns(found), lines)


def columns(found: Sequence[Split]) -> list[Column]:
    """Return what `line` fills."""
    return [
        Column("implementation"),
        *(Column(phase, "µs (share)", right=True) for phase in _phases(found)),
        Column("sum", "instrumented", right=True),
        Column("one step", "without", right=True),
        Column("GEMM floor", "its BLAS", right=True),
        Column("step over floor", "ratio (95 % interval)", right=True),
    ]


def _phases(found: Sequence[Split]) -> list[str]:
    whole = any(WHOLE in split.phases for split in found)
    return [*PHASES, WHOLE] if whole else [*PHASES]


def line(split: Split, found: Sequence[Split]) -> list[Cell]:
    """Return the cells of one row, beside those of all that were `found`."""
    phases = _phases(found)
    total = split.instrumented_seconds
    cells = []
    for phase in phases:
        value = split.phases.get(phase)
        share = f"{100 * value / total:.0f} %" if value else ""
        cells.append(_micro(value, "–", f"{share:>4}"))
    over = split.over_floor
    return [
        Cell(short(split.name)),
        *cells,
        _micro(total, "–"),
        _micro(split.step.median),
        _micro(split.floor_seconds, "n/a"),
        Cell(ratio.figure(over), ratio.interval(over), value=over.ratio),
    ]


def _micro(seconds: float | None, without: str = "", detail: str = "") -> Cell:
    if not seconds:
        return Cell(without)
    figure = f"{seconds * 1e6:,.0f}" if seconds >= 1e-5 else f"{seconds * 1e6:.1f}"
    return Cell(figure, detail, value=seconds)


def notes(found: Sequence[Split], network: Architecture) -> list[str]:
    """Return what the columns mean, and what makes them doubtful; nothing of nothing.

    The rounds are those that were done, which after a Ctrl-C or a failure are fewer
    than were planned, and not the same for all rows.
    """
    if not found:
        return []
    rounds = between([split.step.n for split in found], "round")
    lines = [
        f"Medians of {rounds} in random order, microseconds per step.",
        "gather: picking the rows of a batch, and Python's loop. rest: zeroing "
        "gradients, checks, preparing labels. The loss is in forward for PyTorch and "
        "in backward for textbook and sklearn; numpy does not compute it.",
        "sum is measured with instruments, one step without: the difference is what "
        "the instruments cost. Ratios are made from steps without them.",
        *_floor_notes(found, len(network.products(1))),
    ]
    if any(split.name == "sklearn" for split in found):
        lines.append(
            "sklearn: its private methods are wrapped in this process; it has no "
            "public way to see its phases."
        )
    unseen = [short(split.name) for split in found if not split.phases]
    if unseen:
        lines.append(f"{listed(unseen)}: phases cannot be seen from outside.")
    noisy = [
        short(split.name)
        for split in found
        if (split.step.relative_iqr or 0) > NOISY_RELATIVE_IQR
    ]
    if noisy:
        lines.append(
            f"Doubtful: {listed(noisy)} spread by more than "
            f"{100 * NOISY_RELATIVE_IQR:.0f} % of the median; close other programs."
        )
    return lines


def _floor_notes(found: Sequence[Split], n_products: int) -> list[str]:
    """Return whose matrix products the floors are, and how the two compare."""
    whose = [
        f"{title}'s for {listed(names)}"
        for library, title in (("numpy", "NumPy"), ("torch", "PyTorch"))
        if (names := [short(s.name) for s in found if s.library == library])
    ]
    lines = [
        f"GEMM floor: the {n_products} matrix products of a step and nothing else, "
        f"with the BLAS of that row{': ' if whose else ''}{', '.join(whose)}."
    ]
    without = [short(split.name) for split in found if split.floor_seconds is None]
    if without:
        lines.append(f"{listed(without)}: no floor, a GPU's is not measured.")
    floors = {s.library: s.floor_seconds for s in found if s.floor_seconds}
    if floors.keys() >= {"numpy", "torch"}:
        times = floors["torch"] / floors["numpy"]
        lines.append(
            f"BLAS against BLAS: PyTorch's products take {units.significant(times)} "
            "times as long as NumPy's."
        )
    return lines
