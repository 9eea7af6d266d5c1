"""Which way up: EMNIST and what was made of it stores its images transposed.

Read as they are, such letters lie mirrored on their side, and a network that knows
upright digits answers wrongly without a word. Where there are labelled digits, both
ways are held against MNIST's own digits; elsewhere the name decides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.errors import DataError
from data.raw import IMAGE_SIDE, Bytes, Raw
from data.readers import arrays
from data.readers.items import list_items

# Images of each digit that are tried, and the fewest in all that say anything.
_PER_CLASS, _ENOUGH = 50, 50
# Upright digits reach about 0.8, lying ones about 0.3.
_RECOGNISED, _LEAD = 0.5, 0.2
# Characters are taller than wide, on average by a third.
_TALL = 1.05


def transposed(images: Bytes) -> Bytes:
    """Return images of shape (n, 784) with rows and columns exchanged."""
    square = images.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    return np.ascontiguousarray(square.transpose(0, 2, 1)).reshape(images.shape)


def upright(raw: Raw, *, transpose: bool | None, called: str, mnist: Path) -> Raw:
    """Return the images upright, with a note if that changed them.

    Parameters
    ----------
    raw : Raw
    transpose : bool or None
        What the user says; None to find out.
    called : str
        The names of source and files.
    mnist : Path
        The folder of MNIST, whose test digits are the measure.
    """
    if transpose is None:
        lying, why = _lies(raw, called, mnist)
        cure = "--no-transpose leaves them"
    else:
        lying, why, cure = transpose, "as asked for", ""
    if not lying:
        return raw
    note = f"images were transposed, rows and columns exchanged: {why}"
    turned = [transposed(part.images) for part in raw.parts]
    return raw.with_images(turned, f"{note}; {cure}" if cure else note)


def _lies(raw: Raw, called: str, mnist: Path) -> tuple[bool, str]:
    named = "emnist" in called.lower()
    accuracies = _digit_accuracies(raw, mnist)
    if accuracies is not None:
        as_is, turned = accuracies
        if turned >= max(_RECOGNISED, as_is + _LEAD):
            return True, (
                f"{100 * turned:.0f} % of its digits then look like MNIST's of the "
                f"same label, {100 * as_is:.0f} % before"
            )
        if as_is >= max(_RECOGNISED, turned + _LEAD):
            return False, ""
    if named and not _is_tall(raw.train.images):
        return True, "EMNIST stores them so"
    return False, ""


def _digit_accuracies(raw: Raw, mnist: Path) -> tuple[float, float] | None:
    """Return the accuracy of MNIST's mean digits, as they are and transposed."""
    digits = [k for k, name in enumerate(raw.class_names) if name in set("0123456789")]
    rows = [np.flatnonzero(raw.train.labels == label)[:_PER_CLASS] for label in digits]
    if len(digits) < 5 or sum(map(len, rows)) < _ENOUGH:
        return None
    chosen = np.concatenate(rows)
    expected = np.array([int(raw.class_names[k]) for k in raw.train.labels[chosen]])
    try:
        means = _mean_digits(mnist)
    except DataError:  # MNIST is not there to compare with
        return None
    images = raw.train.images[chosen]
    as_is, turned = (
        float(np.mean(_nearest(each, means) == expected))
        for each in (images, transposed(images))
    )
    return as_is, turned


def _mean_digits(mnist: Path) -> np.ndarray:
    files = {item.name: item for item in list_items(mnist)}
    try:
        images, labels = (
            arrays.read(files[name])[""]
            for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
        )
    except KeyError:
        raise DataError(f"{mnist}: lacks MNIST's test set") from None
    flat = images.reshape(len(images), -1)
    return np.stack([flat[labels == k].mean(axis=0) for k in range(10)])


def _nearest(images: Bytes, means: np.ndarray) -> np.ndarray:
    X = images.astype(np.float64)
    return np.asarray(((means**2).sum(axis=1) - 2 * X @ means.T).argmin(axis=1))


def _is_tall(images: Bytes) -> bool:
    """Say whether what is drawn is taller than wide, on average."""
    ink = images[:2000].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    sides = []
    for axis in (2, 1):  # rows with ink, columns with ink
        lines = ink.max(axis=axis) > 64
        first = lines.argmax(axis=1)
        last = IMAGE_SIDE - lines[:, ::-1].argmax(axis=1)
        sides.append(np.where(lines.any(axis=1), last - first, 0).mean())
    return bool(sides[0] > _TALL * sides[1])
