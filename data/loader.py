"""The one way to get data: read a source, split it, scale it.

All implementations are fed from here, so that none of them sees another image,
another order or another rounding than the others.
"""

from __future__ import annotations

import operator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import sources
from data.dataset import Dataset
from data.errors import DataError
from data.raw import Bytes
from data.split import Indices, split


def load(
    source: str | Path = "mnist",
    *,
    seed: int = 0,
    dtype: str = "float32",
    train_samples: int | None = None,
) -> Dataset:
    """Return a data set, split and scaled to x = pixel / 255.

    An official test set is kept as it is; 6,000 of the training images, in
    proportion to the classes, become validation (a tenth, if there are fewer than
    60,000). A single table is split 80 : 10 : 10, in proportion to the classes.

    Parameters
    ----------
    source : str or Path
        ``"mnist"`` (comes with the project, checked against its SHA-256),
        ``"fashion-mnist"``, ``"openml:NAME"``, or the path of a folder of IDX files,
        of a .csv file or of an .npz file.
    seed : int
        At least 0. The split depends on it, and on nothing else.
    dtype : str
        ``"float32"`` or ``"float64"``: type of X.
    train_samples : int, optional
        Keep only so many training images, in proportion to the classes.

    Raises
    ------
    DataError
        For anything wrong with the source or with these arguments, in one sentence.
    """
    source = str(source)
    scaled_dtype = _check_dtype(dtype)
    seed = _check_int("seed", seed, at_least=0)
    if train_samples is not None:
        train_samples = _check_int("train_samples", train_samples, at_least=1)
    raw, sha256, class_names = sources.read(source)
    images, labels = raw.train.images, raw.train.labels
    parts = split(
        labels,
        seed=seed,
        official_test=raw.test is not None,
        train_samples=train_samples,
        where=source,
    )
    if raw.test is None:
        test_images, test_labels, test_indices = images, labels, parts.test
    else:
        test_images, test_labels = raw.test.images, raw.test.labels
        test_indices = np.arange(len(test_labels), dtype=np.int64)
    return Dataset(
        X_train=_scaled(images, parts.train, scaled_dtype),
        y_train=labels[parts.train].astype(np.int64),
        X_val=_scaled(images, parts.val, scaled_dtype),
        y_val=labels[parts.val].astype(np.int64),
        X_test=_scaled(test_images, test_indices, scaled_dtype),
        y_test=test_labels[test_indices].astype(np.int64),
        train_indices=parts.train,
        val_indices=parts.val,
        test_indices=test_indices,
        source=source,
        sha256=sha256,
        class_names=class_names,
    )


def _scaled(
    images: Bytes, rows: Indices, dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    """Return pixel / 255 of these rows, computed in `dtype`, C-contiguous."""
    scaled = images[rows].astype(dtype)
    scaled /= 255  # one rounding: 255 and every pixel are exact in both types
    return scaled


def _check_dtype(dtype: str) -> np.dtype[np.floating]:
    if dtype not in ("float32", "float64"):
        raise DataError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
    return np.dtype(dtype)


def _check_int(name: str, value: int, *, at_least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise DataError(f"{name} must be a whole number, got {value!r}") from None
    if number < at_least:
        raise DataError(f"{name} must be >= {at_least}, got {number}")
    return number
