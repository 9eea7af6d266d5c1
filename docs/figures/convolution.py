"""One convolutional layer at work: a digit, one kernel, its map, the pooled map."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from docs.figures import style
from docs.figures.small_training import Array, trained_kernels
from numpy_impl import textbook_conv

KERNEL = 5
# The place whose numbers are framed: upper left pixel of the piece, row and column. Its
# z is the largest of its pool, so that it arrives at the end.
PLACE = (13, 7)
MIDDLE = 2.1
# Size of the drawing, in units of its own.
SIZE = (20.4, 3.8)
# Left edge and width of each picture.
PICTURES = ((0.1, 3.2), (5.65, 1.4), (9.4, 2.75), (13.75, 2.75), (18.4, 1.9))


def draw(path: Path) -> None:
    """Draw the figure."""
    digit, W, b = trained_kernels()
    z = textbook_conv.convolve(digit, W, b)
    a = np.maximum(z, 0)
    p = textbook_conv.max_pool(a)
    shown = balanced(W)
    y, x = PLACE
    with style.figure(path, 9.6, 1.8) as figure:
        axes = style.canvas(figure, *SIZE)
        axes.set_aspect("equal")
        signed: Any = {"cmap": "RdBu", "vmax": float(np.abs(z[0, shown]).max())}
        weights: Any = {"cmap": "RdBu", "vmax": float(np.abs(W[shown]).max())}
        _picture(axes, 0, digit[0, 0], "$a$: 28 × 28", (y, x, KERNEL), cmap="gray_r")
        _picture(axes, 1, W[shown, 0], "$W_o$: 5 × 5", (0, 0, KERNEL), **weights)
        _picture(axes, 2, z[0, shown], "$z_o$: 24 × 24", (y, x, 1), **signed)
        pool = (y - y % 2, x - x % 2, 2)
        _picture(axes, 3, a[0, shown], "$f(z_o)$: 24 × 24", pool, **signed)
        place = (y // 2, x // 2, 1)
        _picture(axes, 4, p[0, shown], "$p_o$: 12 × 12", place, **signed)
        for gap, text in (
            (0, "lay the kernel\non a piece"),
            (1, "multiply,\nadd up (25, 26)"),
            (2, "ReLU (3)"),
            (3, "largest of\n2 × 2 (30)"),
        ):
            _step(axes, gap, text)


def balanced(W: Array) -> int:
    """Return the kernel whose weights cancel best: it answers to edges, not to ink."""
    sums = W.sum(axis=(1, 2, 3)) / np.abs(W).sum(axis=(1, 2, 3))
    return int(np.argmin(np.abs(sums)))


def _picture(
    axes: Axes,
    place: int,
    pixels: Array,
    label: str,
    frame: tuple[int, int, int],
    *,
    cmap: str,
    vmax: float | None = None,
) -> None:
    """Draw an image framed, and around `frame` (row, column, size) an orange frame."""
    left, width = PICTURES[place]
    bottom = MIDDLE - width / 2
    extent = (left, left + width, bottom, bottom + width)
    lowest = None if vmax is None else -vmax
    axes.imshow(pixels, cmap=cmap, extent=extent, vmin=lowest, vmax=vmax, zorder=2)
    edge: Any = {"fill": False, "zorder": 3}
    axes.add_patch(Rectangle((left, bottom), width, width, ec=style.GREY, **edge))
    row, column, size = frame
    unit = width / len(pixels)
    corner = (left + column * unit, bottom + width - (row + size) * unit)
    axes.add_patch(
        Rectangle(corner, size * unit, size * unit, ec=style.ORANGE, lw=2, **edge)
    )
    # imshow has set them to the picture's.
    axes.set(xlim=(0, SIZE[0]), ylim=(0, SIZE[1]))
    axes.text(left + width / 2, bottom - 0.12, label, ha="center", va="top")


def _step(axes: Axes, gap: int, text: str) -> None:
    """Draw the arrow from a picture to the next, and what happens there."""
    start = sum(PICTURES[gap]) + 0.15
    end = PICTURES[gap + 1][0] - 0.15
    style.arrow(axes, (start, MIDDLE), (end, MIDDLE))
    axes.text((start + end) / 2, MIDDLE + 0.3, text, ha="center", fontsize=9)
