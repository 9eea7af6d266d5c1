"""Many small pictures in one axes, whose measures are inches from the upper left.

An axes for each picture looks the same, and takes five times as long to be drawn.
"""

from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray


def board(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure, and the axes that fills it, without ticks or frame."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure, axes


def put(
    axes: Axes, pixels: NDArray[Any], x: float, y: float, side: float, **look: Any
) -> AxesImage:
    """Draw a square picture with its upper left corner at (x, y)."""
    extent = (x, x + side, y + side, y)
    return axes.imshow(pixels, extent=extent, aspect="auto", **look)
