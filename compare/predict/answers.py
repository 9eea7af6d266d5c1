"""The network's answers and their forms: table, CSV, JSON, Kaggle's submission.

Every form is text; nothing is read here and nothing is computed but the order of the
probabilities.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from compare.contract import Array, Implementation
from compare.measure.own_class import probabilities
from compare.predict.inputs import Images
from compare.record.model_file import Model
from compare.show.columns import Column, render

# Images per question: enough for BLAS, and no second copy of a million images.
ROWS = 8192
MAX_TABLE_ROWS = 100


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network says about the images of one file; probs (n, n_classes)."""

    images: Images
    probs: Array
    class_names: tuple[str, ...]

    def __iter__(self) -> Iterator[Answer]:
        """Yield one answer per image."""
        alone = self.images.picture is not None
        for row, probs in enumerate(self.probs):
            yield Answer(
                self.images.source,
                None if alone else row + 1,
                probs,
                self.class_names,
                None if self.images.labels is None else int(self.images.labels[row]),
            )


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network says about one image; `row` counts from 1, None for a picture.

    `label` is the class index, `name` the name of that class; `given` is the label
    that the file has itself, None if it has none.
    """

    source: str
    row: int | None
    probs: Array
    class_names: tuple[str, ...]
    given: int | None = None

    @property
    def label(self) -> int:
        """The class with the largest probability."""
        return int(self.probs.argmax())

    @property
    def name(self) -> str:
        """The name of that class."""
        return self.class_names[self.label]

    @property
    def probability(self) -> float:
        """What the network gives it."""
        return float(self.probs[self.label])

    @property
    def second(self) -> int:
        """The class with the second largest probability."""
        return int(np.argsort(self.probs, kind="stable")[-2])


def ask(
    implementation: Implementation, images: Images, model: Model, *, name: str
) -> Answers:
    """Show every image to the network: pixel / 255, as in training.

    Raises
    ------
    UsageError
        If `implementation`, called `name`, fails or returns no probabilities.
    """
    dtype = model.weights[0][0].dtype.type
    n_classes = len(model.class_names)
    probs = []
    for start in range(0, len(images.pixels), ROWS):
        X = images.pixels[start : start + ROWS].astype(dtype) / dtype(255)
        probs.append(probabilities(implementation, X, n_classes=n_classes, name=name))
    return Answers(images, np.concatenate(probs), model.class_names)


def as_table(answers: list[Answers]) -> str:
    """Return a table for people; only the first hundred rows of a long one."""
    columns = [
        Column("image"),
        Column("answer"),
        Column("probability", "%", right=True),
        Column("second", "if not that"),
        Column("probability", "%", right=True),
    ]
    rows: list[list[str]] = []
    for answer in _all(answers):
        if len(rows) == MAX_TABLE_ROWS:
            break
        second = answer.second
        rows.append(
            [
                answer.source
                if answer.row is None
                else f"{answer.source}, image {answer.row}",
                answer.name,
                percent(answer.probability),
                answer.class_names[second],
                percent(answer.probs[second]),
            ]
        )
    text = render(columns, rows)
    n_more = sum(len(each.probs) for each in answers) - len(rows)
    if n_more > 0:
        text += f"… and {n_more:,} more: --format csv or json has them all.\n"
    return text


def as_csv(answers: list[Answers]) -> str:
    """Return one line per image: file, row, label, name, and every probability.

    Where files have labels themselves, these are the last column, `given_label`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    n_classes = len(answers[0].class_names)
    labelled = _labelled(answers)
    writer.writerow(
        ["file", "row", "label", "name", "probability"]
        + [f"p{label}" for label in range(n_classes)]
        + ["given_label"] * labelled
    )
    for answer in _all(answers):
        row = "" if answer.row is None else answer.row
        probabilities = (f"{p:.6f}" for p in (answer.probability, *answer.probs))
        given = ["" if answer.given is None else answer.given] * labelled
        writer.writerow(
            [answer.source, row, answer.label, answer.name, *probabilities, *given]
        )
    return out.getvalue()


def as_json(answers: list[Answers]) -> str:
    """Return a JSON array with one object per image and line.

    Where files have labels themselves, these are `given_label`.
    """
    labelled = _labelled(answers)
    lines = [
        json.dumps(
            {
                "file": answer.source,
                "row": answer.row,
                "label": answer.label,
                "name": answer.name,
                "probability": round(answer.probability, 6),
                "probabilities": [round(float(p), 6) for p in answer.probs],
            }
            | ({"given_label": answer.given} if labelled else {}),
            ensure_ascii=False,
        )
        for answer in _all(answers)
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def as_kaggle(answers: list[Answers]) -> str:
    """Return Kaggle's submission.csv: ImageId from 1, Label."""
    labels = [answer.label for answer in _all(answers)]
    lines = (f"{image_id},{label}\n" for image_id, label in enumerate(labels, 1))
    return "ImageId,Label\n" + "".join(lines)


def percent(probability: float) -> str:
    """0.9712 → 97.1; never the 100.0 or 0.0 of a certainty that no network has."""
    if probability >= 0.9995:
        return "> 99.9"
    return "< 0.1" if probability < 0.0005 else f"{100 * probability:.1f}"


FORMATS: dict[str, Callable[[list[Answers]], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}


def _labelled(answers: list[Answers]) -> bool:
    """Say whether any file has labels itself."""
    return any(each.images.labels is not None for each in answers)


def _all(answers: list[Answers]) -> Iterator[Answer]:
    for each in answers:
        yield from each
