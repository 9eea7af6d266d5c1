"""How all figures look; the colours are those of the comparison's own figures."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from compare.show.figure_style import COLOURS

BLUE, RED, GREEN = COLOURS[:3]
ORANGE = COLOURS[5]
INK, GREY = "#222222", "#8A8A8A"
PALE_BLUE, PALE_RED, PALE_GREY = "#DCEBF5", "#FBE6D9", "#EEEEEE"
DPI = 130


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Give a figure of that size in inches, and save it as `path` at the end."""
    settings: Any = {
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "mathtext.fontset": "dejavusans",
    }
    with mpl.rc_context(settings):
        drawing = Figure(figsize=(width, height), layout="constrained")
        yield drawing
        buffer = io.BytesIO()
        drawing.savefig(buffer, dpi=DPI, facecolor="white")
        # 128 colours are enough for line drawings, and a third of the bytes.
        Image.open(buffer).convert("RGB").quantize(128).save(path, optimize=True)


def canvas(drawing: Figure, width: float, height: float) -> Axes:
    """Return axes without ticks, of that size in units of their own."""
    axes = drawing.add_subplot()
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return axes


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], **style: Any
) -> None:
    """Draw an arrow."""
    style = {"color": INK, "lw": 1.4, "arrowstyle": "-|>", "shrinkA": 0} | style
    style.setdefault("shrinkB", 0)
    axes.annotate("", xy=end, xytext=start, arrowprops=style)


def box(
    axes: Axes,
    centre: tuple[float, float],
    text: str,
    *,
    width: float,
    height: float,
    colour: str = PALE_GREY,
    edge: str = INK,
    size: float = 10,
) -> None:
    """Draw a rounded box with text in its middle."""
    x, y = centre
    patch = mpl.patches.FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.12",
        facecolor=colour,
        edgecolor=edge,
        lw=1.1,
    )
    axes.add_patch(patch)
    axes.text(x, y, text, ha="center", va="center", fontsize=size, color=INK)
