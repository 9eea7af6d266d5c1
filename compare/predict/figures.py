"""What the network saw beside its answer: picture, 28 x 28, first three guesses."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt

from compare.errors import UsageError
from compare.predict.answers import percent
from compare.show import figure_style as style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from compare.predict.answers import Answer, Answers

MAX_IMAGES = 24
N_GUESSES = 3
PIXELS_SIDE = 28


def write(answered: list[Answers], path: Path) -> tuple[int, int]:
    """Draw up to 24 images; return how many are drawn and how many there are.

    Raises
    ------
    UsageError
        If the figure cannot be written.
    """
    pairs = ((each, a) for each in answered for a in each)
    drawn = list(itertools.islice(pairs, MAX_IMAGES))
    found = any(each.images.picture is not None for each, _ in drawn)
    across = min(2 if found else 4, len(drawn))
    down = math.ceil(len(drawn) / across)
    widths = [1.3, 1.0, 1.5] if found else [1.0, 1.5]
    figure = plt.figure(
        figsize=(1.45 * sum(widths) * across, 1.65 * down + 0.4), layout="constrained"
    )
    grid = figure.subfigures(down, across, squeeze=False)
    for k, (each, answer) in enumerate(drawn):
        axes = grid[k // across, k % across].subplots(
            1, len(widths), width_ratios=widths
        )
        if found:
            _draw_found(axes[0], each)
        seen = each.images.pixels[(answer.row or 1) - 1]
        _draw_pixels(axes[-2], seen.reshape(PIXELS_SIDE, PIXELS_SIDE))
        _draw_guesses(axes[-1], answer)
        grid[k // across, k % across].suptitle(
            _caption(answer), x=0.02, ha="left", fontsize=9
        )
    figure.suptitle(
        ("Left the picture, then" if found else "Left")
        + " what the network saw; right its first three answers and their probability",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        style.save(figure, path)
    except OSError as error:
        plt.close(figure)
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{path}: cannot be written ({reason})") from error
    return len(drawn), sum(len(each.probs) for each in answered)


def _caption(answer: Answer) -> str:
    name = Path(answer.source).name
    name = name if len(name) <= 24 else f"{name[:11]}…{name[-12:]}"
    # A dollar sign would begin a formula.
    name = name.replace("$", r"\$")
    return name if answer.row is None else f"{name}, image {answer.row}"


def _draw_found(axis: Axes, each: Answers) -> None:
    if each.images.picture is None:
        axis.set_axis_off()
    else:
        step = max(1, max(each.images.picture.shape) // 500)
        found = each.images.picture[::step, ::step]
        _draw_pixels(axis, found)


def _draw_pixels(axis: Axes, pixels: np.ndarray) -> None:
    axis.imshow(pixels, cmap="gray", vmin=0, vmax=255)
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
