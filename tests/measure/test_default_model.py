"""`predict --train`: the default recipe, as `python -m compare` trains it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import threadpoolctl
from numpy.typing import NDArray

import data
from compare import recipe as recipes
from compare import registry
from compare.contract import Weights
from compare.errors import UsageError
from compare.measure import default_model
from compare.weights import epoch_order, initial_weights


class Recorder:
    """An implementation that learns nothing and remembers what it was given."""

    def __init__(self) -> None:
        self.orders: list[NDArray[np.int64]] = []
        self.n_threads: set[int] = set()

    def set_weights(self, weights: Weights) -> None:
        self.weights = weights

    def get_weights(self) -> Weights:
        return self.weights

    def train_epoch(
        self, X: NDArray[np.float32], y: NDArray[np.int64], order: NDArray[np.int64]
    ) -> None:
        self.orders.append(order.copy())
        pools = threadpoolctl.threadpool_info()
        self.n_threads |= {pool["num_threads"] for pool in pools}

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((len(X), 10), 0.1, np.float32)


@pytest.fixture
def two_threads() -> Iterator[None]:
    """More threads than one, wherever the tests run; afterwards as before."""
    before = threadpoolctl.threadpool_info()
    threadpoolctl.threadpool_limits(2)
    yield
    threadpoolctl.threadpool_limits(
        {pool["prefix"]: pool["num_threads"] for pool in before}
    )


def test_the_recipe_is_followed_by_one_thread(
    monkeypatch: pytest.MonkeyPatch, two_threads: None
) -> None:
    """Its first seed, which need not be 0; each epoch has an order of its own."""
    recipe = dataclasses.replace(recipes.load("default"), seeds=(7, 8))
    recorder = Recorder()
    monkeypatch.setattr(recipes, "load", lambda _: recipe)
    monkeypatch.setattr(registry, "create", lambda *_: recorder)
    dataset = data.load(train_samples=300)
    lines: list[str] = []
    model = default_model.train("numpy", dataset, n_epochs=3, report=lines.append)
    sizes = recipe.hyper_parameters.layer_sizes
    started = initial_weights(sizes, seed=7, scheme=recipe.init)
    for got, wanted in zip(recorder.weights, started, strict=True):
        np.testing.assert_array_equal(got[0], wanted[0])
        np.testing.assert_array_equal(got[1], wanted[1])
    n_samples = len(dataset.y_train)
    wanted_orders = [epoch_order(n_samples, seed=7, epoch=epoch) for epoch in range(3)]
    assert [o.tolist() for o in recorder.orders] == [o.tolist() for o in wanted_orders]
    assert recorder.n_threads == {1}
    assert (model.training["seed"], model.training["epochs"]) == (7, 3)
    assert [line.split(",")[0] for line in lines] == [
        f"training numpy: epoch {epoch} of 3" for epoch in (1, 2, 3)
    ]


def test_a_recipe_that_it_cannot_follow_is_refused() -> None:
    with pytest.raises(UsageError, match="--recipe best --save-model FILE"):
        default_model.train(
            "numpy",
            data.load(train_samples=300),
            recipe=recipes.load("best"),
            report=print,
        )
