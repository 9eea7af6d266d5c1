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
    """What the network says about the images of one file.

    probs (n, n_classes); `given` are the class indices that the file has itself.
    """

    images: Images
    probs: Array
    class_names: tuple[str, ...]
    given: list[int] | None = None

    def __iter__(self) -> Iterator[Answer]:
        """Yield one answer per image."""
        alone = self.images.picture is not None and len(self.probs) == 1
        for row, probs in enumerate(self.probs):
            yield Answer(
                self.images.source,
                None if alone else row + 1,
                probs,
                self.class_names,
                None if self.given is None else self.given[row],
                self.images.boxes[row] if self.images.boxes and not alone else None,
            )

    @property
    def lines(self) -> list[list[str]]:
        """The answers to the digits of a picture, line by line."""
        names = [self.class_names[k] for k in self.probs.argmax(axis=1)]
        found: dict[int, list[str]] = {}
        for line, name in zip(self.images.lines, names, strict=True):
            found.setdefault(line, []).append(name)
        return list(found.values())


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network says about one image, or one digit of a picture.

    `row` counts from 1, and is None for a picture of one digit. `label` is the class
    index, `name` the name of that class; `given` is the label that the file has itself,
    None if it has none. `box` is (left, top, width, height) of one digit of several.
    """

    source: str
    row: int | None
    probs: Array
    class_names: tuple[str, ...]
    given: int | None = None
    box: tuple[int, int, int, int] | None = None

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
    probs = probabilities_of(implementation, images, model, name)
    given = _indices(images.labels, model.class_names)
    return Answers(images, probs, model.class_names, given)


def probabilities_of(
    implementation: Implementation, images: Images, model: Model, name: str
) -> Array:
    """Return the probabilities, (n, n_classes); errors as for `ask`."""
    dtype = model.weights[0][0].dtype.type
    n_classes = len(model.class_names)
    probs = []
    for start in range(0, len(images.pixels), ROWS):
        X = images.pixels[start : start + ROWS].astype(dtype) / dtype(255)
        probs.append(probabilities(implementation, X, n_classes=n_classes, name=name))
    return np.concatenate(probs)


def _indices(labels: list[str] | None, names: tuple[str, ...]) -> list[int] | None:
    """Return the classes that labels name, or None if they are not of this network.

    Labels that are numbers are indices where the network's classes have other names.
    """
    if labels is None:
        return None
    if set(labels) <= set(names):
        return [names.index(label) for label in labels]
    numbers = [int(label) for label in labels if label.isdigit()]
    known = len(numbers) == len(labels) and max(numbers) < len(names)
    return numbers if known else None


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
                place(answer),
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
    pages = [each for each in answers if each.images.picture is not None]
    for each in (page for page in pages if len(page.probs) > 1):
        text += f"\n{each.images.source}, line by line:\n"
        text += "".join(f"  {' '.join(line)}\n" for line in each.lines)
    return text


def place(answer: Answer) -> str:
    """Say which image or digit it is."""
    if answer.row is None:
        return answer.source
    what = "image" if answer.box is None else "digit"
    return f"{answer.source}, {what} {answer.row}"


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

    Where files have labels themselves, these are `given_label`; `box` is where one of
    several digits stands in its picture: left, top, width, height.
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
            | ({"box": answer.box} if answer.box is not None else {})
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
    return any(each.given is not None for each in answers)


def _all(answers: list[Answers]) -> Iterator[Answer]:
    for each in answers:
        yield from each
