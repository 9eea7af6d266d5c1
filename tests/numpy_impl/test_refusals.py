"""What the hand-written network refuses, and the sentence it gives."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numpy_impl import (
    SGD,
    Network,
    NumpyImplementation,
    OpenNumpyImplementation,
    TextbookImplementation,
)
from tests.numpy_impl.test_network import network_of
from tests.problems import DTYPES, Problem, make_problem

BOTH = [NumpyImplementation, TextbookImplementation]
EVERY_ONE = [*BOTH, OpenNumpyImplementation]


@pytest.fixture
def problem() -> Problem:
    return make_problem((6, 5, 4), batch_size=7)


@pytest.fixture
def network(problem: Problem) -> Network:
    return network_of(problem)


# --- the order of calls -------------------------------------------------------------

BACKWARD_FIRST = re.escape("forward(X) must be called before each backward(y)")


def test_backward_before_forward(network: Network, problem: Problem) -> None:
    for method in (network.backward, network.loss):
        with pytest.raises(RuntimeError, match=BACKWARD_FIRST):
            method(problem.y)


def test_backward_twice(network: Network, problem: Problem) -> None:
    """Its logits are gone: a second call would differentiate gradients."""
    network.forward(problem.X)
    network.backward(problem.y)
    for method in (network.backward, network.loss):
        with pytest.raises(RuntimeError, match=BACKWARD_FIRST):
            method(problem.y)


def test_backward_after_probabilities(network: Network, problem: Problem) -> None:
    """They overwrite the logits: backward would take the softmax of a softmax."""
    network.forward(problem.X)
    network.probabilities(problem.X)
    with pytest.raises(RuntimeError, match=BACKWARD_FIRST):
        network.backward(problem.y)


def test_backward_after_a_step_of_training(network: Network, problem: Problem) -> None:
    """A step overwrites the logits of an earlier pass: its loss would be another's."""
    network.forward(problem.X)
    work = network.workspace(7)
    work.X[...], work.y[...] = 2 * problem.X, problem.y
    network.backpropagate(work)
    for method in (network.backward, network.loss):
        with pytest.raises(RuntimeError, match=BACKWARD_FIRST):
            method(problem.y)


def test_a_refused_forward_leaves_nothing_behind(
    network: Network, problem: Problem
) -> None:
    network.forward(problem.X)
    with pytest.raises(ValueError, match="X must have shape"):
        network.forward(problem.X[:, :5])
    network.backward(problem.y)  # still that of the forward pass that worked
    assert np.isfinite(network.grads).all()


# --- shapes, dtypes, labels ---------------------------------------------------------


@pytest.mark.parametrize("shape", [(7, 5), (7, 7), (6,), (0, 6), (7, 6, 1), ()])
def test_an_input_of_another_shape(network: Network, shape: tuple[int, ...]) -> None:
    sentence = f"X must have shape (n_samples >= 1, 6), got {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        network.forward(np.zeros(shape))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "uint8"])
def test_an_input_of_another_dtype(network: Network, dtype: str) -> None:
    sentence = (
        f"X has dtype {dtype}, this network computes in float64: "
        "convert it with X.astype('float64')"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        network.forward(np.zeros((7, 6), dtype))


@pytest.mark.parametrize("shape", [(6,), (8,), (7, 1), ()])
def test_labels_of_another_shape(
    network: Network, problem: Problem, shape: tuple[int, ...]
) -> None:
    network.forward(problem.X)
    for method in (network.backward, network.loss):
        with pytest.raises(ValueError, match=r"^y must have shape \(7,\), one label"):
            method(np.zeros(shape, np.int64))


@pytest.mark.parametrize("kind", EVERY_ONE)
@pytest.mark.parametrize(
    ("y", "error", "sentence"),
    [
        (
            [0, 1, 2, 3, 4],
            ValueError,
            "y must hold class indices from 0 to 3, got 0 to 4",
        ),
        (
            [0, 1, -1, 3, 2],
            ValueError,
            "y must hold class indices from 0 to 3, got -1 to",
        ),
        ([0, 1, 2, 3], ValueError, "y must have shape (5,), one label per row of X"),
        ([[0, 1, 2, 3, 0]], ValueError, "y must have shape (5,), one label per row"),
        (
            [0.0, 1, 2, 3, 0],
            TypeError,
            "y must hold whole numbers, class indices, got fl",
        ),
        ([True, False, True, True, False], TypeError, "y must hold whole numbers"),
    ],
)
def test_labels_in_training(
    kind: Callable[..., Any], y: list[Any], error: type[Exception], sentence: str
) -> None:
    """A wrong label must not silently train another row's."""
    implementation = kind(layer_sizes=(6, 5, 4), dtype="float64")
    X, labels = np.zeros((5, 6)), np.array(y)
    before = implementation.get_weights()
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        implementation.train_epoch(X, labels, np.arange(4))
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        implementation.loss_and_gradients(X, labels)
    for pair, kept in zip(implementation.get_weights(), before, strict=True):
        assert np.array_equal(pair[0], kept[0])


@pytest.mark.parametrize("kind", EVERY_ONE)
@pytest.mark.parametrize("shape", [(5, 5), (5, 7), (6,), (5, 6, 1)])
def test_images_of_another_shape_in_training(
    kind: Callable[..., Any], shape: tuple[int, ...]
) -> None:
    implementation = kind(layer_sizes=(6, 5, 4), dtype="float64")
    sentence = f"X must have shape (n_samples, 6), got {shape}"
    y = np.zeros(shape[0], int)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        implementation.train_epoch(np.zeros(shape), y, np.arange(4))
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        implementation.loss_and_gradients(np.zeros(shape), y)


@pytest.mark.parametrize("kind", EVERY_ONE)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "uint64"])
def test_labels_of_any_whole_type(kind: Callable[..., Any], dtype: str) -> None:
    problem = make_problem((6, 5, 4), batch_size=30)
    ends = []
    for y in (problem.y, problem.y.astype(dtype)):
        implementation = kind(layer_sizes=(6, 5, 4), dtype="float64", batch_size=8)
        implementation.set_weights(problem.weights)
        implementation.train_epoch(problem.X, y, np.arange(30))
        ends.append(implementation.get_weights()[0][0])
    assert np.array_equal(*ends)


@pytest.mark.parametrize("kind", EVERY_ONE)
@pytest.mark.parametrize("row", [-1, 5])
def test_rows_that_do_not_exist(kind: Callable[..., Any], row: int) -> None:
    implementation = kind(layer_sizes=(6, 5, 4), dtype="float64")
    low, high = min(row, 0), max(row, 3)
    sentence = f"order must hold row numbers from 0 to 4, got {low} to {high}"
    with pytest.raises(IndexError, match=f"^{re.escape(sentence)}$"):
        implementation.train_epoch(
            np.zeros((5, 6)), np.zeros(5, int), np.array([0, 3, row])
        )


# --- numbers that are none ----------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["relu", "identity", "tanh"])
@pytest.mark.parametrize("kind", EVERY_ONE)
def test_training_that_diverges(
    kind: Callable[..., Any], activation: str, dtype: str
) -> None:
    """Reported once, at the end of the epoch; no warning of NumPy on the way."""
    problem = make_problem((6, 5, 4), dtype=dtype, batch_size=64)
    implementation = kind(
        layer_sizes=problem.layer_sizes,
        activation=activation,
        dtype=dtype,
        batch_size=8,
        weight_decay=1.0,
        learning_rate=1e80 if dtype == "float64" else 1e15,
    )
    implementation.set_weights(problem.weights)
    with pytest.raises(
        FloatingPointError,
        match=r"^training diverged: the parameters are no longer finite; lower the",
    ):
        implementation.train_epoch(problem.X, problem.y, np.arange(64))


@pytest.mark.parametrize("kind", EVERY_ONE)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers(kind: Callable[..., Any], bad: float) -> None:
    problem = make_problem((6, 5, 4), batch_size=7)
    problem.X[3, 3] = bad
    implementation = kind(layer_sizes=(6, 5, 4), dtype="float64")
    implementation.set_weights(problem.weights)
    with pytest.raises(FloatingPointError, match="training diverged"):
        implementation.train_epoch(problem.X, problem.y, np.arange(7))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_a_loss_that_is_no_number(bad: float) -> None:
    problem = make_problem((6, 5, 4), batch_size=7)
    problem.weights[0][0][...] = bad
    problem.weights[1][0][...] = bad
    implementation = NumpyImplementation(layer_sizes=(6, 5, 4), dtype="float64")
    implementation.set_weights(problem.weights)
    with pytest.raises(
        FloatingPointError, match=r"^the loss is (nan|inf): the weights"
    ):
        implementation.loss_and_gradients(problem.X, problem.y)


# --- construction -------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Network, NumpyImplementation])
@pytest.mark.parametrize("layer_sizes", [(), (784,), (784, 0, 10), (-1, 10)])
def test_sizes_that_make_no_network(
    kind: Callable[..., Any], layer_sizes: tuple[int, ...]
) -> None:
    with pytest.raises(
        ValueError, match=r"^layer_sizes must hold at least two positive"
    ):
        kind(layer_sizes=layer_sizes)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"activation": "gelu"}, "gelu: it offers relu, sigmoid, tanh, identity"),
        ({"optimizer": "lbfgs"}, "lbfgs: it offers sgd, adam, adamw"),
    ],
)
def test_unknown_names(
    kind: Callable[..., Any], option: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(NotImplementedError, match=f"^numpy_impl has no {sentence}$"):
        kind(**option)


@pytest.mark.parametrize("kind", BOTH)
def test_batches_of_no_rows(kind: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^batch_size must be >= 1, got 0"):
        kind(batch_size=0)


@pytest.mark.parametrize("dtype", ["float16", "int64", "double"])
def test_other_dtypes(dtype: str) -> None:
    with pytest.raises(ValueError, match=r"^dtype must be float32 or float64, got"):
        Network((6, 5, 4), dtype=dtype)


@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_a_learning_rate_of_nothing(rate: float) -> None:
    """u = η v could not hold v while η is 0."""
    vectors = np.zeros(3), np.zeros(3)
    with pytest.raises(ValueError, match=rf"^learning_rate must be > 0, got {rate}$"):
        SGD(*vectors, 3, learning_rate=rate)
    optimizer = SGD(*vectors, 3, learning_rate=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=rf"^learning_rate must be > 0, got {rate}$"):
        optimizer.learning_rate = rate
    assert optimizer.learning_rate == 0.1
