"""A network trained for a few seconds: figures need real digits and probabilities."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

import data
from compare import HyperParameters, initial_weights
from compare.registry import create
from compare.weights import epoch_order

Array = NDArray[np.floating[Any]]


@functools.cache
def test_digits() -> tuple[Array, NDArray[np.int64], Array]:
    """Return test images, labels and probabilities after six short epochs."""
    digits = data.load("mnist", dtype="float64", train_samples=6000)
    settings = HyperParameters(dtype="float64")
    network = create("numpy", settings)
    network.set_weights(initial_weights(settings.layer_sizes, seed=0, dtype="float64"))
    X, y = digits.X_train, digits.y_train
    for epoch in range(6):
        network.train_epoch(X, y, epoch_order(len(X), seed=0, epoch=epoch))
    return digits.X_test, digits.y_test, network.predict_proba(digits.X_test)
