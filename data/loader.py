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
from data.raw import Bytes, Labelled
from data.split import Indices, split


def load(
    source: str | Path = "mnist",
    *,
    seed: int = 0,
    dtype: str = "float32",
    train_samples: int | None = None,
    at_most: int | None = None,
    transpose: bool | None = None,
) -> Dataset:
    """Return a data set, split and scaled to x = pixel / 255.

    Official test and validation sets are kept as they are; without the latter, 6,000
    of the training images, in proportion to the classes, become validation (a tenth,
    if there are fewer than 60,000). A single table is split 80 : 10 : 10, in
    proportion to the classes.

    Parameters
    ----------
    source : str or Path
        ``"mnist"`` (comes with the project, checked against its SHA-256),
        ``"fashion-mnist"``, ``"openml:NAME"``, or a path: IDX files, CSV, Parquet,
        NPZ, NPY or MATLAB files, or pictures in one folder per class, each also as .gz
        or .zip; `data.readers` says more.
    seed : int
        At least 0. The split depends on it, and on nothing else.
    dtype : str
        ``"float32"`` or ``"float64"``: type of X.
    train_samples : int, optional
        Keep only so many training images, in proportion to the classes.
    at_most : int, optional
        The same, where fewer are as good.
    transpose : bool, optional
        Whether rows and columns of the images must be exchanged, as in EMNIST. Unless
        given it is found out, and said in `notes`.

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
    raw, sha256 = sources.read(source, transpose=transpose)
    images, labels = raw.train.images, raw.train.labels
    parts = split(
        labels,
        seed=seed,
        official_test=raw.test is not None,
        official_val=raw.val is not None,
        train_samples=train_samples,
        at_most=at_most,
        names=raw.class_names,
        where=source,
    )
    val, val_indices = _rows(raw.val, raw.train, parts.val)
    test, test_indices = _rows(raw.test, raw.train, parts.test)
    return Dataset(
        X_train=_scaled(images, parts.train, scaled_dtype),
        y_train=labels[parts.train].astype(np.int64),
        X_val=_scaled(val.images, val_indices, scaled_dtype),
        y_val=val.labels[val_indices].astype(np.int64),
        X_test=_scaled(test.images, test_indices, scaled_dtype),
        y_test=test.labels[test_indices].astype(np.int64),
        train_indices=parts.train,
        val_indices=val_indices,
        test_indices=test_indices,
        source=source,
        sha256=sha256,
        class_names=raw.class_names,
        notes=raw.notes,
    )


def _rows(
    official: Labelled | None, train: Labelled, drawn: Indices
) -> tuple[Labelled, Indices]:
    """Return the set that a part comes from, and which of its rows it is."""
    if official is None:
        return train, drawn
    return official, np.arange(len(official.labels), dtype=np.int64)


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
