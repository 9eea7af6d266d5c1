"""What can go wrong, each with a sentence that says so.

In training once per call, not per batch. Frameworks do not refuse all of it: a row or
a label out of range can train another one without a word. Every engine has this same
file: each folder can be copied out and used alone. A test keeps the copies alike.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

OPTIMIZERS = ("sgd", "adam", "adamw")


def check_offered(engine: str, name: str, offered: Iterable[str]) -> None:
    """Raise NotImplementedError unless an activation or optimizer is offered."""
    if name not in (names := list(offered)):
        raise NotImplementedError(
            f"{engine} has no {name}: it offers {', '.join(names)}"
        )


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


def check_features(X: Array, layer_sizes: tuple[int, ...]) -> None:
    """Raise ValueError unless X is a matrix with a column for each input."""
    if np.ndim(X) != 2 or np.shape(X)[1] != layer_sizes[0]:
        raise ValueError(
            f"X must have shape (n_samples, {layer_sizes[0]}), got {np.shape(X)}"
        )


def check_data(X: Array, y: IntArray, layer_sizes: tuple[int, ...]) -> IntArray:
    """Return y as int64.

    Raises
    ------
    ValueError
        If X does not fit the network, y not X, or a label is out of range.
    TypeError
        If y does not hold whole numbers.
    """
    check_features(X, layer_sizes)
    y, n_classes = np.asarray(y), layer_sizes[-1]
    if y.shape != np.shape(X)[:1]:
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


def check_weights(
    weights: list[tuple[Array, Array]], layer_sizes: tuple[int, ...]
) -> None:
    """Raise ValueError if the arrays are not those of a dense network."""
    check_shapes(weights, [((m, n), (n,)) for m, n in itertools.pairwise(layer_sizes)])


def check_shapes(
    weights: list[tuple[Array, Array]],
    expected: list[tuple[tuple[int, ...], tuple[int, ...]]],
) -> None:
    """Raise ValueError if the number or a shape of the arrays is not the network's."""
    shapes = [(np.shape(W), np.shape(b)) for W, b in weights]
    if shapes != expected:
        raise ValueError(f"weights must have shapes {expected}, got {shapes}")


def check_finite(params: Array) -> None:
    """Raise FloatingPointError if a parameter is infinite or not a number."""
    if not np.isfinite(params).all():
        raise FloatingPointError(
            "training diverged: the parameters are no longer finite; "
            "lower the learning rate"
        )
