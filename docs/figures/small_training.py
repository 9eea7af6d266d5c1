"""A network trained for a few seconds: figures need real digits and probabilities."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

import data
from compare import HyperParameters, initial_weights
from compare.contract import Implementation
from compare.registry import create
from compare.weights import epoch_order

Array = NDArray[np.floating[Any]]


@functools.cache
def _digits() -> data.Dataset:
    return data.load("mnist", dtype="float64", train_samples=6000)


@functools.cache
def test_digits() -> tuple[Array, NDArray[np.int64], Array]:
    """Return test images, labels and probabilities after six short epochs."""
    digits = _digits()
    settings = HyperParameters(dtype="float64")
    network = create("numpy", settings)
    _train(network, settings, digits.X_train, digits.y_train, n_epochs=6)
    return digits.X_test, digits.y_test, network.predict_proba(digits.X_test)


@functools.cache
def trained_kernels() -> tuple[Array, Array, Array]:
    """Return a test image (1, 1, 28, 28), and W, b of a convolution after three epochs.

    One layer of eight kernels of 5 x 5, then the classes.
    """
    digits = _digits()
    settings = HyperParameters(
        layer_sizes=(784, 10),
        conv_layers=((8, 5),),
        optimizer="adam",
        learning_rate=0.003,
        dtype="float64",
    )
    network = create("numpy", settings)
    few = slice(1000)
    _train(network, settings, digits.X_train[few], digits.y_train[few], n_epochs=3)
    image = digits.X_test[np.flatnonzero(digits.y_test == 2)[0]]
    return image.reshape(1, 1, 28, 28), *network.get_weights()[0]


def _train(
    network: Implementation,
    settings: HyperParameters,
    X: Array,
    y: NDArray[np.int64],
    *,
    n_epochs: int,
) -> None:
    start = initial_weights(settings.architecture, seed=0, dtype=settings.dtype)
    network.set_weights(start)
    for epoch in range(n_epochs):
        network.train_epoch(X, y, epoch_order(len(X), seed=0, epoch=epoch))
