"""The default network trained on the spot, for those who have no model yet.

It measures nothing: for accuracy and time there is `python -m compare`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from compare import metrics, registry
from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.model_file import Model
from compare.weights import epoch_order, initial_weights

if TYPE_CHECKING:
    from data import Dataset

N_EPOCHS = 5
SEED = 0


def train(
    name: str,
    dataset: Dataset,
    *,
    n_epochs: int = N_EPOCHS,
    report: Callable[[str], object],
) -> Model:
    """Train the default network with the implementation `name`.

    `report` is called with one line per epoch.

    Raises
    ------
    UsageError
        If there is no such implementation, or it cannot train this network.
    """
    hyper_parameters = HyperParameters()
    try:
        implementation = registry.create(name, hyper_parameters)
    except UnsupportedError as error:
        raise UsageError(f"{name} cannot train the default network: {error}") from error
    implementation.set_weights(initial_weights(hyper_parameters.layer_sizes, seed=SEED))
    for epoch in range(n_epochs):
        start = time.perf_counter()
        order = epoch_order(len(dataset.y_train), seed=SEED, epoch=epoch)
        implementation.train_epoch(dataset.X_train, dataset.y_train, order)
        seconds = time.perf_counter() - start
        probs = implementation.predict_proba(dataset.X_val)
        accuracy = metrics.accuracy(probs, dataset.y_val)
        report(
            f"training {name}: epoch {epoch + 1} of {n_epochs}, {seconds:.1f} s, "
            f"{100 * accuracy:.2f} % of the validation images right"
        )
    return Model.trained(
        implementation,
        name=name,
        hyper_parameters=hyper_parameters,
        dataset=dataset,
        training={"epochs": n_epochs, "seed": SEED, "init": "he_normal"},
    )
