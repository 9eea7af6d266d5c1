"""Training and validation curves of all implementations, with their spread."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

from compare.figures import style
from compare.results import Results


def write(results: Results, folder: Path) -> list[str]:
    """Draw `curves.png`: loss and accuracy against epochs."""
    labels = [n for n in results.plan.implementations if series(results, n, "val_loss")]
    if not labels:
        return []
    looks = style.looks(results.plan.implementations)
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    _panel(axes[0], results, labels, looks, "loss", "Loss (cross-entropy)", 1.0)
    _panel(axes[1], results, labels, looks, "accuracy", "Accuracy, %", 100.0)
    axes[0].set_yscale("log")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(4, len(names)))
    n_seeds = len(results.plan.seeds)
    figure.suptitle(
        "The same network learns in the same way: validation (full lines, markers) and "
        f"training (thin lines)\nMean of {n_seeds} seeds; the band is the range over "
        "seeds",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    return [style.save(figure, folder / "curves.png")]


def series(results: Results, label: str, name: str) -> list[list[float]]:
    """Return one list of values per seed that has at least one epoch."""
    return [
        [getattr(record, name) for record in run.epochs]
        for run in results.runs_of(label)
        if run.epochs
    ]


def _panel(
    axes: Any,
    results: Results,
    labels: list[str],
    looks: dict[str, style.Look],
    quantity: str,
    title: str,
    scale: float,
) -> None:
    for i, label in enumerate(labels):
        look = looks[label]
        for part, width, shown in (("train_sample", 0.9, False), ("val", 1.8, True)):
            values = series(results, label, f"{part}_{quantity}")
            n_epochs = min(map(len, values))
            matrix = scale * np.array([v[:n_epochs] for v in values])
            x = np.arange(1, n_epochs + 1)
            axes.plot(
                x,
                matrix.mean(axis=0),
                color=look.colour,
                linestyle=look.line,
                linewidth=width,
                marker=look.marker if shown else None,
                # Curves lie on top of one another: let each show its markers.
                markevery=(i % n_epochs, len(labels)),
                label=label if shown else None,
            )
            if shown and len(matrix) > 1:
                low, high = matrix.min(axis=0), matrix.max(axis=0)
                axes.fill_between(x, low, high, color=look.colour, alpha=0.12, lw=0)
    axes.set_title(title)
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
