"""From the labels of a source to class indices 0, 1, 2 … and the names of classes.

A class is a label that occurs; numbers keep their order, text is sorted. Names come
from the source where it has any, or are those of the known data sets.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.raw import MAX_CLASSES, Bytes

DIGITS = tuple(string.digits)
FASHION = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# Hiragana in Roman letters: few fonts of figures and terminals have them.
KMNIST = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
K49 = (
    *("a", "i", "u", "e", "o", "ka", "ki", "ku", "ke", "ko"),
    *("sa", "shi", "su", "se", "so", "ta", "chi", "tsu", "te", "to"),
    *("na", "ni", "nu", "ne", "no", "ha", "hi", "fu", "he", "ho"),
    *("ma", "mi", "mu", "me", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "re", "ro"),
    *("wa", "wi", "we", "wo", "n", "repeat"),
)
# EMNIST: labels 1 to 26 stand for both cases; 47 classes keep the lower-case letters
# that look unlike their capitals.
EMNIST_LETTERS = tuple(
    a + b for a, b in zip(string.ascii_uppercase, string.ascii_lowercase, strict=True)
)
EMNIST_47 = (*DIGITS, *string.ascii_uppercase, *"abdefghnqrt")
EMNIST_62 = (*DIGITS, *string.ascii_uppercase, *string.ascii_lowercase)
# A word in the name of a source, and the classes it has if the number fits.
_KNOWN = (
    ("fashion", FASHION),
    ("k49", K49),
    ("kmnist", KMNIST),
    ("emnist", EMNIST_LETTERS),
    ("emnist", EMNIST_47),
    ("emnist", EMNIST_62),
)


def indexed(
    labels: Sequence[NDArray[Any]],
    *,
    names: dict[int, str] | None,
    called: str,
    where: str,
) -> tuple[list[Bytes], list[str], list[int]]:
    """Return class indices for each array of labels, the names, and the numbers.

    Parameters
    ----------
    labels : list of ndarray, int64 or str
        Those of training, validation and test.
    names : dict or None
        What the source calls its numbers.
    called : str
        The names of source and files, to recognise known data sets by.
    where : str
        What messages call the source.

    Raises
    ------
    DataError
        For more than a hundred classes, or numbers here and text there.
    """
    texts = {part.dtype.kind == "U" for part in labels}
    if len(texts) > 1:
        raise DataError(
            f"{where}: labels are numbers in one part and text in another; write them "
            "alike"
        )
    values = np.unique(np.concatenate(list(labels)))
    if len(values) > MAX_CLASSES:
        raise DataError(
            f"{where}: may have {MAX_CLASSES} classes, but its labels have "
            f"{len(values):,} different values, from {values[0]} to {values[-1]}; is "
            "this the column of labels?"
        )
    indices = [np.searchsorted(values, part).astype(np.uint8) for part in labels]
    if texts == {True}:
        return indices, [str(v) for v in values], list(range(len(values)))
    numbers = [int(v) for v in values]
    return indices, class_names(numbers, names=names, called=called), numbers


def class_names(
    numbers: list[int], *, names: dict[int, str] | None = None, called: str
) -> list[str]:
    """Return what numbered classes are called, by the source or by a known data set."""
    if names is not None and all(number in names for number in numbers):
        return [names[number] for number in numbers]
    for word, known in _KNOWN:
        first = 1 if known is EMNIST_LETTERS else 0
        if word in called.lower() and numbers == list(range(first, first + len(known))):
            return list(known)
    return [str(number) for number in numbers]
