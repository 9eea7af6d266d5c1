"""What every reader hands over: pixels and labels as bytes, checked, not yet split.

Pixels stay whole numbers from 0 to 255 here, so that the same picture is the same
bytes whatever file it came from. Scaling to [0, 1] is the loader's job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

IMAGE_SIDE = 28
N_PIXELS = IMAGE_SIDE * IMAGE_SIDE
N_CLASSES = 10

# The most images one file may announce: 6.3 GB as float64. A header is checked
# against it before any memory is asked for.
MAX_IMAGES = 1_000_000

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images, shape (n, 784), and their labels, shape (n,); both uint8."""

    images: Bytes
    labels: Bytes


@dataclass(frozen=True, eq=False)
class Raw:
    """A source as it was found: a training set with its official test set, or a table.

    `test` is None for a single table, which has no official test set.
    """

    train: Labelled
    test: Labelled | None = None

    @property
    def parts(self) -> list[Labelled]:
        """The one or two sets, training first."""
        return [self.train] if self.test is None else [self.train, self.test]


def labelled(
    images: Bytes, labels: Bytes, *, images_from: str, labels_from: str
) -> Labelled:
    """Put images and labels together; raise `DataError` if their counts differ."""
    if len(images) != len(labels):
        raise DataError(
            f"every image needs one label, but {images_from} has {len(images)} images "
            f"and {labels_from} has {len(labels)} labels; take both from the same "
            "download"
        )
    return Labelled(images, labels)


def as_pixels(values: NDArray[np.generic], *, where: str) -> Bytes:
    """Return numbers of shape (n, 784) as uint8, or say which one is no pixel.

    Raises
    ------
    DataError
        For no images at all, another size, a dtype that is not a number, NaN, or a
        value that is not a whole number from 0 to 255.
    """
    if values.ndim != 2 or values.shape[1] != N_PIXELS:
        shape = " x ".join(map(str, values.shape[1:])) or "single numbers"
        raise DataError(
            f"{where}: images must be 28 x 28 (784 pixels), got {shape}; "
            "resize them first"
        )
    if len(values) == 0:
        raise DataError(f"{where}: holds no images; it needs at least one")
    return _as_bytes(values, highest=255, what="a pixel", where=where)


def as_labels(values: NDArray[np.generic], *, where: str) -> Bytes:
    """Return numbers of shape (n,) as uint8, or say which one is no label.

    Raises
    ------
    DataError
        For another number of dimensions, a dtype that is not a number, NaN, or a
        value that is not a whole number from 0 to 9.
    """
    if values.ndim != 1:
        raise DataError(
            f"{where}: labels must be one number per image, got an array of shape "
            f"{values.shape}; turn one-hot rows into class numbers with argmax"
        )
    return _as_bytes(values, highest=N_CLASSES - 1, what="a label", where=where)


def _as_bytes(
    found: NDArray[np.generic], *, highest: int, what: str, where: str
) -> Bytes:
    """Convert exactly, or name the first value that is not a whole number 0-highest."""
    if found.dtype.kind not in "iuf":
        raise DataError(
            f"{where}: {what} must be a number, got dtype {found.dtype}; "
            "store whole numbers (uint8)"
        )
    values = cast("NDArray[np.floating | np.integer]", found)
    # NaN fails both comparisons, so it counts as outside.
    inside = (values >= 0) & (values <= highest)
    if values.dtype.kind == "f":
        inside &= np.floor(values) == values
    if not inside.all():
        row = int(np.argmin(inside.reshape(len(values), -1).all(axis=1)))
        bad = values[row][~inside[row]].flat[0] if values.ndim == 2 else values[row]
        raise DataError(not_a_byte(f"{where}, row {row + 1}", what, str(bad), highest))
    return np.ascontiguousarray(values, dtype=np.uint8)


def not_a_byte(where: str, what: str, found: str, highest: int) -> str:
    """Return the sentence for a value that is no pixel or no label."""
    cure = (
        "undo any scaling and fill in missing values"
        if highest == 255
        else "keep the ten classes 0 to 9 only"
    )
    return (
        f"{where}: {what} must be a whole number from 0 to {highest}, "
        f"got {found}; {cure}"
    )
