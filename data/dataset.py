"""What `load` returns: the arrays every implementation is given, and their origin.

A plain container. It reads nothing, checks nothing and shuffles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Images and labels in three parts, and what is needed to say where they came from.

    Attributes
    ----------
    X_train, X_val, X_test : ndarray, shape (n, 784), float32 or float64
        Pixels in [0, 1], row by row from the top left; C-contiguous.
    y_train, y_val, y_test : ndarray, shape (n,), int64
        Class indices from 0.
    train_indices, val_indices, test_indices : ndarray, shape (n,), int64
        Where each row stood in the source, counted from 0, in ascending order.
        An official test or validation set counts its own rows, everything else the
        rows of the training set or the single table.
    source : str
        The source as it was asked for, e.g. ``"mnist"``.
    sha256 : str
        Hash of the raw content before any split; `data.fingerprint` says how it is
        computed. The same images and labels have the same hash in every format.
    class_names : list of str
        2 to 100 names; entry k is the name of class k.
    notes : tuple of str
        What was found or done in reading that a reader of results would want to know.
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
    notes: tuple[str, ...] = ()
