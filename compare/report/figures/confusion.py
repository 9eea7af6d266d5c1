"""The confusion matrices: which class is taken for which."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from compare.record.results import Results, unpack
from compare.record.verdicts import Verdicts
from compare.report import analysis
from compare.show import figure_style as style
from compare.show.words import between

COLUMNS = 3
# Smaller fractions are left blank: rounding would show them as nothing anyway.
LEAST_SHOWN = 0.0005
# Beyond this each matrix has the width of the figure for itself.
MOST_BESIDE_OTHERS = 30
INCHES_PER_CLASS = 0.11


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw `confusion.png`: one matrix per implementation, the mean over seeds."""
    results, rows = judged.results, judged.complete
    if not rows or analysis.too_many_classes(results):
        return []
    matrices = {row.short: matrix(results, row.label) for row in rows}
    top = largest_mistake(list(matrices.values()))
    n_classes = results.plan.hyper_parameters.n_classes
    n_columns = min(COLUMNS, len(rows)) if n_classes <= MOST_BESIDE_OTHERS else 1
    n_rows = math.ceil(len(rows) / n_columns)
    side = max(4.2, 0.9 + INCHES_PER_CLASS * n_classes)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(max(7.0, side * n_columns), (side + 0.1) * n_rows + 0.7),
        layout="constrained",
        squeeze=False,
    )
    for panel in axes.flat[len(rows) :]:
        panel.set_axis_off()
    for panel, (name, fractions) in zip(axes.flat, matrices.items(), strict=False):
        _draw(panel, fractions, class_names(results), top)
        panel.set_title(name)
    for panel in axes[:, 0]:
        panel.set_ylabel("True class")
    style.headline(figure, caption(judged))
    return [style.save(figure, folder / "confusion.png")]


def caption(judged: Verdicts) -> str:
    """Return what the matrices show."""
    n_seeds = [len(row.complete) for row in judged.complete]
    seeds = f", mean of {between(n_seeds, 'seed')}" if max(n_seeds) > 1 else ""
    return (
        f"Answers on the test set in % of the images of the true class{seeds}.\n"
        "Grey: right. Blue: wrong, darker where it happens more often."
    )


def largest_mistake(matrices: list[NDArray[np.float64]]) -> float:
    """Return the largest fraction off the diagonals, the same scale for all."""
    off = [m[~np.eye(len(m), dtype=bool)].max() for m in matrices]
    return max([*map(float, off), 0.001])


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


def class_names(results: Results) -> list[str]:
    """Return a name for every output of the network, also those without a class."""
    names = list(results.data["class_names"])
    n_classes = results.plan.hyper_parameters.n_classes
    return [*names, *map(str, range(len(names), n_classes))]


def _draw(
    axes: Any, fractions: NDArray[np.float64], names: list[str], top: float
) -> None:
    mistakes = fractions.copy()
    np.fill_diagonal(mistakes, np.nan)
    axes.set_facecolor("#eeeeee")
    axes.imshow(mistakes, cmap="Blues", vmin=0, vmax=top)
    with_numbers = len(fractions) <= analysis.MOST_WITH_NUMBERS
    for i, j in np.ndindex(*fractions.shape):
        value = fractions[i, j]
        if value >= LEAST_SHOWN and with_numbers:
            dark = i != j and value > 0.55 * top
            axes.text(
                j,
                i,
                f"{100 * value:.1f}" if value < 1 else "100",
                ha="center",
                va="center",
                color="white" if dark else style.GREY if i == j else style.INK,
                fontsize=7,
            )
    ticks = range(len(fractions))
    turned = not with_numbers or max(map(len, names)) > 2
    size = 8 if len(fractions) <= MOST_BESIDE_OTHERS else 6
    axes.set_xticks(ticks, names, rotation=90 if turned else 0, fontsize=size)
    axes.set_yticks(ticks, names, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xlabel("Predicted class")
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
