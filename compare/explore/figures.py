"""Figures of a data set: counts, samples, mean images, pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from compare.explore import counts as exploration
from compare.show import figure_style as style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from compare.explore.counts import Exploration
    from data import Dataset

PER_CLASS = 12
SIDE = 28
GAP = 6  # pixels between two images of a mosaic
PART_NAMES = ("training", "validation", "test")


def write(dataset: Dataset, found: Exploration, folder: Path) -> list[str]:
    """Draw every figure into `folder`; return the names of the files."""
    return [
        _classes(dataset, found, folder / "classes.png"),
        _samples(dataset, folder / "samples.png"),
        _means(dataset, found, folder / "means.png"),
        _pixels(dataset, found, folder / "pixels.png"),
    ]


def _classes(dataset: Dataset, found: Exploration, path: Path) -> str:
    figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
    looks = style.looks(PART_NAMES)
    places = np.arange(len(dataset.class_names))
    for k, (name, counts) in enumerate(zip(PART_NAMES, found.counts, strict=True)):
        look = looks[name]
        axis.bar(
            places + 0.27 * (k - 1),
            counts / counts.sum(),
            width=0.25,
            color=look.colour,
            hatch=look.hatch,
            edgecolor="white",
            label=f"{name}: {counts.sum():,} images",
        )
    equal = 1 / len(dataset.class_names)
    axis.axhline(
        equal,
        color=style.GREY,
        linestyle="--",
        linewidth=1,
        label=f"equal shares, {100 * equal:.0f} %",
    )
    _name_classes(axis, dataset.class_names)
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axis.set_ylabel("share of the part")
    axis.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=4, fontsize=9, columnspacing=1.5)
    axis.set_title(f"Each class's share of {dataset.source}, part by part")
    return style.save(figure, path)


def _name_classes(axis: Axes, names: list[str]) -> None:
    long = max(map(len, names)) > 3
    axis.set_xticks(
        range(len(names)),
        names,
        rotation=30 if long else 0,
        ha="right" if long else "center",
    )
    axis.tick_params(axis="x", length=0)
    if not long:
        axis.set_xlabel("class")


def _samples(dataset: Dataset, path: Path) -> str:
    chosen = exploration.samples(
        dataset.y_train,
        len(dataset.class_names),
        per_class=PER_CLASS,
        rng=np.random.default_rng(0),
    )
    # One mosaic: 120 axes take twice the time to draw.
    cell = SIDE + GAP
    mosaic = np.zeros((len(chosen) * cell, PER_CLASS * cell))
    for row, indices in enumerate(chosen):
        for column, index in enumerate(indices):
            top, left = row * cell + GAP // 2, column * cell + GAP // 2
            image = dataset.X_train[index].reshape(SIDE, SIDE)
            mosaic[top : top + SIDE, left : left + SIDE] = image
    figure, axis = plt.subplots(
        figsize=(0.62 * PER_CLASS + 1, 0.62 * len(chosen) + 0.4), layout="constrained"
    )
    axis.imshow(1 - mosaic, cmap="gray", vmin=0, vmax=1)
    middles = np.arange(len(chosen)) * cell + cell / 2
    axis.set_yticks(middles, dataset.class_names, fontsize=11)
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    axis.set_title(
        f"{PER_CLASS} training images of each class of {dataset.source}, at random"
    )
    return style.save(figure, path)


def _draw(axis: Axes, pixels: NDArray[np.floating], **options: Any) -> Any:
    axis.set_axis_off()
    options.setdefault("cmap", "gray")
    return axis.imshow(pixels.reshape(SIDE, SIDE), **options)


def _means(dataset: Dataset, found: Exploration, path: Path) -> str:
    across = (len(dataset.class_names) + 1) // 2
    figure, axes = plt.subplots(
        2, across, figsize=(1.45 * across, 3.9), layout="constrained"
    )
    for axis in axes.flat:
        axis.set_axis_off()
    pairs = zip(axes.flat, dataset.class_names, found.means, strict=False)
    for (axis, name, mean), n in zip(pairs, found.counts[0], strict=True):
        _draw(axis, 1 - mean, vmin=0, vmax=1)
        axis.set_title(name, loc="center", fontsize=11, fontweight="normal")
        axis.text(
            *(0.5, -0.03),
            f"{n:,} images",
            transform=axis.transAxes,
            ha="center",
            va="top",
            fontsize=8,
        )
    figure.suptitle(
        "Mean training image of each class. Naming the nearest mean is right for "
        f"{100 * found.nearest_mean_accuracy:.1f} % of the test images",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    return style.save(figure, path)


def _pixels(dataset: Dataset, found: Exploration, path: Path) -> str:
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(11, 3.6), width_ratios=[1.5, 1, 1], layout="constrained"
    )
    values = np.rint(dataset.X_train * 255).astype(np.uint8)
    counts = np.bincount(values.ravel(), minlength=256) / values.size
    edges = np.arange(0, 257, 8)
    left.stairs(
        np.add.reduceat(counts, edges[:-1]), edges, fill=True, color=style.COLOURS[0]
    )
    left.set_yscale("log")
    left.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    left.set_xlim(0, 256)
    left.set_ylim(1e-3, 1)
    left.set_xticks([0, 64, 128, 192, 255])
    left.set_xlabel("pixel as found (0 to 255), in steps of 8")
    left.set_ylabel("share of all pixels, log scale")
    scaled = left.secondary_xaxis(
        "top", functions=(lambda v: v / 255, lambda v: v * 255)
    )
    scaled.set_xlabel("after scaling: x = pixel / 255")
    left.set_title(f"{100 * found.zero_fraction:.0f} % of all pixels are 0")
    mean = dataset.X_train.mean(axis=0, dtype=np.float64)
    for axis, image, title in (
        (middle, mean, "Mean of each pixel"),
        (right, found.deviations, "Standard deviation"),
    ):
        drawn = _draw(axis, image, cmap="cividis", vmin=0)
        axis.set_title(title)
        bar = figure.colorbar(drawn, ax=axis, shrink=0.8, label="of scaled pixels")
        bar.outline.set_visible(False)
    return style.save(figure, path)
