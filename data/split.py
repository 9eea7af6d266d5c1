"""Which images are for training, validation and test: chosen per class, by seed alone.

The same seed gives the same split on every machine and with every NumPy: it draws
from the raw stream of the PCG64 bit generator, which NumPy promises never to change
(NEP 19), and not from `Generator` methods, which may change. Shares are computed in
whole numbers; no rounding of floats is involved.

It moves indices only and never looks at a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.raw import Bytes

Indices = NDArray[np.int64]

# Validation images taken from an official training set of 60,000 or more; a smaller
# one gives a tenth. A single table gives a tenth each for validation and test.
N_VALIDATION = 6_000
# So that a tenth is at least one image, and every class keeps one for training
# after validation and test have taken up to one each.
MIN_IMAGES = 10
MIN_IMAGES_PER_CLASS = 3


@dataclass(frozen=True, eq=False)
class Split:
    """Ascending rows of the training set or table; an official part is empty."""

    train: Indices
    val: Indices
    test: Indices


def split(
    labels: Bytes,
    *,
    seed: int,
    official_test: bool,
    official_val: bool = False,
    train_samples: int | None = None,
    at_most: int | None = None,
    names: Sequence[str] | None = None,
    where: str,
) -> Split:
    """Divide rows into training, validation and, without an official one, test.

    Each part's class counts are within one of its exact share of what it is drawn
    from. `train_samples` thins the training part only: validation and test are the
    same for every value of it. `at_most` does the same, but a smaller training part is
    no error. `names` are those of the classes, for messages.

    Raises
    ------
    DataError
        With fewer than two classes, too few images in all or in a class, or a
        `train_samples` that the training part cannot give.
    """
    names = names or [str(label) for label in range(256)]
    _check_enough(labels, names, where)
    bits = np.random.PCG64(seed)
    rest = np.arange(len(labels), dtype=np.int64)
    test = np.empty(0, dtype=np.int64)
    tenth = len(labels) // 10
    if not official_test:
        test, rest = _take(rest, tenth, labels, bits)
    n_val = min(N_VALIDATION, tenth) if official_test else tenth
    val, train = _take(rest, 0 if official_val else n_val, labels, bits)
    if at_most is not None and at_most < len(train):
        train_samples = at_most
    if train_samples is not None:
        train = _thin(train, train_samples, labels, bits, names, where)
    return Split(train=train, val=val, test=test)


def class_shares(counts: Indices, n: int) -> Indices:
    """Return how many of each class make `n` in proportion to `counts`; sums to `n`.

    Largest remainder: each class gets its share rounded down, and what is left goes
    to the largest remainders, ties to the lower class. With 0 <= n <= counts.sum(),
    no class gets more than it has.
    """
    total = int(counts.sum())
    shares = counts * n // total
    remainders = counts * n % total
    order = np.argsort(-remainders, kind="stable")
    shares[order[: n - int(shares.sum())]] += 1
    return shares


def _take(
    rows: Indices, n: int, labels: Bytes, bits: np.random.PCG64
) -> tuple[Indices, Indices]:
    """Return `n` of the rows, drawn per class, and the others; both ascending."""
    classes = labels[rows]
    counts = np.bincount(classes)
    # Rows grouped by class, in random order within each: the first ones are taken.
    keys = bits.random_raw(len(rows))
    shuffled = np.lexsort((keys, classes))
    place_in_class = np.arange(len(rows)) - np.repeat(
        np.cumsum(counts) - counts, counts
    )
    taken = np.zeros(len(rows), dtype=bool)
    taken[shuffled] = place_in_class < np.repeat(class_shares(counts, n), counts)
    return rows[taken], rows[~taken]


def _thin(
    train: Indices,
    n: int,
    labels: Bytes,
    bits: np.random.PCG64,
    names: Sequence[str],
    where: str,
) -> Indices:
    if not 1 <= n <= len(train):
        raise DataError(
            f"train_samples must be 1 to {len(train)}, the training images of {where} "
            f"after the split, got {n}"
        )
    thinned, _ = _take(train, n, labels, bits)
    lost = np.setdiff1d(labels[train], labels[thinned])
    if lost.size:
        raise DataError(
            f"train_samples={n} leaves no image of class {names[lost[0]]} in {where}; "
            "ask for more"
        )
    return thinned


def _check_enough(labels: Bytes, names: Sequence[str], where: str) -> None:
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    if len(present) < 2:
        raise DataError(
            f"{where}: there must be at least two classes to tell apart, got only "
            f"class {names[present[0]]}; add images of another"
        )
    if len(labels) < MIN_IMAGES:
        raise DataError(
            f"{where}: a split needs at least {MIN_IMAGES} images, got {len(labels)}; "
            "add images"
        )
    rarest = present[np.argmin(counts[present])]
    if counts[rarest] < MIN_IMAGES_PER_CLASS:
        raise DataError(
            f"{where}: a split needs at least {MIN_IMAGES_PER_CLASS} images of each "
            f"class, got {counts[rarest]} of class {names[rarest]}; add images of it "
            "or drop the class"
        )
