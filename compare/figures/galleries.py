"""Digits worth looking at: confident mistakes, and those on which rows disagree."""

import math
from pathlib import Path

from matplotlib import pyplot as plt

from compare.figures import style
from compare.results import Results, Run, unpack

COLUMNS = 8


def write(results: Results, folder: Path) -> list[str]:
    """Draw `mistakes.png` and, where there is one, `disagreements.png`."""
    gallery = results.gallery
    if gallery is None:
        return []
    names = []
    if gallery["mistakes"]:
        names.append(_mistakes(results, folder))
    if gallery["disagree"]:
        names.append(_disagreements(results, folder))
    return names


def _runs(results: Results) -> dict[str, Run]:
    """Return the complete run of each row with the gallery's seed."""
    seed = results.gallery["seed"] if results.gallery else None
    return {
        label: run
        for label in results.plan.implementations
        for run in results.complete_runs_of(label)
        if run.seed == seed
    }


def _mistakes(results: Results, folder: Path) -> str:
    gallery = results.gallery or {}
    run = _runs(results)[gallery["row"]]
    predictions = unpack(run.predictions or {})
    confidences = unpack(run.confidences or {})
    captions = {
        i: f"{_name(results, predictions[i])}, {int(confidences[i]) / 255:.0%}"
        for i in gallery["mistakes"]
    }
    title = (
        f"The most confident of {gallery['n_mistakes']:,} mistakes on the test set "
        f"({gallery['row']}, seed {gallery['seed']})\n"
        "Above each image its label; below, the answer and its probability"
    )
    return _grid(
        results, gallery["mistakes"], captions, title, folder / "mistakes.png", 1
    )


def _disagreements(results: Results, folder: Path) -> str:
    gallery = results.gallery or {}
    answers = {n: unpack(run.predictions or {}) for n, run in _runs(results).items()}
    captions = {
        i: "\n".join(f"{n}: {_name(results, answers[n][i])}" for n in answers)
        for i in gallery["disagree"]
    }
    title = (
        f"The implementations disagree on {gallery['n_disagree']:,} of "
        f"{results.data['n_test']:,} test images (seed {gallery['seed']})\n"
        "Above each image its label; below, each answer"
    )
    return _grid(
        results,
        gallery["disagree"],
        captions,
        title,
        folder / "disagreements.png",
        len(answers),
    )


def _name(results: Results, index: int) -> str:
    return str(results.data["class_names"][int(index)])


def _grid(
    results: Results,
    indices: list[int],
    captions: dict[int, str],
    title: str,
    path: Path,
    caption_lines: int,
) -> str:
    gallery = results.gallery or {}
    labels = unpack(results.test_labels or {})
    n_rows = math.ceil(len(indices) / COLUMNS)
    height = 1.5 + 0.16 * caption_lines
    figure, axes = plt.subplots(
        n_rows,
        COLUMNS,
        figsize=(1.25 * COLUMNS, height * n_rows + 0.5),
        layout="constrained",
        squeeze=False,
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, index in zip(axes.flat, indices, strict=False):
        pixels = unpack(gallery["images"][str(index)])
        side = math.isqrt(len(pixels))
        axis.imshow(255 - pixels.reshape(side, side), cmap="gray", vmin=0, vmax=255)
        axis.set_title(
            _name(results, labels[index]), loc="center", fontsize=9, fontweight="normal"
        )
        axis.text(
            0.5,
            -0.04,
            captions[index],
            transform=axis.transAxes,
            ha="center",
            va="top",
            fontsize=8,
        )
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return style.save(figure, path)
