"""The network with its shapes, from the pixels of a digit to ten probabilities."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from docs.figures import style
from docs.figures.small_training import test_digits

SIZES = (784, 128, 64, 10)
COLUMNS = (3.1, 6.3, 9.3, 12.1)
N_DOTS = (14, 11, 8, 10)
MIDDLE, SPACING = 3.45, 0.38


def draw(path: Path) -> None:
    """Draw the figure."""
    X, y, probs = test_digits()
    # A digit that is told with some doubt: a bar chart with one bar says little.
    shown = int(np.flatnonzero((probs.max(axis=1) < 0.75) & (y == 4))[0])
    with style.figure(path, 10, 4.6) as figure:
        axes = style.canvas(figure, 16, 7)
        axes.set_aspect("equal")
        square = 2.0
        extent = (0.1, 0.1 + square, MIDDLE - square / 2, MIDDLE + square / 2)
        axes.imshow(X[shown].reshape(28, 28), cmap="gray_r", extent=extent, zorder=2)
        axes.add_patch(_frame(extent))
        axes.set(xlim=(0, 16), ylim=(0, 7))
        axes.text(1.1, MIDDLE - 1.35, "28 × 28 pixels", ha="center", va="top")
        style.arrow(axes, (2.2, MIDDLE), (2.85, MIDDLE))
        _connections(axes)
        for x, n_dots, size in zip(COLUMNS, N_DOTS, SIZES, strict=True):
            _column(axes, x, n_dots, size)
        _labels(axes)
        _bars(axes, probs[shown])


def _frame(extent: tuple[float, float, float, float]) -> Rectangle:
    left, right, bottom, top = extent
    return Rectangle(
        (left, bottom), right - left, top - bottom, fill=False, ec=style.GREY, zorder=3
    )


def _heights(n_dots: int) -> np.ndarray:
    return MIDDLE + SPACING * (np.arange(n_dots)[::-1] - (n_dots - 1) / 2)


def _connections(axes: Axes) -> None:
    for layer in range(3):
        for start in _heights(N_DOTS[layer]):
            for end in _heights(N_DOTS[layer + 1]):
                axes.plot(
                    COLUMNS[layer : layer + 2],
                    (start, end),
                    color=style.GREY,
                    lw=0.35,
                    alpha=0.55,
                    zorder=1,
                )


def _column(axes: Axes, x: float, n_dots: int, size: int) -> None:
    heights = _heights(n_dots)
    drawn = n_dots == size
    middle = n_dots // 2
    for i, height in enumerate(heights):
        if not drawn and i == middle:
            axes.text(
                x,
                height,
                "⋮",
                ha="center",
                va="center",
                fontsize=15,
                zorder=4,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
            continue
        axes.scatter(x, height, s=62, color=style.BLUE, ec="white", lw=0.8, zorder=4)
    axes.text(x, 0.35, f"{size}", ha="center", weight="bold", color=style.BLUE)


def _labels(axes: Axes) -> None:
    parts = ("layer 0", "layer 1", "layer 2")
    after = ("then ReLU", "then ReLU", "")
    for layer, (part, note) in enumerate(zip(parts, after, strict=True)):
        x = (COLUMNS[layer] + COLUMNS[layer + 1]) / 2
        fan_in, fan_out = SIZES[layer], SIZES[layer + 1]
        text = f"{part}: $z = a\\,W + b$\nW {fan_in} × {fan_out}, b {fan_out}"
        axes.text(
            x,
            6.95,
            text + (f"\n{note}" if note else ""),
            ha="center",
            va="top",
            fontsize=9,
            linespacing=1.35,
        )
    axes.text(1.1, 0.35, "numbers per picture", ha="center", color=style.BLUE)


def _bars(axes: Axes, probs: np.ndarray) -> None:
    left, scale = 13.9, 1.7
    for x, text, align in (
        (12.82, "softmax\n", "center"),
        (left - 0.3, "probability of\neach digit", "left"),
    ):
        axes.text(x, 6.95, text, ha=align, va="top", fontsize=9, linespacing=1.35)
    for k, (height, p) in enumerate(zip(_heights(10), probs, strict=True)):
        style.arrow(axes, (12.3, height), (13.35, height), lw=0.7, color=style.GREY)
        axes.text(left - 0.12, height, str(k), ha="right", va="center", fontsize=9)
        axes.barh(
            height, max(p, 0.004) * scale, left=left, height=0.26, color=style.BLUE
        )
        if p >= 0.01:
            axes.text(
                left + p * scale + 0.08, height, f"{p:.2f}", va="center", fontsize=8.5
            )
