"""Accuracy, time and speed side by side; each seed and each epoch is a point."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker

from compare.record.verdicts import Judged, Verdicts
from compare.report.text import OTHER
from compare.show import figure_style as style
from compare.show import units
from compare.show.ratio import measured
from compare.statistics import MIN_ROUNDS, RatioInterval, TimingSummary, summary

# A narrower axis would make rounding look like a difference.
LEAST_POINTS = 0.5
ROW_INCHES = 0.6
NOT_RANKED = {
    "too noisy": " (too noisy to rank)",
    "not enough data": f" (not ranked: needs {MIN_ROUNDS} seeds)",
}


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw `accuracy_and_time.png`, and `speed.png` if anything is compared."""
    n_rows = len(judged.complete)
    if not n_rows:
        return []
    figure, axes = plt.subplots(
        1, 2, figsize=(10.5, 1.6 + ROW_INCHES * n_rows), layout="constrained"
    )
    accuracy(axes[0], judged)
    time(axes[1], judged)
    names = [style.save(figure, folder / "accuracy_and_time.png")]
    if compared(judged):
        figure, axis = plt.subplots(
            figsize=(7, 1.4 + ROW_INCHES * n_rows), layout="constrained"
        )
        speed(axis, judged)
        names.append(style.save(figure, folder / "speed.png"))
    return names


def compared(judged: Verdicts) -> list[tuple[Judged, RatioInterval]]:
    """Return the complete rows whose speed has an interval, with it."""
    return [
        (row, row.speed.ratio)
        for row in judged.complete
        if row.speed is not None and row.speed.ratio.low is not None
    ]


def timing(row: Judged) -> TimingSummary:
    """Return the times of the complete runs alone: those that the dots show."""
    return summary([run.train_seconds for run in row.complete])


def accuracy(axes: Any, judged: Verdicts) -> None:
    """Draw points, not bars: a bar that does not start at 0 lies about ratios."""
    looks, rows = style.looks(judged.results.plan.labels), judged.complete
    for place, row in enumerate(rows):
        look, mean = looks[row.label], 100 * (row.mean_accuracy or 0)
        (line,) = axes.plot([mean] * 2, [place - 0.22, place + 0.22], color=look.colour)
        line.set_linewidth(3)
        style.mark(line, look, f"{row.short}: mean {mean:.2f} %")
        for run in row.complete:
            value = 100 * (run.test_accuracy or 0)
            (point,) = axes.plot(
                value,
                place,
                look.marker,
                color=look.colour,
                markeredgecolor="white",
                markersize=8,
                alpha=0.85,
            )
            style.mark(point, look, f"{row.short}, seed {run.seed}: {value:.2f} %")
        words = axes.annotate(
            f"{mean:.2f}", (mean, place - 0.25), ha="center", va="bottom", fontsize=9
        )
        style.mark(words, look)
    low, high = axes.get_xlim()
    pad = max(0.0, LEAST_POINTS - (high - low)) / 2
    axes.set_xlim(low - pad, high + pad)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
    _rows(axes, rows, looks)
    axes.set_title("Test accuracy, %")
    axes.set_xlabel("a point per seed, a line at the mean")


def time(axes: Any, judged: Verdicts) -> None:
    """Draw the median as a bar from 0 and every epoch as a dot."""
    looks, rows = style.looks(judged.results.plan.labels), judged.complete
    for place, row in enumerate(rows):
        look, found = looks[row.label], timing(row)
        words = f"{row.short}: median {found.median:.3g} s, "
        words += f"quartiles {found.q1:.3g} to {found.q3:.3g} s"
        (bar,) = axes.barh(
            place,
            found.median,
            height=0.62,
            color=style.tint(look.colour),
            hatch=look.hatch,
            edgecolor="white",
        )
        ends = [place - 0.31, place + 0.31]
        (middle,) = axes.plot([found.median] * 2, ends, color=look.colour)
        times = np.concatenate([run.train_seconds for run in row.complete])
        spread = np.linspace(-0.22, 0.22, len(times))
        (dots,) = axes.plot(times, place + spread, ".", color=style.INK, ms=3)
        dots.set_alpha(0.55)
        number = axes.annotate(
            f"{units.significant(found.median)} s",  # the unit of the axis
            (max(times.max(), found.median), place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
        for artist in (bar, middle, dots, number):
            style.mark(artist, look, words)
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
    _rows(axes, rows, looks)
    axes.set_title("Training time of one epoch, seconds")
    axes.set_xlabel("the bar is the median, a dot is one epoch")


def speed(axes: Any, judged: Verdicts) -> None:
    """Draw each ratio with its 95 % interval on a logarithmic axis."""
    looks, rows = style.looks(judged.results.plan.labels), compared(judged)
    extremes = [1.0]
    for place, (row, ratio) in enumerate(rows):
        look = looks[row.label]
        words = f"{row.short}: {measured(ratio)}"
        (line,) = axes.plot([ratio.low, ratio.high], [place] * 2, color=look.colour)
        line.set_linewidth(3)
        (point,) = axes.plot(ratio.ratio, place, look.marker, color=look.colour, ms=9)
        point.set_markeredgecolor("white")
        apart = "" if judged.is_ranked(row) else " (not ranked)"
        note = NOT_RANKED.get(row.speed.verdict, apart) if row.speed else ""
        number = axes.annotate(
            f"{ratio.ratio:.2f}{note}",
            (ratio.ratio, place - 0.2),
            ha="center",
            fontsize=9,
            # Over the line at 1 and the grid.
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )
        for artist in (line, point, number):
            style.mark(artist, look, words)
        extremes += [v for v in (ratio.low, ratio.high) if v is not None]
    axes.set_xscale("log")
    low, high = min(extremes), max(extremes)
    axes.set_xlim(low / 1.15, high * 1.15)
    axes.axvline(1, color=style.INK, lw=1)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:g}×"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    _rows(axes, [row for row, _ in rows], looks)
    axes.set_title(f"Speed of training against {judged.baseline.short}")
    axes.set_xlabel("← slower    faster →\nmedian of paired rounds, 95 % interval")


def _rows(axes: Any, rows: Sequence[Judged], looks: Mapping[str, style.Look]) -> None:
    other = f"\n({OTHER})"
    names = [row.short + ("" if row.is_closed else other) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        style.mark(label, looks[row.label])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.45, -0.65)
    axes.grid(axis="y", visible=False)
