"""What `load` returns: the arrays every implementation is given, and their origin.

A plain container. It reads nothing, checks nothing and shuffles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Images and labels in three parts, and what is needed to say where they came from.

    Attributes
    ----------
    X_train, X_val, X_test : ndarray, shape (n, 784), float32 or float64
        Pixels in [0, 1], row by row from the top left; C-contiguous.
    y_train, y_val, y_test : ndarray, shape (n,), int64
        Class indices 0 to 9.
    train_indices, val_indices, test_indices : ndarray, shape (n,), int64
        Where each row stood in the source, counted from 0, in ascending order.
        With an official test set, `test_indices` counts in that set and the other
        two count in the official training set; in a single table, all three
        count its rows.
    source : str
        The source as it was asked for, e.g. ``"mnist"``.
    sha256 : str
        Hash of the raw content before any split; `data.fingerprint` says how it is
        computed. The same images and labels have the same hash in every format.
    class_names : list of str
        Ten names; entry k is the name of class k.
    """

    X_train: NDArray[np.floating]
    y_train: NDArray[np.int64]
    X_val: NDArray[np.floating]
    y_val: NDArray[np.int64]
    X_test: NDArray[np.floating]
    y_test: NDArray[np.int64]
    train_indices: NDArray[np.int64]
    val_indices: NDArray[np.int64]
    test_indices: NDArray[np.int64]
    source: str
    sha256: str
    class_names: list[str]
