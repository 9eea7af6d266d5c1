"""What can go wrong in training, each with a sentence that says so."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


def check_order(order: IntArray, n_samples: int) -> None:
    """Raise IndexError if `order` names a row outside 0 … n_samples − 1."""
    if len(order) and (order.min() < 0 or order.max() >= n_samples):
        raise IndexError(
            f"order must hold row numbers from 0 to {n_samples - 1}, "
            f"got {order.min()} to {order.max()}"
        )


def check_finite(params: Array) -> None:
    """Raise FloatingPointError if a parameter is infinite or not a number."""
    if not np.isfinite(params).all():
        raise FloatingPointError(
            "training diverged: the parameters are no longer finite; "
            "lower the learning rate"
        )
