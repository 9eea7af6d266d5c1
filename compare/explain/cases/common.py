"""What the cases share: the data, trainings of engines, and how a case is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import data
from compare import registry
from compare.config import HyperParameters
from compare.contract import Implementation, Weights
from compare.weights import epoch_order, initial_weights
from data import Dataset

N_SAMPLES = 6_000
N_EPOCHS = 5
SEEDS = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Part:
    """One half of a case: what is measured, and what it seems, or turns out, to say."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    conclusion: str


@dataclass(frozen=True)
class Case:
    """A published comparison: the claim, the same mistake here, and its end.

    `rows` holds the numbers with named fields, for ``--json``.
    """

    claim: str
    false: Part
    mended: Part
    rows: tuple[dict[str, Any], ...]


def load() -> Dataset:
    """Return a part of MNIST, with its whole test set."""
    return data.load("mnist", train_samples=N_SAMPLES)


def answers(
    implementation: Implementation,
    hp: HyperParameters,
    dataset: Dataset,
    *,
    seed: int,
    start: Weights | None = None,
    n_epochs: int = N_EPOCHS,
) -> NDArray[np.bool_]:
    """Train from the seed's start in the seed's order; say which images are right."""
    first = start or initial_weights(hp.layer_sizes, seed=seed, dtype=hp.dtype)
    implementation.set_weights(first)
    X = dataset.X_train.astype(hp.dtype, copy=False)
    for epoch in range(n_epochs):
        order = epoch_order(len(X), seed=seed, epoch=epoch)
        implementation.train_epoch(X, dataset.y_train, order)
    probs = implementation.predict_proba(dataset.X_test.astype(hp.dtype, copy=False))
    right: NDArray[np.bool_] = probs.argmax(axis=1) == dataset.y_test
    return right


def engine_answers(
    name: str, hp: HyperParameters, dataset: Dataset, seeds: Sequence[int] = SEEDS
) -> NDArray[np.bool_]:
    """Return (n_seeds, n_images) right answers of an engine."""
    return np.stack(
        [
            answers(registry.create(name, replace(hp)), hp, dataset, seed=seed)
            for seed in seeds
        ]
    )


def percent(right: NDArray[np.bool_]) -> str:
    """Return an accuracy in per cent."""
    return f"{100 * right.mean():.2f} %"
