"""The confusion matrices: which class is taken for which."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from compare.figures import style
from compare.results import Results, unpack

MAX_PANELS = 4


def write(results: Results, folder: Path) -> list[str]:
    """Draw `confusion.png`: one matrix per implementation, summed over seeds."""
    labels = [
        label
        for label in results.plan.implementations
        if results.complete_runs_of(label)
    ][:MAX_PANELS]
    if not labels:
        return []
    n = len(labels)
    figure, axes = plt.subplots(
        1, n, figsize=(1.2 + 4.3 * n, 4.9), layout="constrained", squeeze=False
    )
    for panel, label in zip(axes[0], labels, strict=True):
        _matrix(panel, matrix(results, label), results.data["class_names"])
        panel.set_title(label)
    axes[0][0].set_ylabel("True class")
    seeds = len(results.complete_runs_of(labels[0]))
    figure.suptitle(
        "Mistakes on the test set, per 10,000 images of the true class (mean of "
        f"{seeds} {'seed' if seeds == 1 else 'seeds'}); correct answers left white",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    return [style.save(figure, folder / "confusion.png")]


def matrix(results: Results, label: str) -> NDArray[np.float64]:
    """Return the fraction of images of class i (row) that are taken for j (column)."""
    n_classes = results.plan.hyper_parameters.n_classes
    counts = np.zeros((n_classes, n_classes))
    if results.test_labels is None:
        return counts
    y = unpack(results.test_labels)
    for run in results.complete_runs_of(label):
        if run.predictions is not None:
            np.add.at(counts, (y, unpack(run.predictions)), 1)
    per_class: NDArray[np.float64] = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.divide(counts, per_class)


def _matrix(axes: Any, fractions: NDArray[np.float64], names: list[str]) -> None:
    mistakes = fractions * 10_000
    np.fill_diagonal(mistakes, np.nan)
    top = max(float(np.nanmax(mistakes)), 1.0)
    axes.imshow(mistakes, cmap="Blues", vmin=0, vmax=top)
    for i, j in np.ndindex(*mistakes.shape):
        value = mistakes[i, j]
        if np.isfinite(value) and value >= 0.5:
            colour = "white" if value > 0.6 * top else "#222222"
            axes.text(
                j, i, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=7
            )
    ticks = range(len(fractions))
    shown = [*names, *map(str, range(len(names), len(fractions)))]
    long = max(map(len, shown)) > 2
    axes.set_xticks(ticks, shown, rotation=90 if long else 0, fontsize=8)
    axes.set_yticks(ticks, shown, fontsize=8)
    axes.set_xlabel("Predicted class")
    axes.grid(visible=False)
