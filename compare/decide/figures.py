"""`decide.png`: each cost in a panel of its own, a bar per way, shorter is better."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt

from compare.decide.rows import Row
from compare.show import figure_style as style
from compare.show import units

Value = Callable[[Row], float | None]
Words = Callable[[Row, float], str]


def _latency(row: Row) -> float | None:
    return (row.latency_seconds or {}).get(50)


def _per_image(row: Row) -> float | None:
    most = row.most_images_per_second
    return None if most is None else 1 / most


def _with_tail(row: Row, p50: float) -> str:
    p99 = (row.latency_seconds or {}).get(99, p50)
    return f"{units.seconds(p50)}, p99 {units.seconds(p99)}"


def _seconds(_: Row, value: float) -> str:
    return units.seconds(value)


def _megabytes(_: Row, n_bytes: float) -> str:
    return units.mebibytes(n_bytes)


def _kilobytes(_: Row, n_bytes: float) -> str:
    return f"{n_bytes / 1024:,.0f} kB"


PANELS: tuple[tuple[str, Value, Words], ...] = (
    ("One image: p50 and p99", _latency, _with_tail),
    ("Many at once: time per image", _per_image, _seconds),
    ("First answer, cold start", lambda row: row.first_answer_seconds, _seconds),
    ("Installed", lambda row: row.installed_bytes, _megabytes),
    ("Memory, one image", lambda row: row.memory_bytes, _megabytes),
    ("Model file", lambda row: row.file_bytes, _kilobytes),
)


def write(rows: Sequence[Row], folder: Path) -> str:
    """Draw the figure of all rows that were measured."""
    shown = [row for row in rows if not row.reason]
    with style.styled():
        figure, panels = plt.subplots(
            2,
            3,
            figsize=(11, 1.6 + 0.62 * max(3, len(shown))),
            sharey=True,
            layout="constrained",
        )
        for axes, (title, value, words) in zip(panels.flat, PANELS, strict=True):
            _panel(axes, shown, title, value, words)
        panels[0, 0].invert_yaxis()
        style.headline(
            figure,
            "One trained network in use. Shorter is better everywhere; each panel has "
            "its own scale.",
        )
        return style.save(figure, folder / "decide.png")


def _panel(
    axes: Any,
    rows: Sequence[Row],
    title: str,
    value: Value,
    words: Words,
) -> None:
    looks = style.looks([row.name for row in rows])
    most = max((value(row) or 0.0 for row in rows), default=0.0) or 1.0
    for place, row in enumerate(rows):
        found = value(row)
        if found is None:
            axes.text(0, place, " n/a", va="center", color=style.GREY)
            continue
        look = looks[row.name]
        axes.barh(
            place,
            found,
            color=style.tint(look.colour),
            edgecolor=look.colour,
            hatch=look.hatch,
            height=0.7,
        )
        axes.text(found, place, f" {words(row, found)}", va="center", fontsize=9)
    # Room for the words beside the longest bar.
    axes.set_xlim(0, (2.0 if "p99" in title else 1.5) * most)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(title)
