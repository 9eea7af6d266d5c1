"""What every reader hands over: pixels as bytes and labels, checked, not yet split.

Pixels stay whole numbers from 0 to 255 here, so that the same picture is the same
bytes whatever file it came from. Scaling to [0, 1] is the loader's job.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

IMAGE_SIDE = 28
N_PIXELS = IMAGE_SIDE * IMAGE_SIDE
MAX_CLASSES = 100
# Of red, green and blue in grey: ITU-R recommendation BT.601, as Pillow has it.
LUMINANCE = (0.299, 0.587, 0.114)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """What one file or one pair of arrays says of one part of a data set.

    Attributes
    ----------
    where : str
        What messages call it.
    split : str
        "train", "val", "test", or "" if nothing says.
    images : ndarray of shape (n, 784), uint8, or None
    labels : ndarray of shape (n,), int64 or str, or None
        As they stand in the source.
    label_names : dict
        What the source calls its numbered classes, by number.
    notes : tuple of str
        What was done to them that a reader would want to know, a sentence each.
    """

    where: str
    split: str = ""
    images: Bytes | None = None
    labels: NDArray[Any] | None = None
    label_names: dict[int, str] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images, shape (n, 784), and class indices, shape (n,); both uint8."""

    images: Bytes
    labels: Bytes


@dataclass(frozen=True, eq=False, kw_only=True)
class Raw:
    """A source as it was found: a training set with its official others, or a table.

    `test` is None for a single table, `val` where there is no official validation set.
    `numbers` are the labels as the source has them, by class index; for classes with
    names only, they are the indices.
    """

    train: Labelled
    val: Labelled | None = None
    test: Labelled | None = None
    class_names: list[str]
    numbers: list[int]
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> list[Labelled]:
        """The sets there are: training, validation, test."""
        return [p for p in (self.train, self.val, self.test) if p is not None]

    def with_images(self, images: list[Bytes], note: str) -> Raw:
        """Return the same with other images, in the order of `parts`, and a note."""
        new = iter(images)
        train, val, test = (
            None if part is None else Labelled(next(new), part.labels)
            for part in (self.train, self.val, self.test)
        )
        notes = (*self.notes, note)
        return replace(self, train=train or self.train, val=val, test=test, notes=notes)


def as_images(values: NDArray[Any]) -> NDArray[Any] | None:
    """Return an array of 28 x 28 images as (n, 784), colours made grey, or None.

    It takes (n, 784), (n, 28, 28), one or three channels before or behind, and
    MATLAB's (784, n).
    """
    shape = values.shape
    if values.ndim == 2 and shape[0] == N_PIXELS != shape[1]:
        return values.T
    if values.ndim == 4 and shape[1] in (1, 3) and shape[2:] == (IMAGE_SIDE,) * 2:
        values = np.moveaxis(values, 1, -1)
    if values.ndim == 4 and values.shape[1:] == (IMAGE_SIDE, IMAGE_SIDE, 3):
        grey = values.astype(np.float32) @ np.array(LUMINANCE, np.float32)
        values = np.rint(grey) if values.dtype.kind in "iu" else grey
    if len(values) and math.prod(values.shape[1:]) == N_PIXELS:
        return values.reshape(-1, N_PIXELS)
    return None


def as_pixels(values: NDArray[Any], *, where: str) -> Bytes:
    """Return numbers of shape (n, 784) as uint8, or say which one is no pixel.

    Whole numbers from 0 to 255 are taken as they are. Fractions from 0 to 1 that are a
    whole number / 255 each are multiplied by 255 again.

    Raises
    ------
    DataError
        For anything else, and for no images at all.
    """
    if len(values) == 0:
        raise DataError(f"{where}: holds no images; it needs at least one")
    if values.dtype.kind not in "iufb":
        raise DataError(
            f"{where}: a pixel must be a number, got {values.dtype}; store whole "
            "numbers (uint8)"
        )
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1:
        whole = np.rint(values * 255)
        if np.abs(values * 255 - whole).max() < 1e-2 and values.max() > 0:
            return np.ascontiguousarray(whole, dtype=np.uint8)
    # NaN fails both comparisons, so it counts as outside.
    inside = (values >= 0) & (values <= 255)
    if values.dtype.kind == "f":
        inside &= np.floor(values) == values
    if not inside.all():
        row = int(np.argmin(inside.all(axis=1)))
        column = int(np.argmin(inside[row]))
        raise bad_pixel(where, row, str(values[row, column]))
    return np.ascontiguousarray(values, dtype=np.uint8)


def bad_pixel(where: str, row: int, found: str) -> DataError:
    """Return the sentence for a value that is no pixel; `row` counts from 0."""
    return DataError(
        f"{where}, row {row + 1}: a pixel must be a whole number from 0 to 255, or "
        f"that divided by 255, got {found}; undo other scaling, and fill in missing "
        "values"
    )


def as_labels(values: NDArray[Any], *, where: str) -> NDArray[Any]:
    """Return one label per image, int64 or str; one-hot rows become their number.

    Raises
    ------
    DataError
        For another shape, or a value that is neither text nor a whole number >= 0.
    """
    if values.ndim == 2 and 1 in values.shape:
        values = values.reshape(-1)
    if values.ndim == 2 and _is_one_hot(values):
        values = values.argmax(axis=1)
    if values.ndim != 1:
        raise DataError(
            f"{where}: there must be one label per image, got an array of shape "
            f"{values.shape} that is not one-hot; choose one of its columns"
        )
    if values.dtype.kind in "OUT":
        return _numbers_or_text(values, where)
    if values.dtype.kind not in "iufb":
        raise DataError(f"{where}: labels must be numbers or text, got {values.dtype}")
    # NaN fails both comparisons.
    good = (values >= 0) & (np.floor(values) == values)
    if not good.all():
        row = int(np.argmin(good))
        raise DataError(
            f"{where}, row {row + 1}: a label must be a whole number from 0, or text, "
            f"got {values[row]}; drop or repair that row"
        )
    return values.astype(np.int64)


def _is_one_hot(values: NDArray[Any]) -> bool:
    if values.dtype.kind not in "iufb" or not 2 <= values.shape[1] <= MAX_CLASSES:
        return False
    return bool(((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all())


def _numbers_or_text(values: NDArray[Any], where: str) -> NDArray[Any]:
    """Return text as it is, but as numbers if all of it is whole numbers."""
    text = np.array([str(value).strip() for value in values])
    missing = [str(v).strip() in ("", "None", "nan", "<NA>") for v in values]
    if any(missing):
        row = missing.index(True)
        raise DataError(
            f"{where}, row {row + 1}: every image needs a label, got an empty one; "
            "drop or repair that row"
        )
    try:
        numbers = text.astype(np.float64)
    except ValueError:
        return text
    return as_labels(numbers, where=where)
