"""What is in a data set, in numbers: counts, mean images, pixels, and what is trivial.

Pure functions of a `Dataset`; printing and drawing are done elsewhere. Everything that
could guide a choice is taken from the training part alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare.contract import Array, IntArray
from data import Dataset

PARTS = ("train", "val", "test")
FULL_INK = 255


@dataclass(frozen=True, kw_only=True)
class PixelStatistics:
    """Pixels of the training images, in the source's scale or the network's."""

    smallest: float
    largest: float
    mean: float
    sd: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Exploration:
    """What `explore` found.

    Attributes
    ----------
    counts : ndarray of shape (3, n_classes)
        Images per class in training, validation and test.
    means : ndarray of shape (n_classes, n_features)
        Mean training image of each class; NaN for a class without images.
    deviations : ndarray of shape (n_features,)
        Standard deviation of each pixel over the training images.
    found, scaled : PixelStatistics
        Pixels as whole numbers 0 to 255, and as the network receives them.
    zero_fraction, full_fraction : float
        Fraction of pixels that are exactly 0, and exactly 255.
    n_constant_pixels : int
        Pixels with one and the same value in all training images.
    n_repeated : int
        Test images that are, pixel for pixel, training or validation images too.
    commonest_accuracy, nearest_mean_accuracy : float
        Test accuracy of always naming the commonest training class, and of naming the
        class whose mean image is nearest: what a network has to beat.
    """

    counts: NDArray[np.int64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    found: PixelStatistics
    scaled: PixelStatistics
    zero_fraction: float
    full_fraction: float
    n_constant_pixels: int
    n_repeated: int
    commonest_accuracy: float
    nearest_mean_accuracy: float


def explore(dataset: Dataset) -> Exploration:
    """Return all of it; a few seconds for 70,000 images."""
    n_classes = len(dataset.class_names)
    found = _bytes(dataset.X_train)
    counts = class_counts(dataset)
    means = mean_images(dataset.X_train, dataset.y_train, n_classes)
    nearest = nearest_mean(dataset.X_test, means)
    return Exploration(
        counts=counts,
        means=means,
        deviations=dataset.X_train.std(axis=0, dtype=np.float64),
        found=_statistics(found),
        scaled=_statistics(dataset.X_train),
        zero_fraction=float((found == 0).mean()),
        full_fraction=float((found == FULL_INK).mean()),
        n_constant_pixels=int((found == found[0]).all(axis=0).sum()),
        n_repeated=n_repeated(dataset),
        commonest_accuracy=float((dataset.y_test == counts[0].argmax()).mean()),
        nearest_mean_accuracy=float((nearest == dataset.y_test).mean()),
    )


def class_counts(dataset: Dataset) -> NDArray[np.int64]:
    """Return the images per part and class, (3, n_classes)."""
    n_classes = len(dataset.class_names)
    parts = (getattr(dataset, f"y_{part}") for part in PARTS)
    return np.stack([np.bincount(y, minlength=n_classes) for y in parts])


def mean_images(X: Array, y: IntArray, n_classes: int) -> NDArray[np.float64]:
    """Return the mean image of each class, (n_classes, n_features)."""
    nothing = np.full(X.shape[1], np.nan)
    return np.stack(
        [
            X[y == label].mean(axis=0, dtype=np.float64)
            if (y == label).any()
            else nothing
            for label in range(n_classes)
        ]
    )


def nearest_mean(X: Array, means: NDArray[np.float64]) -> IntArray:
    """Return for each row of X the class whose mean is nearest (Euclidean)."""
    present = np.flatnonzero(np.isfinite(means).all(axis=1))
    M = means[present]
    # ‖x − m‖² = ‖x‖² − 2 x·m + ‖m‖², and ‖x‖² is the same for every m.
    distances = (M * M).sum(axis=1) - 2 * (X @ M.T)
    return np.asarray(present[distances.argmin(axis=1)])


def n_repeated(dataset: Dataset) -> int:
    """Return how many test images stand in training or validation too."""
    known = {
        row.tobytes() for X in (dataset.X_train, dataset.X_val) for row in _bytes(X)
    }
    return sum(row.tobytes() in known for row in _bytes(dataset.X_test))


def samples(
    y: IntArray, n_classes: int, *, per_class: int, rng: np.random.Generator
) -> list[IntArray]:
    """Return for each class up to `per_class` row numbers, drawn at random."""
    chosen = []
    for label in range(n_classes):
        rows = np.flatnonzero(y == label)
        chosen.append(rng.permutation(rows)[:per_class])
    return chosen


def _bytes(X: Array) -> NDArray[np.uint8]:
    """Undo the loader's scaling."""
    return np.rint(X * FULL_INK).astype(np.uint8)


def _statistics(X: NDArray[np.floating | np.uint8]) -> PixelStatistics:
    return PixelStatistics(
        smallest=float(X.min()),
        largest=float(X.max()),
        mean=float(X.mean(dtype=np.float64)),
        sd=float(X.std(dtype=np.float64)),
    )
