"""Digits worth looking at: confident mistakes, and those on which rows disagree."""

import math
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compare.record.plan import short
from compare.record.results import Results, Run, unpack
from compare.record.verdicts import Verdicts
from compare.show import figure_style as style
from compare.show import tiles
from compare.show.words import listed

FIGURE_WIDTH = 10.0  # inches
GAP = 0.083  # between two pictures
HEAD = 0.29  # above the first row
COLUMNS = 8  # fewer, if a caption needs more room
LETTER_WIDTH = 0.07  # inches, of a wide letter of the captions
FEW = 5  # rows: of more, those that answer alike share a line
LINE_LETTERS = 22  # longer lines are wrapped


@dataclass(frozen=True)
class Picture:
    """One test image with what it is and what was answered."""

    index: int
    pixels: NDArray[np.uint8]
    """(side, side), 0 is background."""
    label: str
    answers: dict[str, str]
    """Row of the comparison -> its answer."""
    confidence: str
    """Of the first answer, in words: it is stored in steps of 1/255."""


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw `mistakes.png` and, where there is one, `disagreements.png`."""
    results, names = judged.results, []
    if found := mistakes(results):
        # "Sneaker, read as Ankle boot" is too wide for one line under a picture.
        digits = all(len(p.label) == 1 for p in found)
        gap = " " if digits else ",\n"
        captions = [
            f"{p.label}{gap}read as {next(iter(p.answers.values()))}\n{p.confidence}"
            for p in found
        ]
        names.append(
            _grid(found, captions, mistakes_caption(results), folder / "mistakes.png")
        )
    if found := disagreements(results):
        captions = [
            "\n".join([f"label {p.label}", *map(_wrapped, marked(p).items())])
            for p in found
        ]
        path = folder / "disagreements.png"
        names.append(_grid(found, captions, disagreements_caption(results), path))
    return names


def mistakes(results: Results) -> list[Picture]:
    """Return the most confident mistakes of the gallery's row."""
    gallery = results.gallery
    if gallery is None:
        return []
    return _pictures(results, gallery["mistakes"], [gallery["row"]])


def disagreements(results: Results) -> list[Picture]:
    """Return the images on which rows disagree, with the answer of each row."""
    gallery = results.gallery
    if gallery is None:
        return []
    return _pictures(results, gallery["disagree"], list(_runs(results)))


def mistakes_caption(results: Results) -> str:
    """Return what the first gallery shows."""
    gallery = results.gallery or {}
    shown, n = len(gallery["mistakes"]), gallery["n_mistakes"]
    which = "The" if shown == n else f"The {shown} most confident of"
    return (
        f"{which} {n:,} mistakes of {short(gallery['row'])} on "
        f"{results.data['n_test']:,} test images (seed {gallery['seed']}), "
        "with the probability of the answer"
    )


def disagreements_caption(results: Results) -> str:
    """Return what the second gallery shows."""
    gallery = results.gallery or {}
    shown, n = len(gallery["disagree"]), gallery["n_disagree"]
    part = "" if shown == n else f"; the first {shown}"
    return (
        f"The implementations disagree on {n:,} of {results.data['n_test']:,} test "
        f"images (seed {gallery['seed']}){part}. ✓ marks the right answer"
    )


def marked(picture: Picture) -> dict[str, str]:
    """Return each row's answer, the right one with a mark.

    Of many rows, those that answer alike are named together, and the most last, with
    their number alone.
    """
    answers = {
        short(row): f"{answer} ✓" if answer == picture.label else answer
        for row, answer in picture.answers.items()
    }
    if len(answers) <= FEW:
        return answers
    said: dict[str, list[str]] = {}
    for row, answer in answers.items():
        said.setdefault(answer, []).append(row)
    *fewer, (common, rows) = sorted(said.items(), key=lambda item: len(item[1]))
    named = {f"{listed(names)}:": answer for answer, names in fewer}
    return named | {f"the other {len(rows)}:": common}


def _wrapped(item: tuple[str, str]) -> str:
    """Return who answers what, in lines as narrow as a picture with a name."""
    return textwrap.fill(
        " ".join(item), LINE_LETTERS, break_long_words=False, break_on_hyphens=False
    )


def _runs(results: Results) -> dict[str, Run]:
    """Return the complete run of each row with the gallery's seed."""
    seed = results.gallery["seed"] if results.gallery else None
    return {
        label: run
        for label in results.plan.labels
        for run in results.complete_runs_of(label)
        if run.seed == seed
    }


def _pictures(results: Results, indices: list[int], shown: list[str]) -> list[Picture]:
    gallery, runs = results.gallery or {}, _runs(results)
    labels = unpack(results.test_labels or {})
    answers = {row: unpack(runs[row].predictions or {}) for row in shown}
    confidences = unpack(runs[shown[0]].confidences or {})
    pictures = []
    for index in indices:
        pixels = unpack(gallery["images"][str(index)])
        side = math.isqrt(len(pixels))
        pictures.append(
            Picture(
                index,
                pixels.reshape(side, side),
                _name(results, labels[index]),
                {row: _name(results, found[index]) for row, found in answers.items()},
                _per_cent(int(confidences[index])),
            )
        )
    return pictures


def _per_cent(steps: int) -> str:
    return "over 99 %" if steps >= 253 else f"{100 * steps / 255:.0f} %"


def _name(results: Results, index: int) -> str:
    names = results.data["class_names"]
    return str(names[index]) if index < len(names) else str(index)


def _grid(pictures: list[Picture], captions: list[str], title: str, path: Path) -> str:
    longest = max(len(line) for caption in captions for line in caption.split("\n"))
    width = max(FIGURE_WIDTH / COLUMNS, LETTER_WIDTH * longest)
    fits = max(1, min(COLUMNS, int(FIGURE_WIDTH / width)))
    # A few columns less, if the last row is then full.
    fewer = range(fits, fits // 2, -1)
    n_columns = next((n for n in fewer if len(pictures) % n == 0), fits)
    n_rows = math.ceil(len(pictures) / n_columns)
    lines = 1 + max(caption.count("\n") for caption in captions)
    pitch = FIGURE_WIDTH / n_columns
    side = pitch - GAP
    row_height = side + 0.10 + 0.17 * lines
    height = HEAD + row_height * n_rows - 0.06
    figure, axes = tiles.board(FIGURE_WIDTH - GAP, height)
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x = (i % n_columns) * pitch
        y = HEAD + i // n_columns * row_height
        look = {"cmap": "gray", "vmin": 0, "vmax": 255}
        tiles.put(axes, 255 - picture.pixels, x, y, side, **look)
        axes.text(
            x + side / 2,
            y + 1.04 * side,
            caption,
            ha="center",
            va="top",
            fontsize=8,
            linespacing=1.25,
        )
    style.headline(figure, title, y=1 - 0.03 / height)
    return style.save(figure, path)
