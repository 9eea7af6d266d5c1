"""The 2-3-2 network of the reference: two images of two pixels, three hidden units.

Small enough for paper; `docs/1-the-network.md` prints its numbers.
"""

import numpy as np

from compare.contract import Array, IntArray, Weights

LEARNING_RATE = 0.5


def network() -> tuple[Weights, Array, IntArray]:
    """Return weights, X (2, 2) and y (2,), in float64."""
    weights = [
        (np.array([[1.0, -1, 1], [2, 1, -1]]), np.array([-1.0, 0, 0])),
        (np.array([[1.0, 0], [-1, 1], [0, 2]]), np.array([1.0, 0])),
    ]
    return weights, np.array([[1, 0.5], [0, 1]]), np.array([0, 1])
