"""Accuracy and time side by side, each seed and each epoch shown as a point."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from compare import verdicts
from compare.figures import style
from compare.output import units
from compare.results import Results


def write(results: Results, folder: Path) -> list[str]:
    """Draw `accuracy_and_time.png`."""
    labels = [
        label
        for label in results.plan.implementations
        if results.complete_runs_of(label)
    ]
    if not labels:
        return []
    height = 1.4 + 0.55 * len(labels)
    figure, axes = plt.subplots(1, 2, figsize=(10, height), layout="constrained")
    _accuracy(axes[0], results, labels)
    _time(axes[1], results, labels)
    return [style.save(figure, folder / "accuracy_and_time.png")]


def _accuracy(axes: Any, results: Results, labels: list[str]) -> None:
    """Points, not bars: a bar that does not start at 0 lies about ratios."""
    looks = style.looks(results.plan.implementations)
    for row, label in enumerate(labels):
        values = [100 * r.test_accuracy for r in results.complete_runs_of(label)]  # type: ignore[operator]  # complete runs have one
        look = looks[label]
        axes.plot(
            values, [row] * len(values), look.marker, color=look.colour, alpha=0.6
        )
        mean = float(np.mean(values))
        axes.plot([mean, mean], [row - 0.25, row + 0.25], color=look.colour, lw=3)
        axes.annotate(
            f"{mean:.2f}",
            (mean, row - 0.27),
            ha="center",
            va="bottom",
            fontsize=9,
        )
    axes.margins(x=0.15)
    _rows(axes, labels)
    axes.set_title("Test accuracy, %")
    axes.set_xlabel("per cent of the test images; a point per seed, a bar at the mean")


def _time(axes: Any, results: Results, labels: list[str]) -> None:
    looks = style.looks(results.plan.implementations)
    for row, label in enumerate(labels):
        runs = results.complete_runs_of(label)
        look, summary = looks[label], verdicts.timing(runs)
        axes.barh(
            row,
            summary.median,
            height=0.6,
            color=look.colour,
            alpha=0.55,
            hatch=look.hatch,
            edgecolor="white",
        )
        times = np.concatenate([run.train_seconds for run in runs])
        spread = np.linspace(-0.2, 0.2, len(times))
        axes.plot(times, row + spread, ".", color="#222222", ms=3, alpha=0.6)
        axes.annotate(
            units.seconds(summary.median),
            (max(times.max(), summary.median), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.margins(x=0.18)
    axes.set_xlim(left=0)
    _rows(axes, labels)
    axes.set_title("Training time of one epoch")
    axes.set_xlabel("seconds; the bar is the median, a dot is one epoch")


def _rows(axes: Any, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
