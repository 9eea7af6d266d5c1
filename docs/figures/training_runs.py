"""Train several implementations side by side and look at them on the way."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import data
from compare import HyperParameters, initial_weights
from compare.contract import Implementation
from compare.registry import create
from compare.weights import epoch_order

Array = NDArray[np.floating[Any]]


def lockstep(
    names: Sequence[str],
    digits: data.Dataset,
    settings: HyperParameters,
    *,
    seed: int,
    marks: Sequence[int],
) -> Iterator[tuple[int, list[Implementation]]]:
    """Train from one start on the same batches; yield (step, networks) at each mark.

    `marks` are step numbers in ascending order, at most one epoch.
    """
    start = initial_weights(settings.layer_sizes, seed=seed, dtype=settings.dtype)
    order = epoch_order(len(digits.X_train), seed=seed, epoch=0)
    networks = [create(name, settings) for name in names]
    for network in networks:
        network.set_weights(start)
    done = 0
    for mark in marks:
        rows = order[done * settings.batch_size : mark * settings.batch_size]
        for network in networks:
            network.train_epoch(digits.X_train, digits.y_train, rows)
        done = mark
        yield mark, networks


def flat(network: Implementation) -> Array:
    """Return all parameters in one vector."""
    return np.concatenate(
        [array.ravel() for pair in network.get_weights() for array in pair]
    )
