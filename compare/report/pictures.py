"""The figures of the page: those of the files, each with words for what it shows."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib import pyplot as plt
from matplotlib.figure import Figure as MatplotlibFigure
from numpy.typing import NDArray

from compare.contract import Array
from compare.record.verdicts import Verdicts
from compare.report import stopping, text
from compare.report.figures import bars, curves
from compare.show import figure_style as style
from compare.show import units
from compare.show.inline_svg import inline
from compare.show.words import listed

# One width for all: on a phone a figure is about as wide as it is drawn.
WIDTH = 5.4
# Of ColorBrewer's PuOr: colour-blind readers can tell the two apart.
UP, DOWN = (230, 97, 1), (112, 74, 178)
# In characters; three such names stand beside one another in a legend.
SHORT_NAME = 12


@dataclass(frozen=True)
class Figure:
    """A drawing inside the page; it holds the words for those who cannot see it."""

    svg: Markup
    caption: str = ""
    """What stands above it: names that would be too long for a line inside."""


def learning_curves(judged: Verdicts) -> list[Figure]:
    """Return loss and accuracy against epochs."""
    if not curves.rows(judged):
        return []
    looks = style.looks(judged.results.plan.labels)
    longest = max(len(row.short) for row in judged.rows)

    def with_legend(panel: Callable[[Any, Verdicts], None], axes: Any) -> None:
        panel(axes, judged)
        legend = axes.figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=3 if longest <= SHORT_NAME else 2,
            fontsize=9,
        )
        keys = zip(legend.legend_handles, legend.get_texts(), strict=True)
        for row, artists in zip(curves.rows(judged), keys, strict=True):
            for artist in artists:
                style.mark(artist, looks[row.label])

    return [
        draw(partial(with_legend, panel), 4.2, _course(judged, quantity))
        for panel, quantity in ((curves.loss, "loss"), (curves.accuracy, "accuracy"))
    ]


def speed(judged: Verdicts) -> list[Figure]:
    """Return the ratios with their intervals, and the times they come from."""
    found = []
    if compared := bars.compared(judged):
        height = 1.5 + bars.ROW_INCHES * len(compared)
        found.append(draw(lambda a: bars.speed(a, judged), height, _ratios(judged)))
    if rows := judged.complete:
        height = 1.3 + bars.ROW_INCHES * len(rows)
        medians = [
            f"{text.named(row)} {units.seconds(bars.timing(row).median)}"
            for row in rows
        ]
        label = f"Bars: the median time of one epoch is {listed(medians)}."
        found.append(draw(lambda a: bars.time(a, judged), height, label))
    return found


def accuracy(judged: Verdicts) -> list[Figure]:
    """Return the test accuracy of every seed."""
    rows = judged.complete
    if not rows:
        return []
    means = [
        f"{text.named(row)} {units.percent(row.mean_accuracy or 0)} %" for row in rows
    ]
    height = 1.3 + bars.ROW_INCHES * len(rows)
    label = f"Points: the test accuracy of each seed; the means are {listed(means)}."
    return [draw(lambda axes: bars.accuracy(axes, judged), height, label)]


def change(image: Array, limit: float) -> str:
    """Return changes of weights as a data URI: orange up, purple down, clear for none.

    Clear, so that it stands on a light page as well as on a dark one.
    """
    colours = np.where(image[..., None] > 0, UP, DOWN)
    strength = np.minimum(np.abs(image) / limit, 1.0)
    alpha = np.rint(255 * strength)[..., None]
    return _png(np.concatenate([colours, alpha], axis=-1).astype(np.uint8))


def digit(pixels: NDArray[np.uint8]) -> str:
    """Return one test image, dark on light, as a data URI."""
    return _png(255 - pixels)


def _png(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/png;base64,{content}"


def _course(judged: Verdicts, quantity: str) -> str:
    ends = []
    for row in curves.rows(judged):
        values = curves.series(row, f"val_{quantity}").mean(axis=0)
        shown = [
            f"{100 * v:.1f} %" if quantity == "accuracy" else f"{v:.3f}"
            for v in (values[0], values[-1])
        ]
        ends.append(f"{row.short} from {shown[0]} to {shown[1]}")
    length = stopping.length(judged.results.plan)
    return f"Lines: validation {quantity} over {length}: {listed(ends)}."


def _ratios(judged: Verdicts) -> str:
    parts = [
        f"{text.named(row)} {ratio.ratio:.2f} times, "
        f"interval {ratio.low:.2f} to {ratio.high:.2f}"
        for row, ratio in bars.compared(judged)
    ]
    base = judged.baseline.short
    return f"Points with intervals: speed as a multiple of {base}'s: {listed(parts)}."


def draw(panel: Callable[[Any], None], height: float, label: str) -> Figure:
    """Let `panel` draw one axes; `label` says what is seen."""

    def one() -> MatplotlibFigure:
        figure, axes = plt.subplots(figsize=(WIDTH, height), layout="constrained")
        panel(axes)
        return figure

    return placed(one, label)


def placed(
    draw: Callable[[], MatplotlibFigure], label: str, caption: str = ""
) -> Figure:
    """Return a figure of matplotlib for the page; the same input, the same bytes."""
    with style.styled():
        svg = inline(draw(), label)
    return Figure(Markup(svg), caption)  # noqa: S704  # ElementTree escapes names
