"""What is checked before an epoch, because PyTorch's kernels would not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


def check_order(order: IntArray, n_samples: int) -> IntArray:
    """Return `order` as int64.

    Raises
    ------
    TypeError
        If it does not hold whole numbers.
    IndexError
        If it names a row outside 0 … n_samples − 1.
    """
    order = np.asarray(order)
    if len(order) == 0:
        return order.astype(np.int64)
    if order.dtype.kind not in "iu":
        raise TypeError(
            f"order must hold whole numbers, row numbers, got {order.dtype}"
        )
    if order.min() < 0 or order.max() >= n_samples:
        raise IndexError(
            f"order must hold row numbers from 0 to {n_samples - 1}, "
            f"got {order.min()} to {order.max()}"
        )
    return np.asarray(order, np.int64)


def check_data(X: Array, y: IntArray, layer_sizes: tuple[int, ...]) -> IntArray:
    """Return y as int64.

    Once per call, not per batch: `cross_entropy` skips a label of −100 without a
    word, and takes labels for rows that are not there.

    Raises
    ------
    ValueError
        If X does not fit the network, y not X, or a label is out of range.
    TypeError
        If y does not hold whole numbers.
    """
    X, y = np.asarray(X), np.asarray(y)
    n_features, n_classes = layer_sizes[0], layer_sizes[-1]
    if X.ndim != 2 or X.shape[1] != n_features:
        raise ValueError(f"X must have shape (n_samples, {n_features}), got {X.shape}")
    if y.shape != X.shape[:1]:
        raise ValueError(
            f"y must have shape ({len(X)},), one label per row of X, got {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold whole numbers, class indices, got {y.dtype}")
    if len(y) and (y.min() < 0 or y.max() >= n_classes):
        raise ValueError(
            f"y must hold class indices from 0 to {n_classes - 1}, "
            f"got {y.min()} to {y.max()}"
        )
    return np.asarray(y, np.int64)
