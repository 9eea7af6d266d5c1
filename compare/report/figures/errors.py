"""Errors to learn from: scores per class, what neurons look for, calibration.

Each function draws what `compare.analysis` found and returns the figure; the caller
saves it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from compare.show import figure_style as style
from compare.show import tiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from compare.contract import Array, IntArray
    from compare.report.analysis import Calibration, ClassScores

NEURONS_ACROSS = 8
# Inches: a picture, from one to the next, and from row to row.
NEURON_SIDE, NEURON_PITCH, NEURON_HEIGHT = 0.965, 1.0, 1.25
NEURON_WORDS: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 8}
PANELS_ACROSS = 4


def draw_class_scores(scores: Sequence[ClassScores], *, title: str) -> Figure:
    """Draw precision and recall of each class as two marks on a line."""
    figure, axis = plt.subplots(
        figsize=(7.5, 0.38 * len(scores) + 1.4), layout="constrained"
    )
    looks = style.looks(["precision", "recall"])
    places = np.arange(len(scores))
    values = {name: [getattr(s, name) for s in scores] for name in looks}
    axis.hlines(
        places, values["precision"], values["recall"], color="#bbbbbb", linewidth=2
    )
    for name, meaning in (
        ("precision", "precision: answers with this class that are right"),
        ("recall", "recall: images of this class that are found"),
    ):
        look = looks[name]
        axis.plot(
            *(values[name], places),
            color=look.colour,
            marker=look.marker,
            linestyle="",
            markersize=7,
            label=meaning,
        )
    axis.set_yticks(places, [f"{s.name}  ({s.n_images:,} images)" for s in scores])
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(scores) - 0.5, -0.5)
    low, high = axis.get_xlim()
    axis.set_xlim(low, min(high, 1.002))
    # One decimal only where whole per cent would repeat themselves.
    axis.xaxis.set_major_formatter(
        PercentFormatter(1, decimals=int(high - low < 0.04), symbol=" %")
    )
    axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.grid(visible=False, axis="y")
    axis.set_title(title, pad=12)
    figure.legend(
        *axis.get_legend_handles_labels(), loc="outside lower center", ncols=2
    )
    _name_f1(axis, scores, places)
    return figure


def _name_f1(
    axis: Axes, scores: Sequence[ClassScores], places: NDArray[np.integer]
) -> None:
    across = axis.get_yaxis_transform()
    axis.text(1.02, -0.62, "F1", transform=across, fontsize=9, fontweight="bold")
    for place, score in zip(places, scores, strict=True):
        axis.text(
            *(1.02, float(place)),
            f"{100 * score.f1:.1f} %",
            transform=across,
            va="center",
            fontsize=9,
        )


def draw_neurons(
    numbers: IntArray, images: Array, *, title: str, word: str = "neuron"
) -> Figure:
    """Draw the change of first-layer weights where their pixels stand, one scale.

    Orange: ink there excites the neuron more than at the start. Purple: it calms it
    more. White: no change. Colour-blind readers can tell the two apart.
    """
    down = math.ceil(len(images) / NEURONS_ACROSS)
    width, height = NEURONS_ACROSS * NEURON_PITCH + 1.7, 0.22 + NEURON_HEIGHT * down
    figure, axes = tiles.board(width, height)
    limit = scale_of(images)
    look: dict[str, Any] = {"cmap": "PuOr_r", "vmin": -limit, "vmax": limit}
    drawn = None
    for i, (number, image) in enumerate(zip(numbers, images, strict=True)):
        x = i % NEURONS_ACROSS * NEURON_PITCH
        y = 0.49 + i // NEURONS_ACROSS * NEURON_HEIGHT
        drawn = tiles.put(axes, image, x, y, NEURON_SIDE, **look)
        axes.text(x + NEURON_SIDE / 2, y - 0.06, f"{word} {number}", **NEURON_WORDS)
    if drawn is not None:
        _name_scale(figure, drawn, width, height)
    figure.suptitle(
        title,
        x=0.01,
        y=1 - 0.02 / height,
        ha="left",
        fontsize=11,
        fontweight="bold",
    )
    return figure


def _name_scale(figure: Figure, drawn: AxesImage, width: float, height: float) -> None:
    """Put the bar of colours to the right of the neurons."""
    long = max(NEURON_SIDE - 0.015, 0.6 * (height - 0.5))
    place = ((width - 1.35) / width, (height - 0.5 - long) / 2 / height)
    axes = figure.add_axes((*place, 0.09 / width, long / height))
    bar = figure.colorbar(drawn, cax=axes, extend="both")
    lines = ["change:", "below 0 ink calms,", "above 0 ink excites"]
    bar.set_label("\n".join(lines) if height < 4 else " ".join(lines))
    bar.outline.set_visible(False)


def scale_of(images: Array) -> float:
    """Return the change that gets the full colour.

    One pixel in a hundred may be off the scale, or a single one would pale the rest.
    """
    return float(np.quantile(np.abs(images), 0.99)) or 1.0


def draw_calibration(
    found: Mapping[str, Calibration],
    *,
    title: str,
    looks: Mapping[str, style.Look] | None = None,
) -> Figure:
    """Draw accuracy against confidence, one panel per row, with the images per bin.

    `looks` are those of the same rows in the other figures of a comparison.
    """
    figure, pairs = _panels(len(found))
    looks = looks or style.looks(list(found))
    for (above, below), (name, each) in zip(pairs, found.items(), strict=True):
        look = looks[name]
        _draw_curve(above, each, look)
        above.set_title(
            f"{name}: error {100 * each.error:.2f} %".removeprefix(": "),
            pad=32,
            fontsize=10,
            fontweight="bold",
        )
        above.text(
            *(0, 1.03),
            f"95 % interval {100 * each.error_low:.2f}–{100 * each.error_high:.2f} %\n"
            f"by chance alone {100 * each.error_by_chance:.2f} %",
            transform=above.transAxes,
            fontsize=8.5,
        )
        below.stairs(each.counts, each.edges, fill=True, color=look.colour, alpha=0.7)
        below.set_yscale("log")
        below.set_ylim(bottom=0.5)
        # The unit once: labels of neighbouring panels would touch.
        below.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        below.tick_params(labelbottom=True)
        below.set_xlabel("confidence of the answer, %")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _panels(n: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Return `n` panels: axes for a curve, and lower ones for the counts below it."""
    across = min(n, PANELS_ACROSS)
    down = math.ceil(n / across)
    figure, axes = plt.subplots(
        2 * down,
        across,
        figsize=(max(4.4, 3.6 * across), 4.8 * down),
        height_ratios=[3, 1] * down,
        sharex=True,
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    pairs = [pair for i in range(down) for pair in axes[2 * i : 2 * i + 2].T]
    for above, below in pairs[::across]:
        above.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        above.set_ylabel("answers that are right")
        below.set_ylabel("images\n(log scale)")
    for unused in pairs[n:]:
        for axis in unused:
            axis.set_axis_off()
    return figure, pairs[:n]


def _draw_curve(axis: Axes, each: Calibration, look: style.Look) -> None:
    axis.plot([0, 1], [0, 1], color=style.GREY, linestyle="--", linewidth=1)
    axis.text(0.98, 0.02, "dashed: perfect", color=style.GREY, fontsize=8, ha="right")
    full = each.counts > 0
    x, y = each.confidence[full], each.accuracy[full]
    below = np.maximum(0, y - each.accuracy_low[full])
    above = np.maximum(0, each.accuracy_high[full] - y)
    axis.errorbar(
        *(x, y),
        yerr=[below, above],
        color=look.colour,
        marker=look.marker,
        linestyle="-",
        linewidth=1.2,
        elinewidth=1,
        capsize=2,
    )
    axis.set_xlim(0, 1.02)
    axis.set_ylim(-0.03, 1.03)  # whole markers at 0 and 1
