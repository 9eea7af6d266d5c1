"""A recipe trained on the spot, for those who have no model yet.

It measures nothing: for accuracy and time there is `python -m compare`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from compare import metrics, registry
from compare import recipe as recipes
from compare.errors import UnsupportedError, UsageError
from compare.measure import threads
from compare.measure.own_class import answering_for, probabilities
from compare.record.model_file import Model
from compare.weights import epoch_order, initial_weights

if TYPE_CHECKING:
    from data import Dataset


def train(
    name: str,
    dataset: Dataset,
    *,
    recipe: recipes.Recipe | None = None,
    n_epochs: int | None = None,
    report: Callable[[str], object],
) -> Model:
    """Train a recipe, its first seed, with the implementation `name`.

    `recipe` is the default one unless given, without deformed images and without early
    stopping; `n_epochs` is the recipe's unless given; `report` is called with one line
    per epoch.

    Raises
    ------
    UsageError
        If there is no such implementation, it cannot train this network, or it fails.
    """
    recipe = recipe or recipes.load("default")
    if recipe.augmentation is not None or recipe.patience is not None:
        raise UsageError(
            f"the recipe {recipe.name} deforms its images or stops early, which only "
            f"`python -m compare --recipe {recipe.name} --save-model FILE` does"
        )
    seed, sizes = recipe.seeds[0], recipe.hyper_parameters.layer_sizes
    sizes = (*sizes[:-1], len(dataset.class_names))
    hyper_parameters = replace(recipe.hyper_parameters, layer_sizes=sizes)
    n_epochs = n_epochs or recipe.n_epochs
    try:
        with answering_for(name):
            implementation = registry.create(name, hyper_parameters)
    except UnsupportedError as error:
        network = "the default network"
        if recipe.name != "default":
            network = str(hyper_parameters.architecture)
        raise UsageError(f"{name} cannot train {network}: {error}") from error
    threads.limit(1)  # more cost time at this size, and change the rounding
    weights = initial_weights(
        hyper_parameters.architecture, seed=seed, scheme=recipe.init
    )
    with answering_for(name):
        implementation.set_weights(weights)
    for epoch in range(n_epochs):
        start = time.perf_counter()
        order = epoch_order(len(dataset.y_train), seed=seed, epoch=epoch)
        with answering_for(name):
            implementation.train_epoch(dataset.X_train, dataset.y_train, order)
        seconds = time.perf_counter() - start
        probs = probabilities(
            implementation,
            dataset.X_val,
            n_classes=hyper_parameters.n_classes,
            name=name,
        )
        accuracy = metrics.accuracy(probs, dataset.y_val)
        report(
            f"training {name}: epoch {epoch + 1} of {n_epochs}, {seconds:.1f} s, "
            f"{100 * accuracy:.2f} % of the validation images right"
        )
    with answering_for(name):
        return Model.trained(
            implementation,
            name=name,
            hyper_parameters=hyper_parameters,
            dataset=dataset,
            training={"epochs": n_epochs, "seed": seed, "init": recipe.init},
        )
