"""Training and validation curves of all implementations, with their spread over seeds.

Implementations that compute the same thing lie on top of one another. Each is drawn
narrower than the one before, so that all stay visible. Of many, all share the width
that six would take. A single epoch makes no line: then marks get the widths, and those
of training are hollow.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker
from numpy.typing import NDArray

from compare.measure import shared
from compare.record.results import Run
from compare.record.verdicts import Judged, Verdicts
from compare.show import figure_style as style
from compare.show import units
from compare.show.words import between

SPREAD = "the band is the range over seeds"
# Where seeds stopped early; no longer than a line of the figure.
TAILS = "the band is their range; dotted: seeds that went on"


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw `curves.png`: loss and accuracy against epochs."""
    if not rows(judged):
        return []
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    loss(axes[0], judged)
    accuracy(axes[1], judged)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(4, len(names)))
    style.headline(figure, caption(judged))
    return [style.save(figure, folder / "curves.png")]


def rows(judged: Verdicts) -> list[Judged]:
    """Return the rows that have at least one epoch."""
    return [row for row in judged.rows if row.runs]


def caption(judged: Verdicts) -> str:
    """Return what the curves show, in a sentence."""
    drawn = rows(judged)
    n_seeds = [len(_drawn(row)) for row in drawn]
    parted = any(tails(row, "val_loss") for row in drawn)
    spread = TAILS if parted else SPREAD
    mean = f"Mean of {between(n_seeds, 'seed')}; {spread}"
    seeds = mean if max(n_seeds) > 1 else "One seed"
    data = judged.results.data
    n_images = shared.sample_size(data["n_train"], data["n_val"])
    return (
        f"Learning curves. {seeds}. Training is measured on {n_images:,} fixed images"
    )


def series(row: Judged, name: str) -> NDArray[np.float64]:
    """Return (n_seeds, n_epochs): the epochs that all seeds drawn have."""
    values = _values(row, name)
    n_epochs = min(map(len, values), default=0)
    return np.array([v[:n_epochs] for v in values])


def tails(row: Judged, name: str) -> list[tuple[NDArray[np.int64], list[float]]]:
    """Return epochs, from 1, and values of the seeds that went on where others stopped.

    Each begins at the last epoch that all seeds have, where the mean ends.
    """
    values = _values(row, name)
    n_common = min(map(len, values), default=0)
    return [
        (np.arange(n_common, len(v) + 1), v[n_common - 1 :])
        for v in values
        if len(v) > n_common
    ]


def _values(row: Judged, name: str) -> list[list[float]]:
    return [[getattr(record, name) for record in run.epochs] for run in _drawn(row)]


def _drawn(row: Judged) -> tuple[Run, ...]:
    """Return the complete runs, or those begun if there is none yet."""
    return row.complete or row.runs


def loss(axes: Any, judged: Verdicts) -> None:
    """Draw the loss on a logarithmic axis."""
    axes.set_yscale("log")
    _panel(axes, judged, "loss", 1.0)
    axes.set_title("Loss (cross-entropy)")
    low, high = axes.get_ylim()
    # In less than a decade there may be one of these numbers, or none.
    is_wide = high > 5 * low
    wide, narrow = ticker.LogLocator(subs=(1, 2, 3, 5)), ticker.MaxNLocator(6)
    axes.yaxis.set_major_locator(wide if is_wide else narrow)
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())


def accuracy(axes: Any, judged: Verdicts) -> None:
    """Draw the accuracy in per cent."""
    _panel(axes, judged, "accuracy", 100.0)
    axes.set_title("Accuracy, %")


def _panel(axes: Any, judged: Verdicts, quantity: str, scale: float) -> None:
    looks = style.looks(judged.results.plan.labels)
    drawn = rows(judged)
    ends: dict[str, list[tuple[float, float]]] = {"training": [], "validation": []}
    for i, row in enumerate(drawn):
        look, layer = looks[row.label], style.extra_width(i, len(drawn))
        for part, word in (("train_sample", "training"), ("val", "validation")):
            values = scale * series(row, f"{part}_{quantity}")
            x, mean = np.arange(1, values.shape[1] + 1), values.mean(axis=0)
            shown, alone = word == "validation", len(x) == 1
            hollow = alone and not shown
            (line,) = axes.plot(
                x,
                mean,
                color=look.colour,
                linewidth=1.5 + layer if shown else 0.8 + 0.6 * layer,
                marker=look.marker if shown or alone else None,
                markersize=6 + 2 * layer if alone else 6,
                markerfacecolor="none" if hollow else look.colour,
                markeredgecolor=look.colour if hollow else "white",
                markeredgewidth=0.8,
                markevery=(i % len(x), len(drawn)),
                label=row.short if shown else None,
                zorder=3 + i / 10,
            )
            style.mark(line, look)
            unit = " %" if quantity == "accuracy" else ""
            _point_at(axes, x, mean, look, f"{row.short}, {word} {quantity}", unit)
            if shown and len(values) > 1:
                low, high = values.min(axis=0), values.max(axis=0)
                band = axes.fill_between(x, low, high, color=look.colour, alpha=0.12)
                band.set_linewidth(0)
                style.mark(band, look)
            ends[word].append((float(x[-1]), float(mean[-1])))
        for epochs, tail in tails(row, f"val_{quantity}"):
            y = scale * np.array(tail)
            (line,) = axes.plot(epochs, y, ":", color=look.colour, lw=1.2)
            style.mark(line, look)
            ends["validation"].append((float(epochs[-1]), float(y[-1])))
    _name_ends(axes, ends)
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))


def _point_at(
    axes: Any,
    x: NDArray[np.int64],
    y: NDArray[np.float64],
    look: style.Look,
    what: str,
    unit: str,
) -> None:
    """Lay points that nobody sees over a line: on a page they tell its values."""
    for epoch, value in zip(x, y, strict=True):
        (point,) = axes.plot(epoch, value, "o", color=look.colour, ms=12, alpha=0)
        number = units.significant(value, 4)
        style.mark(point, look, f"{what} after epoch {epoch}: {number}{unit}")


def _name_ends(axes: Any, ends: dict[str, list[tuple[float, float]]]) -> None:
    """Write training and validation beside the ends of their lines."""
    for word, points in ends.items():
        x_end, y_end = max(points)
        axes.annotate(
            word,
            (x_end, y_end),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=style.INK,
            fontsize=9,
            fontweight="bold" if word == "validation" else "normal",
            annotation_clip=False,
        )
