"""The tables of `decide`, the sentences above it, and what its numbers mean."""

from collections.abc import Callable, Sequence

from compare.decide import ways
from compare.decide.measure import CALLS, Measured
from compare.decide.rows import (
    PERCENTILES,
    TOLERANCE,
    Row,
    batch,
    leaders,
    single,
    start,
)
from compare.record.plan import short
from compare.show import ratio, units
from compare.show.columns import Cell, Column, Remark, render
from compare.show.columns import Row as Line
from compare.show.words import count, listed
from compare.statistics import MIN_ROUNDS

HAVING = (
    Column("way"),
    Column("installed", "with all it needs", right=True),
    Column("model file", right=True),
    Column("import", right=True),
    Column("first answer", "cold start", right=True),
    Column("memory", "1 image", right=True),
)


def sentences(found: Sequence[Measured], rows: Sequence[Row]) -> list[str]:
    """Return three sentences: one image, many images, and what it takes to be there."""
    if not any(row.memory_bytes for row in rows):
        return []
    return [
        _fastest("One image at a time", found, single),
        _fastest("Many images at once, any number of threads", found, batch),
        _lightest(found, rows),
    ]


def _fastest(
    what: str, found: Sequence[Measured], times: Callable[[Measured], list[float]]
) -> str:
    if _too_few(found):
        return f"{what}: too few rounds to rank ({MIN_ROUNDS} are needed)."
    front, beaten = leaders(found, times)
    names = [short(one.way.name) for one in front]
    if len(names) > 1:
        lead = f"{what}: too close to call between {listed(names)}"
    else:
        lead = f"{what}: {names[0]}"
    if beaten is None:
        return f"{lead}."
    return (
        f"{lead}; {names[0]} is {ratio.short(beaten.ratio)} times as fast as "
        f"{short(beaten.baseline_name)}, the next."
    )


def _too_few(found: Sequence[Measured]) -> bool:
    return min((len(o.calls) for o in found if o.calls), default=0) < MIN_ROUNDS


def _lightest(found: Sequence[Measured], rows: Sequence[Row]) -> str:
    known = [row for row in rows if row.installed_bytes and row.memory_bytes]
    small = min(known, key=lambda row: row.installed_bytes or 0, default=None)
    said = _fastest("From a cold start to the first answer", found, start)[:-1]
    if small is None:
        return f"{said}."
    large = max(known, key=lambda row: row.installed_bytes or 0)
    return (
        f"{said}; {small.name} takes {_size(small.installed_bytes)} on disk and "
        f"{_size(small.memory_bytes)} of memory, {large.name} "
        f"{_size(large.installed_bytes)} and {_size(large.memory_bytes)}."
    )


def tables(rows: Sequence[Row]) -> str:
    """Return all figures in two tables: what it takes to have it, and to use it.

    A way that could not be measured is named once, in the first.
    """
    measured = [row for row in rows if not row.reason]
    blocks = [render(HAVING, [_having(row) for row in rows])]
    if measured:
        counts = sorted({n for row in measured for n in row.images_per_second or {}})
        use = [_use(row, counts) for row in measured]
        blocks.append(render(_use_columns(counts), use))
    return "\n".join(blocks)


def _having(row: Row) -> Line:
    if row.reason:
        return Remark(row.name, f"n/a: {row.reason}")
    return [
        row.name,
        _size(row.installed_bytes),
        f"{row.file_bytes / 1024:,.0f} kB",
        _seconds(row.import_seconds),
        _seconds(row.first_answer_seconds),
        _size(row.memory_bytes),
    ]


def _use_columns(counts: Sequence[int]) -> list[Column]:
    # One heading over three columns.
    percentiles = [
        Column("" if i else "1 image", f"p{p}", right=True)
        for i, p in enumerate(PERCENTILES)
    ]
    return [
        Column("way"),
        *percentiles,
        *(Column("images/s", count(n, "thread"), right=True) for n in counts),
        Column("same as", "numpy", right=True),
        Column("right", "%", right=True),
    ]


def _use(row: Row, counts: Sequence[int]) -> Line:
    latency, throughput = row.latency_seconds or {}, row.images_per_second or {}
    return [
        row.name,
        *(_seconds(latency.get(p)) for p in PERCENTILES),
        *(f"{throughput[n]:,.0f}" if n in throughput else "n/a" for n in counts),
        _answers(row),
        "n/a" if row.right is None else units.percent(row.right / row.n_images),
    ]


def _answers(row: Row) -> Cell:
    if row.same_answers is None:
        return Cell("n/a")
    if not row.agrees:
        return Cell("DIFFERENT", f"by {row.largest_difference:.1e}", mood="bad")
    words = "all" if row.same_answers == row.n_images else f"{row.same_answers:,}"
    return Cell(words, mood="good" if words == "all" else "")


def _seconds(value: float | None) -> str:
    return "n/a" if value is None else units.seconds(value)


def _size(n_bytes: float | None) -> str:
    return "n/a" if n_bytes is None else units.mebibytes(n_bytes)


def notes(rows: Sequence[Row], n_rounds: int, missing: Sequence[str]) -> list[str]:
    """Return what the numbers mean, and what is not among them."""
    n_images = max((row.n_images for row in rows), default=0)
    said = [
        "installed: what pip has put on the disk for it and for all that it requires, "
        "NumPy included and Python not. MB are 2²⁰ bytes",
        f"first answer: from the start of a process to its first answer, Python's own "
        "start included; the files are in the system's cache. Times are medians over "
        f"{count(n_rounds, 'round')} in random order",
        f"1 image: percentiles of {CALLS:,} calls in each process, one thread. "
        f"images/s: {n_images:,} images in one call",
        "memory: the most that a process with one thread has held, Python included, "
        "when it had answered one image; no training data, no optimizer",
        f"same as numpy: how many of {n_images:,} test images get the class that numpy "
        f"gives them; probabilities of the same weights agree to {TOLERANCE:g}. "
        "right: how many get the right one",
    ]
    if any(row.name in ways.ONNX for row in rows):
        said.append(
            "onnx is ONNX Runtime with the network written node by node; the package "
            "onnx, which only writes the file, is not counted. onnx-int8 keeps each "
            "weight in one byte, so its answers are near and not equal"
        )
    if missing:
        said.append(
            f"ONNX Runtime is not measured: it needs {listed(list(missing))}, not "
            f"installed here: {ways.CURE}"
        )
    return said
