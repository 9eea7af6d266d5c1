"""Accuracy, time and speed side by side; each seed and each epoch is a point."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results
from compare.show import figure_style as style
from compare.show import units
from compare.statistics import MIN_ROUNDS

# A narrower axis would make rounding look like a difference.
LEAST_POINTS = 0.5
ROW_INCHES = 0.6
NOT_RANKED = {
    "too noisy": " (too noisy to rank)",
    "not enough data": f" (not ranked: needs {MIN_ROUNDS} seeds)",
}


def write(results: Results, folder: Path) -> list[str]:
    """Draw `accuracy_and_time.png`."""
    labels = rows(results)
    if not labels:
        return []
    figure, axes = plt.subplots(
        1, 2, figsize=(10.5, 1.6 + ROW_INCHES * len(labels)), layout="constrained"
    )
    accuracy(axes[0], results)
    time(axes[1], results)
    names = [style.save(figure, folder / "accuracy_and_time.png")]
    if compared(results):
        figure, axis = plt.subplots(
            figsize=(7, 1.4 + ROW_INCHES * len(labels)), layout="constrained"
        )
        speed(axis, results)
        names.append(style.save(figure, folder / "speed.png"))
    return names


def rows(results: Results) -> list[str]:
    """Return the implementations with a complete run, those of another method last."""
    labels = [n for n in results.plan.implementations if results.complete_runs_of(n)]
    return sorted(labels, key=lambda label: not verdicts.is_closed(results, label))


def compared(results: Results) -> list[str]:
    """Return the implementations whose speed has an interval."""
    base = verdicts.baseline(results)
    found = []
    for label in rows(results):
        if label == base:
            continue
        speed = verdicts.speed(results, label)
        if speed is not None and speed.ratio.low is not None:
            found.append(label)
    return found


def accuracy(axes: Any, results: Results) -> None:
    """Draw points, not bars: a bar that does not start at 0 lies about ratios."""
    looks, labels = style.looks(results.plan.implementations), rows(results)
    for row, label in enumerate(labels):
        runs = results.complete_runs_of(label)
        values = [100 * (run.test_accuracy or 0) for run in runs]
        look = looks[label]
        mean = 100 * verdicts.mean_accuracy(results, label)
        axes.plot([mean, mean], [row - 0.22, row + 0.22], color=look.colour, lw=3)
        axes.plot(
            values,
            [row] * len(values),
            look.marker,
            color=look.colour,
            markeredgecolor="white",
            markersize=8,
            alpha=0.85,
        )
        axes.annotate(
            f"{mean:.2f}", (mean, row - 0.25), ha="center", va="bottom", fontsize=9
        )
    low, high = axes.get_xlim()
    pad = max(0.0, LEAST_POINTS - (high - low)) / 2
    axes.set_xlim(low - pad, high + pad)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
    _rows(axes, results, labels)
    axes.set_title("Test accuracy, %")
    axes.set_xlabel("a point per seed, a line at the mean")


def time(axes: Any, results: Results) -> None:
    """Draw the median as a bar from 0 and every epoch as a dot."""
    looks, labels = style.looks(results.plan.implementations), rows(results)
    for row, label in enumerate(labels):
        runs = results.complete_runs_of(label)
        look, summary = looks[label], verdicts.timing(runs)
        axes.barh(
            row,
            summary.median,
            height=0.62,
            color=style.tint(look.colour),
            hatch=look.hatch,
            edgecolor="white",
        )
        axes.plot([summary.median] * 2, [row - 0.31, row + 0.31], color=look.colour)
        times = np.concatenate([run.train_seconds for run in runs])
        spread = np.linspace(-0.22, 0.22, len(times))
        axes.plot(times, row + spread, ".", color=style.INK, ms=3, alpha=0.55)
        axes.annotate(
            f"{units.significant(summary.median)} s",  # the unit of the axis
            (max(times.max(), summary.median), row),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
    _rows(axes, results, labels)
    axes.set_title("Training time of one epoch, seconds")
    axes.set_xlabel("the bar is the median, a dot is one epoch")


def speed(axes: Any, results: Results) -> None:
    """Draw each ratio with its 95 % interval on a logarithmic axis."""
    base, labels = verdicts.baseline(results), compared(results)
    looks = style.looks(results.plan.implementations)
    extremes = [1.0]
    for row, label in enumerate(labels):
        verdict, look = verdicts.speed(results, label), looks[label]
        if verdict is None or verdict.ratio.ratio is None:
            continue
        ratio, low, high = verdict.ratio.ratio, verdict.ratio.low, verdict.ratio.high
        axes.plot([low, high], [row, row], color=look.colour, lw=3)
        axes.plot(ratio, row, look.marker, color=look.colour, ms=9, mec="white")
        apart = not verdicts.is_same(results, label, base)
        note = NOT_RANKED.get(verdict.verdict, " (not ranked)" if apart else "")
        axes.annotate(
            f"{ratio:.2f}{note}",
            (ratio, row - 0.2),
            ha="center",
            fontsize=9,
            # Over the line at 1 and the grid.
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )
        extremes += [v for v in (low, high) if v is not None]
    axes.set_xscale("log")
    low, high = min(extremes), max(extremes)
    axes.set_xlim(low / 1.15, high * 1.15)
    axes.axvline(1, color=style.INK, lw=1)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:g}×"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    _rows(axes, results, labels)
    axes.set_title(f"Speed of training against {base}")
    axes.set_xlabel("← slower    faster →\nmedian of paired rounds, 95 % interval")


def _rows(axes: Any, results: Results, labels: list[str]) -> None:
    other = f"\n({verdicts.OTHER})"
    closed = [verdicts.is_closed(results, label) for label in labels]
    names = [
        short(label) + ("" if same else other)
        for label, same in zip(labels, closed, strict=True)
    ]
    axes.set_yticks(range(len(labels)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(labels) - 0.45, -0.65)
    axes.grid(axis="y", visible=False)
