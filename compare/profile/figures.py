"""Where the time of a step goes: a stacked bar per implementation, beside its floor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from compare.measure.phases import PHASES, WHOLE
from compare.profile.time_split import Split
from compare.record.plan import short
from compare.show import figure_style as style

# A segment narrower than this part of the axis has no room for its number.
LABEL_WIDTH = 0.035


def write(found: Sequence[Split], title: str, folder: Path) -> list[str]:
    """Draw `time_split.png`."""
    if not found:
        return []
    with style.styled():
        height = 1.5 + 0.62 * len(found)
        figure, axes = plt.subplots(figsize=(10, height), layout="constrained")
        bars(axes, found)
        axes.set_title(title, pad=30)
        handles = legend(found)
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=len(handles),
            handlelength=1.6,
            columnspacing=1.4,
            borderaxespad=0.3,
            fontsize=9,
        )
        return [style.save(figure, folder / "time_split.png")]


def bars(axes: Any, found: Sequence[Split]) -> None:
    """Draw one bar per implementation."""
    limit = 1.18e6 * max(
        max(split.instrumented_seconds, split.step.median) for split in found
    )
    for row, split in enumerate(found):
        _bar(axes, row, split, limit)
    axes.set_yticks(range(len(found)), [short(split.name) for split in found])
    axes.set_ylim(len(found) - 0.45, -0.6)
    axes.set_xlim(0, limit)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("microseconds per training step, median of the rounds")


def _bar(axes: Any, row: int, split: Split, limit: float) -> None:
    looks = style.looks([*PHASES, WHOLE])
    left = 0.0
    for phase, seconds in split.phases.items():
        width = 1e6 * seconds
        colour = style.GREY if phase == "rest" else looks[phase].colour
        axes.barh(
            row,
            width,
            left=left,
            height=0.62,
            color=_light(colour),
            hatch=looks[phase].hatch,
            edgecolor="white",
        )
        if width > LABEL_WIDTH * limit:
            axes.text(
                left + width / 2,
                row,
                f"{width:,.0f}",
                ha="center",
                va="center",
                fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
            )
        left += width
    if not split.phases:
        left = 1e6 * split.step.median
        axes.barh(row, left, height=0.62, color="#cccccc", edgecolor="white")
    if split.floor_seconds:
        floor = 1e6 * split.floor_seconds
        axes.plot([floor, floor], [row - 0.42, row + 0.42], color="black", lw=2.4)
    over = split.over_floor.ratio
    axes.annotate(
        f"{over:.2f} × floor" if over else "",
        (left, row),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
    )


def legend(found: Sequence[Split]) -> list[Any]:
    """Return the handles of a legend, in the order in which the phases are stacked."""
    looks = style.looks([*PHASES, WHOLE])
    present = [p for p in (*PHASES, WHOLE) if any(p in s.phases for s in found)]
    handles: list[Any] = [
        Patch(
            facecolor=_light(style.GREY if phase == "rest" else looks[phase].colour),
            hatch=looks[phase].hatch,
            edgecolor="white",
            label=phase,
        )
        for phase in present
    ]
    handles.append(
        Line2D([], [], color="black", lw=2.4, label="matrix products alone (floor)")
    )
    return handles


def _light(colour: str) -> tuple[float, float, float]:
    return style.tint(colour, 0.6)
