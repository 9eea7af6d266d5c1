"""What the network saw beside its answer: picture, 28 x 28, first three guesses."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from compare.predict.answers import percent
from compare.show import figure_style as style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from compare.predict.answers import Answer, Answers

MAX_IMAGES = 24
MAX_PAGES = 4
N_GUESSES = 3
PIXELS_SIDE = 28


def write(answered: list[Answers], path: Path) -> tuple[int, int]:
    """Draw up to 24 images; return how many are drawn and how many there are.

    A picture of several digits is drawn once, whole, with a box round each digit and
    the answer above it.

    Raises
    ------
    UsageError
        If the figure cannot be written.
    """
    pages = [each for each in answered if len(each.images.boxes) > 1][:MAX_PAGES]
    pairs = ((each, a) for each in answered for a in each)
    drawn = list(itertools.islice(pairs, MAX_IMAGES))
    found = any(len(each.images.boxes) == 1 for each, _ in drawn)
    widths = [1.3, 1.0, 1.5] if found else [1.0, 1.5]
    across = min(2 if found else 4, len(drawn))
    if pages:
        across = max(across, 2)
    down = math.ceil(len(drawn) / across)
    width = 1.45 * sum(widths) * across
    heights = [min(1.2, _aspect(page)) * width for page in pages]
    figure = plt.figure(
        figsize=(width, 1.65 * down + 0.4 + sum(heights)), layout="constrained"
    )
    rows = figure.subfigures(
        len(pages) + 1, 1, height_ratios=[*heights, 1.65 * down], squeeze=False
    )
    for page, (place,) in zip(pages, rows, strict=False):
        _draw_page(place.subplots(), page)
    grid = rows[-1, 0].subfigures(down, across, squeeze=False)
    for k, (each, answer) in enumerate(drawn):
        place = grid[k // across, k % across]
        axes = place.subplots(1, len(widths), width_ratios=widths)
        if found:
            _draw_found(axes[0], each)
        seen = each.images.pixels[(answer.row or 1) - 1]
        _draw_pixels(axes[-2], seen.reshape(PIXELS_SIDE, PIXELS_SIDE))
        _draw_guesses(axes[-1], answer)
        place.suptitle(_caption(answer), x=0.02, ha="left", fontsize=9)
    figure.suptitle(
        ("Left the picture, then" if found else "Left")
        + " what the network saw; right its first three answers and their probability",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    style.save(figure, path)
    return len(drawn), sum(len(each.probs) for each in answered)


def _aspect(page: Answers) -> float:
    picture = page.images.picture
    return 1.0 if picture is None else picture.shape[0] / picture.shape[1]


def _draw_page(axis: Axes, page: Answers) -> None:
    _draw_found(axis, page, extent=True)
    axis.set_title(_short(page.images.source), loc="left", fontsize=9)
    for answer in page:
        if answer.box is None:
            continue
        left, top, width, height = answer.box
        axis.add_patch(
            Rectangle(
                (left, top), width, height, fill=False, color=style.COLOURS[0], lw=1.2
            )
        )
        axis.annotate(
            answer.name,
            (left + width, top),
            xytext=(1, 1),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
            color="white",
            annotation_clip=True,
            bbox={"facecolor": style.COLOURS[0], "edgecolor": "none", "pad": 0.8},
        )


def _caption(answer: Answer) -> str:
    name = _short(answer.source)
    if answer.row is None:
        return name
    return f"{name}, {'image' if answer.box is None else 'digit'} {answer.row}"


def _short(source: str) -> str:
    name = Path(source).name
    name = name if len(name) <= 24 else f"{name[:11]}…{name[-12:]}"
    # A dollar sign would begin a formula.
    return name.replace("$", r"\$")


def _draw_found(axis: Axes, each: Answers, *, extent: bool = False) -> None:
    """Draw the picture; with `extent`, the axes count its own pixels."""
    picture = each.images.picture
    if picture is None or (len(each.images.boxes) > 1 and not extent):
        axis.set_axis_off()
        return
    step = max(1, max(picture.shape) // (1200 if extent else 500))
    height, width = picture.shape
    place = (0.0, float(width), float(height), 0.0) if extent else None
    _draw_pixels(axis, picture[::step, ::step], place)


def _draw_pixels(
    axis: Axes,
    pixels: np.ndarray,
    extent: tuple[float, float, float, float] | None = None,
) -> None:
    axis.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=extent)
    axis.grid(visible=False)
    # White paper needs a frame to be seen.
    axis.spines[:].set(visible=True, color="#aaaaaa")
    axis.set_xticks([])
    axis.set_yticks([])


def _draw_guesses(axis: Axes, answer: Answer) -> None:
    best = np.argsort(-answer.probs, kind="stable")[:N_GUESSES]
    probs = answer.probs[best]
    heights = np.arange(len(best))
    colours = [style.COLOURS[0]] + ["#bbbbbb"] * (len(best) - 1)
    axis.barh(heights, probs, height=0.62, color=colours)
    for y, p in zip(heights, probs, strict=True):
        axis.text(p + 0.04, float(y), f"{percent(p)} %", va="center", fontsize=8)
    axis.set_yticks(heights, [answer.class_names[i] for i in best], fontsize=9)
    axis.get_yticklabels()[0].set_fontweight("bold")
    axis.set_xlim(0, 1.55)
    axis.set_ylim(N_GUESSES - 0.4, -0.6)
    axis.set_xticks([])
    axis.grid(visible=False)
    axis.tick_params(left=False)
    axis.spines[["bottom"]].set_visible(False)
