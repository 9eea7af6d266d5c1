"""What is mistaken for what, for the page: a matrix, or the most frequent mistakes.

A matrix of many classes would be a blur of numbers; there a list says more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare.record.plan import short
from compare.record.verdicts import Verdicts
from compare.report import analysis
from compare.report.figures import confusion

MOST_MISTAKES = 20


@dataclass(frozen=True)
class Shade:
    """One cell of a confusion matrix: what is printed and how strongly it is tinted."""

    text: str
    shade: float
    """0 to 1."""
    right: bool


@dataclass(frozen=True)
class Matrix:
    """The confusion matrix of one or more implementations that agree in every cell."""

    names: list[str]
    rows: list[tuple[str, list[Shade]]]


@dataclass(frozen=True)
class Confusions:
    """The most frequent mistakes of implementations that agree in all of them."""

    names: list[str]
    rows: list[tuple[str, str, str]]
    """True class, answer, per cent of the images of the true class."""


def matrices(judged: Verdicts) -> list[Matrix]:
    """Return the confusion matrices, those that print alike only once.

    None where there are too many classes for numbers in cells.
    """
    if judged.results.plan.hyper_parameters.n_classes > analysis.MOST_WITH_NUMBERS:
        return []
    fractions = dict(_fractions(judged))
    top = confusion.largest_mistake(list(fractions.values())) if fractions else 1.0
    classes = confusion.class_names(judged.results)
    found: list[Matrix] = []
    for label, values in fractions.items():
        rows = [
            (
                classes[i],
                [_shade(float(v), i == j, top) for j, v in enumerate(row)],
            )
            for i, row in enumerate(values)
        ]
        twin = next((m for m in found if m.rows == rows), None)
        if twin:
            twin.names.append(short(label))
        else:
            found.append(Matrix([short(label)], rows))
    return found


def confusions(judged: Verdicts) -> list[Confusions]:
    """Return the most frequent mistakes where `matrices` has nothing to show."""
    n_classes = judged.results.plan.hyper_parameters.n_classes
    if n_classes <= analysis.MOST_WITH_NUMBERS:
        return []
    if analysis.too_many_classes(judged.results):
        return []
    classes = confusion.class_names(judged.results)
    found: list[Confusions] = []
    for label, values in _fractions(judged):
        off = np.where(np.eye(n_classes, dtype=bool), 0.0, values)
        # Stable: of equally frequent ones the classes that come first.
        order = np.argsort(-off, axis=None, kind="stable")[:MOST_MISTAKES]
        rows = [
            (classes[i], classes[j], f"{100 * off[i, j]:.1f}")
            for i, j in zip(*np.unravel_index(order, off.shape), strict=True)
            if off[i, j] >= confusion.LEAST_SHOWN
        ]
        twin = next((m for m in found if m.rows == rows), None)
        if twin:
            twin.names.append(short(label))
        elif rows:
            found.append(Confusions([short(label)], rows))
    return found


def _fractions(judged: Verdicts) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for row in judged.rows:
        if row.complete:
            yield row.label, confusion.matrix(judged.results, row.label)


def _shade(value: float, right: bool, top: float) -> Shade:
    shown = value >= confusion.LEAST_SHOWN
    words = ("100" if value >= 1 else f"{100 * value:.1f}") if shown else ""
    return Shade(words, 0.0 if right else round(value / top, 2), right)
