"""The fast twin and the textbook take the same steps, to 1e-12."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from numpy_impl import NumpyImplementation, TextbookImplementation, textbook
from tests.parity import assert_parity, assert_weights_parity
from tests.problems import ACTIVATIONS, random_weights, separable_data

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": "sgd", "momentum": 0.0},
    "momentum": {"optimizer": "sgd"},
    "nesterov": {"optimizer": "sgd", "nesterov": True},
    "sgd, l2": {"optimizer": "sgd", "weight_decay": 0.05},
    "adam": {"optimizer": "adam", "learning_rate": 0.01},
    "adam, l2": {"optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0.05},
    "adamw": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.5},
}


def twins(layer_sizes: tuple[int, ...], **options: Any) -> tuple[Any, Any]:
    """Return both implementations with the same random weights."""
    weights = random_weights(layer_sizes, "float64", np.random.default_rng(1))
    pair = []
    for kind in (NumpyImplementation, TextbookImplementation):
        twin = kind(layer_sizes=layer_sizes, dtype="float64", **options)
        twin.set_weights(weights)
        pair.append(twin)
    return pair[0], pair[1]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training(optimizer: str, activation: str) -> None:
    """Three epochs of 13 batches, the last of them short."""
    X, y, order = separable_data(210, 12, 4, dtype="float64")
    options = {**OPTIMIZERS[optimizer], "batch_size": 17, "activation": activation}
    fast, plain = twins((12, 9, 7, 4), **options)
    before = fast.get_weights()
    for _ in range(3):
        fast.train_epoch(X, y, order)
        plain.train_epoch(X, y, order)
        assert_weights_parity(fast.get_weights(), plain.get_weights(), tolerance=1e-12)
        assert_parity(fast.predict_proba(X), plain.predict_proba(X), name="probs")
    moved = np.abs(fast.get_weights()[0][0] - before[0][0]).max()
    assert moved > 0.01, "the weights hardly moved: the test shows nothing"


@given(
    n_rows=st.integers(1, 40),
    batch_size=st.integers(1, 50),
    hidden=st.lists(st.integers(1, 6), max_size=3),
    activation=st.sampled_from(ACTIVATIONS),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
)
@settings(max_examples=60)
def test_any_division_into_batches(
    n_rows: int, batch_size: int, hidden: list[int], activation: str, optimizer: str
) -> None:
    """Batches of one, a last batch of one, one batch larger than the data."""
    X, y, _ = separable_data(40, 5, 3, dtype="float64")
    order = np.random.default_rng(n_rows).permutation(40)[:n_rows]
    options = {
        **OPTIMIZERS[optimizer],
        "batch_size": batch_size,
        "activation": activation,
    }
    fast, plain = twins((5, *hidden, 3), **options)
    fast.train_epoch(X, y, order)
    plain.train_epoch(X, y, order)
    assert_weights_parity(fast.get_weights(), plain.get_weights(), tolerance=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_network_of_mnist(optimizer: str) -> None:
    """60 steps at full size, on random pixels."""
    rng = np.random.default_rng(2)
    X = rng.random((60 * 16 - 5, 784))
    X[X < 0.5] = 0
    y = rng.integers(10, size=len(X))
    options = {**OPTIMIZERS[optimizer], "batch_size": 16}
    fast, plain = twins((784, 128, 64, 10), **options)
    for twin in (fast, plain):
        twin.train_epoch(X, y, np.arange(len(X)))
    assert_weights_parity(fast.get_weights(), plain.get_weights(), tolerance=1e-12)


def test_its_own_training_loop_is_that_of_the_comparison() -> None:
    """Two epochs, the last batch short: the same weights as `train_epoch` behind it."""
    X, y, order = separable_data(210, 12, 4, dtype="float64")
    _, plain = twins((12, 9, 4), batch_size=17, momentum=0.9, learning_rate=0.1)
    weights, velocities = plain.get_weights(), [(0, 0)] * 2
    for _ in range(2):
        plain.train_epoch(X, y, order)
        textbook.train_epoch(
            weights,
            velocities,
            X,
            y,
            order,
            batch_size=17,
            learning_rate=0.1,
            momentum=0.9,
        )
    assert_weights_parity(weights, plain.get_weights(), tolerance=1e-14)


def test_it_reads_the_images_that_everybody_reads() -> None:
    X, y = textbook.read_mnist("t10k")
    expected = data.load("mnist")
    np.testing.assert_array_equal(X, expected.X_test)
    np.testing.assert_array_equal(y, expected.y_test)


@pytest.mark.slow
def test_it_runs_by_itself() -> None:
    """Without a warning, and well above 95 % after five epochs."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "numpy_impl.textbook"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    found = [float(part) for part in re.findall(r"([\d.]+)%", run.stdout)]
    assert len(found) == 5
    assert found[-1] > 96.5
