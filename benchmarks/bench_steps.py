"""Whole steps and single predictions of every implementation, in one process.

    make bench

A quick look while developing. For a comparison use `python -m compare targets`: there
each has a process of its own, and all take turns.
"""

from typing import Any

import numpy as np
import pytest

from compare import HyperParameters, initial_weights, registry
from compare.contract import Implementation
from compare.errors import UnsupportedError

Benchmark = Any  # pytest-benchmark ships no types for its fixture

STEPS = 20
NAMES = [name for name in registry.installed() if name != "numpy-eps-hat"]
SETTINGS = [(64, "sgd"), (64, "adam"), (256, "sgd")]


def make(name: str, **options: Any) -> Implementation:
    """Return an implementation with weights; skip what cannot run here."""
    hp = HyperParameters(**options)
    try:
        implementation = registry.create(name, hp)
    except UnsupportedError as reason:
        pytest.skip(str(reason))
    implementation.set_weights(initial_weights(hp.layer_sizes, seed=0))
    return implementation


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("batch_size", "optimizer"), SETTINGS)
def bench_steps(
    benchmark: Benchmark, name: str, batch_size: int, optimizer: str
) -> None:
    """Twenty steps on full batches."""
    benchmark.group = f"{STEPS} steps, batch {batch_size}, {optimizer}"
    implementation = make(
        name, batch_size=batch_size, optimizer=optimizer, learning_rate=1e-4
    )
    rng = np.random.default_rng(0)
    n = STEPS * batch_size
    X = rng.random((n, 784), dtype=np.float32)
    y, order = rng.integers(10, size=n), rng.permutation(n)
    implementation.train_epoch(X, y, order)  # first calls, compilation
    benchmark(implementation.train_epoch, X, y, order)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_rows", [1, 1_000])
def bench_prediction(benchmark: Benchmark, name: str, n_rows: int) -> None:
    """One image, and a thousand at a time."""
    benchmark.group = f"prediction of {n_rows}"
    implementation = make(name)
    X = np.random.default_rng(0).random((n_rows, 784), dtype=np.float32)
    benchmark(implementation.predict_proba, X)
