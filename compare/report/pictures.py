"""The pictures of the report as data URIs, each with words for what it shows."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure as MatplotlibFigure
from numpy.typing import NDArray

from compare.record.verdicts import Verdicts
from compare.report import stopping, text
from compare.report.figures import bars, curves
from compare.show import figure_style as style
from compare.show import units
from compare.show.words import listed

# One width for all: on a phone a figure is about as wide as it is drawn.
WIDTH = 5.4
# Names inside an SVG are random unless they are derived from this.
SALT = "compare"
# In characters; three such names stand beside one another in a legend.
SHORT_NAME = 12


@dataclass(frozen=True)
class Figure:
    """An image and the sentence for those who cannot see it."""

    uri: str
    alt: str


def learning_curves(judged: Verdicts) -> list[Figure]:
    """Return loss and accuracy against epochs."""
    if not curves.rows(judged):
        return []

    def draw(panel: Callable[[Any, Verdicts], None]) -> Callable[[Any], None]:
        longest = max(len(row.short) for row in judged.rows)

        def with_legend(axes: Any) -> None:
            panel(axes, judged)
            axes.figure.legend(
                *axes.get_legend_handles_labels(),
                loc="outside lower center",
                ncols=3 if longest <= SHORT_NAME else 2,
                fontsize=9,
            )

        return with_legend

    return [
        Figure(axes_uri(draw(curves.loss), 4.2), _course(judged, "loss")),
        Figure(axes_uri(draw(curves.accuracy), 4.2), _course(judged, "accuracy")),
    ]


def speed(judged: Verdicts) -> list[Figure]:
    """Return the ratios with their intervals, and the times they come from."""
    found = []
    if compared := bars.compared(judged):
        height = 1.5 + bars.ROW_INCHES * len(compared)
        found.append(
            Figure(axes_uri(lambda a: bars.speed(a, judged), height), _ratios(judged))
        )
    if rows := judged.complete:
        height = 1.3 + bars.ROW_INCHES * len(rows)
        medians = [
            f"{text.named(row)} {units.seconds(bars.timing(row).median)}"
            for row in rows
        ]
        alt = f"Bars: the median time of one epoch is {listed(medians)}."
        found.append(Figure(axes_uri(lambda a: bars.time(a, judged), height), alt))
    return found


def accuracy(judged: Verdicts) -> list[Figure]:
    """Return the test accuracy of every seed."""
    rows = judged.complete
    if not rows:
        return []
    means = [
        f"{text.named(row)} {units.percent(row.mean_accuracy or 0)} %" for row in rows
    ]
    return [
        Figure(
            axes_uri(
                lambda axes: bars.accuracy(axes, judged),
                1.3 + bars.ROW_INCHES * len(rows),
            ),
            f"Points: the test accuracy of each seed; the means are {listed(means)}.",
        )
    ]


def digit(pixels: NDArray[np.uint8]) -> str:
    """Return one test image, dark on light, as a data URI."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(255 - pixels).save(file, "PNG", optimize=True)
    return _uri("image/png", file.getvalue())


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


def axes_uri(draw: Callable[[Any], None], height: float) -> str:
    """Draw one axes and return it as a data URI."""

    def one() -> MatplotlibFigure:
        figure, axes = plt.subplots(figsize=(WIDTH, height), layout="constrained")
        draw(axes)
        return figure

    return figure_uri(one)


def figure_uri(draw: Callable[[], MatplotlibFigure]) -> str:
    """Return a figure as a data URI; the same input, the same bytes."""
    with style.styled(), plt.rc_context({"svg.hashsalt": SALT}):
        figure = draw()
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return _uri("image/svg+xml", file.getvalue())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
