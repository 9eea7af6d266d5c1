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

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results
from compare.report import stopping
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


def learning_curves(results: Results) -> list[Figure]:
    """Return loss and accuracy against epochs."""
    if not curves.rows(results):
        return []

    def draw(panel: Callable[[Any, Results], None]) -> Callable[[Any], None]:
        longest = max(len(short(n)) for n in results.plan.implementations)

        def with_legend(axes: Any) -> None:
            panel(axes, results)
            axes.figure.legend(
                *axes.get_legend_handles_labels(),
                loc="outside lower center",
                ncols=3 if longest <= SHORT_NAME else 2,
                fontsize=9,
            )

        return with_legend

    return [
        Figure(axes_uri(draw(curves.loss), 4.2), _course(results, "loss")),
        Figure(axes_uri(draw(curves.accuracy), 4.2), _course(results, "accuracy")),
    ]


def speed(results: Results) -> list[Figure]:
    """Return the ratios with their intervals, and the times they come from."""
    found = []
    if labels := bars.compared(results):
        height = 1.5 + bars.ROW_INCHES * len(labels)
        found.append(
            Figure(axes_uri(lambda a: bars.speed(a, results), height), _ratios(results))
        )
    if labels := bars.rows(results):
        height = 1.3 + bars.ROW_INCHES * len(labels)
        medians = [
            f"{verdicts.named(results, n)} "
            f"{units.seconds(verdicts.timing(results.complete_runs_of(n)).median)}"
            for n in labels
        ]
        alt = f"Bars: the median time of one epoch is {listed(medians)}."
        found.append(Figure(axes_uri(lambda a: bars.time(a, results), height), alt))
    return found


def accuracy(results: Results) -> list[Figure]:
    """Return the test accuracy of every seed."""
    labels = bars.rows(results)
    if not labels:
        return []
    means = [
        f"{verdicts.named(results, n)} "
        f"{units.percent(verdicts.mean_accuracy(results, n))} %"
        for n in labels
    ]
    return [
        Figure(
            axes_uri(
                lambda axes: bars.accuracy(axes, results),
                1.3 + bars.ROW_INCHES * len(labels),
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


def _course(results: Results, quantity: str) -> str:
    ends = []
    for label in curves.rows(results):
        values = curves.series(results, label, f"val_{quantity}").mean(axis=0)
        shown = [
            f"{100 * v:.1f} %" if quantity == "accuracy" else f"{v:.3f}"
            for v in (values[0], values[-1])
        ]
        ends.append(f"{short(label)} from {shown[0]} to {shown[1]}")
    length = stopping.length(results.plan)
    return f"Lines: validation {quantity} over {length}: {listed(ends)}."


def _ratios(results: Results) -> str:
    parts = []
    for label in bars.compared(results):
        verdict = verdicts.speed(results, label)
        if verdict is None or verdict.ratio.ratio is None:
            continue
        ratio = verdict.ratio
        parts.append(
            f"{verdicts.named(results, label)} {ratio.ratio:.2f} times, "
            f"interval {ratio.low:.2f} to {ratio.high:.2f}"
        )
    base = verdicts.baseline(results)
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
