"""What the first layer has learned: how the weights of its neurons have changed.

Of a convolution these are its kernels, drawn as they lie on the image: the layer
multiplies without turning them round, so a kernel looks like what it answers to.

Kept in the results as images, a byte per pixel, so that figures need no network. The
change from the start is shown and not the weights themselves: after a short training
these are still mostly the random numbers that they began with.
"""

import math
from typing import Any

import numpy as np

from compare.contract import Array, IntArray, Weights
from compare.record.plan import Plan
from compare.record.results import Run, pack, unpack

MAX_NEURONS = 32
# Values are kept as whole steps around this one, which is 0.
ZERO = 128


def collect(run: Run, start: Weights, end: Weights) -> dict[str, Any] | None:
    """Return the neurons that have changed most, as results can hold them.

    None if the features are no square image, or the kernels have several channels.
    """
    change = end[0][0] - start[0][0]
    if change.ndim == 4:  # (out_channels, in_channels, k, k)
        if change.shape[1] > 1:
            return None
        change = change.reshape(len(change), -1).T
    try:
        numbers, images = strongest(change, limit=MAX_NEURONS)
    except ValueError:
        return None
    largest = float(np.abs(images).max()) or 1.0
    steps = np.rint(images / largest * (ZERO - 1)) + ZERO
    return {
        "row": run.implementation,
        "seed": run.seed,
        "numbers": [int(n) for n in numbers],
        "largest": largest,
        "images": pack(steps.astype(np.uint8)),
    }


def word(plan: Plan) -> str:
    """Return what one of the images is of."""
    return "kernel" if plan.hyper_parameters.conv_layers else "neuron"


def images(kept: dict[str, Any]) -> Array:
    """Return what `collect` kept as an array of shape (n_neurons, side, side)."""
    steps = unpack(kept["images"]).astype(np.float64)
    changes: Array = (steps - ZERO) / (ZERO - 1) * kept["largest"]
    return changes


def strongest(W: Array, *, limit: int) -> tuple[IntArray, Array]:
    """Return the columns of W with the largest norm, the largest first, as images.

    Parameters
    ----------
    W : ndarray of shape (n_features, n_neurons)
        n_features is a square number.
    limit : int
        How many neurons.

    Returns
    -------
    numbers : ndarray of shape (n,)
        Which neurons, by falling ‖W[:, j]‖.
    images : ndarray of shape (n, side, side)
        Their columns, where the pixels stand.

    Raises
    ------
    ValueError
        If n_features is no square number.
    """
    side = math.isqrt(len(W))
    if side * side != len(W):
        raise ValueError(f"weights per neuron must be a square number, got {len(W)}")
    numbers = np.argsort(-np.linalg.norm(W, axis=0), kind="stable")[:limit]
    return numbers, W[:, numbers].T.reshape(-1, side, side)
