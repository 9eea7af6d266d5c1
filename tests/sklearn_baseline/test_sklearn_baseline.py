"""scikit-learn's classifier, driven epoch by epoch, beside the textbook.

The textbook is proven equal to PyTorch elsewhere. What the module's docstring says of
scikit-learn's differences is tested here, so that a new version cannot change it
unnoticed.
"""

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from numpy_impl import NumpyImplementation
from sklearn_baseline import SklearnImplementation
from tests import autograd
from tests.parity import (
    Weights,
    assert_parity,
    assert_weights_parity,
)
from tests.problems import ACTIVATIONS, DTYPES, make_problem, separable_data

SIZES = (12, 9, 7, 4)
N_SAMPLES = 100


def both(n_epochs: int = 3, **options: Any) -> tuple[Weights, Weights]:
    """Return the weights of scikit-learn and of NumPy after the same training."""
    n_samples = options.pop("n_samples", N_SAMPLES)
    ours = options.pop("ours", {})
    X, y, _ = separable_data(n_samples, SIZES[0], SIZES[-1], dtype="float64")
    options = {"batch_size": 16, **options, "layer_sizes": SIZES, "dtype": "float64"}
    weights = make_problem(SIZES).weights
    ends = []
    for implementation in (
        SklearnImplementation(**options),
        NumpyImplementation(**options, **ours),
    ):
        implementation.set_weights(weights)
        for epoch in range(n_epochs):
            order = np.random.default_rng(epoch).permutation(n_samples)
            implementation.train_epoch(X, y, order)
        ends.append(implementation.get_weights())
    return ends[0], ends[1]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    "options",
    [{"momentum": 0.0}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    ids=["plain", "momentum", "nesterov"],
)
def test_sgd(options: dict[str, Any], activation: str) -> None:
    """100 rows in batches of 16: the last has 4."""
    theirs, ours = both(activation=activation, **options)
    assert_weights_parity(theirs, ours, tolerance=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_adam_with_its_own_place_for_epsilon(activation: str) -> None:
    options: dict[str, Any] = {
        "optimizer": "adam",
        "learning_rate": 0.01,
        "activation": activation,
    }
    theirs, ours = both(**options, ours={"epsilon_hat": True})
    assert_weights_parity(theirs, ours, tolerance=1e-12)
    theirs, ours = both(**options, eps=1e-3, ours={"epsilon_hat": False})
    with pytest.raises(AssertionError, match=r"^W\[0\]: error"):
        assert_weights_parity(theirs, ours, tolerance=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_l2_on_full_batches(optimizer: str) -> None:
    """alpha = weight_decay · batch_size, and it spares the biases."""
    theirs, ours = both(
        optimizer=optimizer,
        learning_rate=0.01,
        weight_decay=0.05,
        n_samples=96,
        ours={"epsilon_hat": True} if optimizer == "adam" else {},
    )
    assert_weights_parity(theirs, ours, tolerance=1e-12)


def test_l2_on_a_short_batch_is_larger() -> None:
    """alpha is divided by the size of each batch: 4 rows decay as much as 4 · 16."""
    theirs, ours = both(n_epochs=1, momentum=0.0, weight_decay=0.05)
    with pytest.raises(AssertionError, match=r"^W\[0\]: error"):
        assert_weights_parity(theirs, ours, tolerance=1e-6)
    # The same as four times the decay, if the short batch is all there is.
    theirs, _ = both(n_epochs=1, n_samples=4, weight_decay=0.05)
    _, ours = both(n_epochs=1, n_samples=4, weight_decay=4 * 0.05)
    assert_weights_parity(theirs, ours, tolerance=1e-12)


def test_training_never_stops_early() -> None:
    """25 epochs of no progress: `tol` and `n_iter_no_change` have no say."""
    theirs, ours = both(n_epochs=25, learning_rate=1e-7)
    assert_weights_parity(theirs, ours, tolerance=1e-12)
    start = make_problem(SIZES).weights
    assert not np.array_equal(theirs[0][0], start[0][0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_probabilities(activation: str, dtype: str) -> None:
    problem = make_problem(SIZES, activation=activation, dtype=dtype, batch_size=64)
    expected = autograd.reference(problem.weights, problem.X, problem.y, activation)
    implementation = SklearnImplementation(
        layer_sizes=SIZES, activation=activation, dtype=dtype
    )
    implementation.set_weights(problem.weights)
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs, expected.probs, name="probs")


def test_a_network_without_a_hidden_layer() -> None:
    problem = make_problem((6, 4), batch_size=30)
    expected = autograd.reference(problem.weights, problem.X, problem.y, "relu")
    implementation = SklearnImplementation(layer_sizes=(6, 4), dtype="float64")
    implementation.set_weights(problem.weights)
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs, expected.probs, name="probs")


def test_an_epoch_without_some_of_the_classes() -> None:
    X, y, order = separable_data(N_SAMPLES, SIZES[0], SIZES[-1], dtype="float64")
    order = order[y[order] < 2]
    ends = []
    for kind in (SklearnImplementation, NumpyImplementation):
        implementation = kind(layer_sizes=SIZES, dtype="float64", batch_size=16)
        implementation.set_weights(make_problem(SIZES).weights)
        implementation.train_epoch(X, y, order)
        ends.append(implementation.get_weights())
    assert_weights_parity(ends[0], ends[1], tolerance=1e-12)


def test_it_is_the_classifier_itself() -> None:
    """No subclass, no patched method: the baseline is scikit-learn's."""
    implementation = SklearnImplementation(layer_sizes=SIZES)
    implementation.set_weights(make_problem(SIZES).weights)
    assert type(implementation._model) is MLPClassifier


def test_before_the_weights_are_set() -> None:
    implementation = SklearnImplementation(layer_sizes=SIZES)
    X, y, order = separable_data(20, SIZES[0], SIZES[-1], dtype="float32")
    for call in (
        lambda: implementation.train_epoch(X, y, order),
        lambda: implementation.predict_proba(X),
        implementation.get_weights,
    ):
        with pytest.raises(RuntimeError, match=r"^set_weights\(weights\) must be call"):
            call()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"optimizer": "adamw"}, "scikit-learn's MLPClassifier has no adamw"),
        ({"layer_sizes": (12, 2)}, "needs at least 3 classes .*, got 2"),
    ],
)
def test_refusals(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotImplementedError, match=sentence):
        SklearnImplementation(**options)


def test_the_room_for_an_epoch_fits_and_is_kept() -> None:
    """As many rows as were ever asked for, of this width and dtype."""
    implementation = SklearnImplementation(layer_sizes=SIZES, dtype="float64")
    room = implementation._room(20, 12)
    assert room.shape == (20, 12)
    assert room.dtype.name == "float64"
    assert implementation._room(10, 12) is room
    assert implementation._room(30, 12).shape == (30, 12)
    assert implementation._room(5, 7).shape == (5, 7)
