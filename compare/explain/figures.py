"""The waterfall: from the accuracy of the first training to that of the second."""

import textwrap
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from compare.explain import text
from compare.explain.effects import Explanation
from compare.explain.record import Record
from compare.show import figure_style as style
from compare.statistics import MeanInterval

FILE_NAME = "explain.png"
UP, DOWN = style.COLOURS[0], style.COLOURS[1]
END = "#444444"
# Colour and hatch say the same: readers need only one of them.
LOOKS = {
    "up": {"color": UP, "hatch": ""},
    "down": {"color": DOWN, "hatch": "//"},
    "chance": {"color": "#c4c4c4", "hatch": ".."},
}


def write(record: Record, found: Explanation, folder: Path) -> list[str]:
    """Draw `explain.png`, if there is a total to draw."""
    if not can_draw(record, found):
        return []
    with style.styled():
        figure = draw(record, found)
        style.headline(figure, textwrap.fill(text.sentence(record, found), 105))
        return [style.save(figure, folder / FILE_NAME)]


def can_draw(record: Record, found: Explanation) -> bool:
    """Say whether there is a total, and anything between its ends."""
    return found.total is not None and record.ablation.accuracy("first") is not None


def draw(record: Record, found: Explanation) -> Figure:
    """Return the waterfall."""
    steps = _steps(found)
    begin = level = 100 * (record.ablation.accuracy("first") or 0)
    figure, axes = plt.subplots(
        figsize=(9.2, 1.6 + 0.42 * (len(steps) + 2)), layout="constrained"
    )
    _end(axes, 0, level)
    for row, (_, part) in enumerate(steps, start=1):
        _step(axes, row, level, part)
        level += 100 * part.mean
    _end(axes, len(steps) + 1, level)
    names = [record.first.engine, *(name for name, _ in steps), record.second.engine]
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("test accuracy, %; whiskers: 95 % interval of each step")
    _room(axes, begin, steps)
    axes.set_title("What each setting does to the accuracy")
    _legend(figure)
    return figure


def _steps(found: Explanation) -> list[tuple[str, MeanInterval]]:
    steps = [
        (f"{e.setting}: {_short(e.first)} → {_short(e.second)}", e.both)
        for e in found.effects
        if e.both is not None
    ]
    if found.interactions is not None:
        steps.append(("interactions", found.interactions))
    return steps


def _room(axes: Any, level: float, steps: list[tuple[str, MeanInterval]]) -> None:
    """Leave room for markers and numbers beside the widest bars and whiskers."""
    reached = [level]
    for _, part in steps:
        low, high = part.low or part.mean, part.high or part.mean
        reached += [level + 100 * low, level + 100 * high, level + 100 * part.mean]
        level += 100 * part.mean
    width = (max(reached) - min(reached)) or 1.0
    axes.set_xlim(min(reached) - 0.06 * width, max(reached) + 0.16 * width)


def _short(words: str) -> str:
    """Return the head of a value: the table has all of it."""
    return words.split(" bias correction")[0].replace("loss no ", "")


def _end(axes: Any, row: int, level: float) -> None:
    axes.plot([level], [row], marker="D", color=END, markersize=8)
    axes.annotate(
        f"{level:.2f} %",
        (level, row),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        fontweight="bold",
    )


def _step(axes: Any, row: int, level: float, part: MeanInterval) -> None:
    width = 100 * part.mean
    kind = "chance" if part.contains_zero in (True, None) else "up"
    if kind == "up" and width < 0:
        kind = "down"
    look = LOOKS[kind]
    axes.barh(
        row,
        width,
        left=level,
        height=0.62,
        color=style.tint(look["color"], 0.85),
        hatch=look["hatch"],
        edgecolor=look["color"] if kind != "chance" else style.GREY,
        linewidth=1,
    )
    axes.plot([level, level], [row - 0.7, row + 0.31], color=style.GREY, linewidth=0.8)
    low, high = part.low, part.high
    if low is not None and high is not None:
        axes.errorbar(
            level + width,
            row,
            xerr=[[100 * (part.mean - low)], [100 * (high - part.mean)]],
            color=style.INK,
            capsize=3,
            linewidth=1,
        )
    right = max(level, level + width, level + 100 * (high or 0))
    axes.annotate(
        f"{width + 0.0:+.2f}",
        (right, row),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        color=style.INK if kind != "chance" else style.GREY,
    )


def _legend(figure: Figure) -> None:
    words = {"up": "more accurate", "down": "less accurate", "chance": text.NOTHING}
    handles = [
        Patch(
            facecolor=style.tint(LOOKS[kind]["color"], 0.85),
            edgecolor=LOOKS[kind]["color"] if kind != "chance" else style.GREY,
            hatch=LOOKS[kind]["hatch"],
            label=label,
        )
        for kind, label in words.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
