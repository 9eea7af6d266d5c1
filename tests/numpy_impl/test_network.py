"""The whole network against PyTorch autograd: logits, loss and every gradient by name.

Both twins, the fast one and the textbook, are held to the same reference.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from numpy_impl import Network, NumpyImplementation, TextbookImplementation, textbook
from tests import autograd
from tests.networks import assert_reference, fill
from tests.parity import (
    CANCELLING,
    TOLERANCES,
    assert_parity,
    assert_weights_parity,
)
from tests.problems import (
    ACTIVATIONS,
    BATCH_SIZES,
    DTYPES,
    Problem,
    make_problem,
    problems,
)

MNIST_SIZES = (784, 128, 64, 10)


def network_of(
    problem: Problem, kind: Callable[..., Network] = Network, **options: Any
) -> Network:
    """Return the fast network of a problem, its gradients not yet computed."""
    network = kind(
        problem.layer_sizes,
        activation=problem.activation,
        dtype=problem.dtype,
        **options,
    )
    return fill(network, problem.weights)


def assert_network_parity(
    problem: Problem,
    kind: Callable[..., Network] = Network,
    tolerances: dict[str, float] = TOLERANCES,
) -> None:
    """Compare all that the fast network computes of a problem with autograd."""
    X, y = problem.X, problem.y
    expected = autograd.reference(problem.weights, X, y, problem.activation)
    network = network_of(problem, kind)
    assert_reference(network, X, y, expected, tolerances[problem.dtype])


def assert_textbook_parity(
    problem: Problem, tolerances: dict[str, float] = TOLERANCES
) -> None:
    """Compare all that the textbook computes of a problem with autograd."""
    tolerance = tolerances[problem.dtype]
    arguments = (problem.weights, problem.X, problem.y, problem.activation)
    expected = autograd.reference(*arguments)
    zs, _ = textbook.forward(problem.weights, problem.X, problem.activation)
    assert_parity(zs[-1], expected.logits, name="logits", tolerance=tolerance)
    loss, gradients = textbook.loss_and_gradients(*arguments)
    assert_parity(np.asarray(loss), expected.loss, name="loss", tolerance=tolerance)
    assert_weights_parity(
        gradients, expected.gradients, prefix="d", tolerance=tolerance
    )


@given(problems())
def test_any_network(problem: Problem) -> None:
    assert_network_parity(problem, tolerances=CANCELLING)
    assert_textbook_parity(problem, tolerances=CANCELLING)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_the_network_of_mnist(activation: str, batch_size: int, dtype: str) -> None:
    problem = make_problem(
        MNIST_SIZES, activation=activation, dtype=dtype, batch_size=batch_size, seed=1
    )
    assert_network_parity(problem)
    assert_textbook_parity(problem)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_why_one_class_and_not_another(depth: int, activation: str, dtype: str) -> None:
    sizes = (*(17, 13, 11, 8)[: depth + 1], 5)
    problem = make_problem(sizes, activation=activation, dtype=dtype, batch_size=33)
    network = network_of(problem)
    expected = autograd.logit_gradient(
        problem.weights, problem.X, activation, class_index=3, against=1
    )
    found = network.logit_gradient(problem.X, 3, 1)
    assert_parity(found, expected, name="d(z3 − z1)/dX")
    with pytest.raises(RuntimeError, match="forward"):
        network.backward(problem.y)


@pytest.mark.parametrize(("class_index", "against"), [(2, 2), (-1, 2), (0, 5)])
def test_a_question_about_no_two_classes_is_refused(
    class_index: int, against: int
) -> None:
    problem = make_problem((4, 3, 5))
    with pytest.raises(ValueError, match="class"):
        network_of(problem).logit_gradient(problem.X, class_index, against)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_every_depth(depth: int, activation: str) -> None:
    sizes = (*(17, 13, 11, 8)[:depth], 5)
    assert_network_parity(make_problem(sizes, activation=activation, batch_size=33))


def test_the_problems_do_have_ties_at_zero() -> None:
    problem = make_problem((20, 12, 12, 4), seed=5)
    zs, _ = textbook.forward(problem.weights, problem.X, "relu")
    for z in zs[:-1]:
        assert 0 < (z == 0).all(axis=0).sum() < z.shape[1]
    assert (problem.X == 0).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_of_ten_thousand(dtype: str) -> None:
    problem = make_problem((6, 5, 3), activation="tanh", dtype=dtype, batch_size=64)
    weights = problem.weights
    weights[-1][0][...] *= np.asarray(1e4, dtype)
    logits = textbook.forward(weights, problem.X, "tanh")[0][-1]
    assert np.abs(logits).max() > 1e4
    assert_network_parity(problem)
    assert_textbook_parity(problem)


def test_one_network_for_batches_of_any_size() -> None:
    """The buffers of one batch size are never read for another."""
    network = network_of(make_problem((9, 7, 5, 3)))
    for batch_size in (7, 1, 64, 3, 64, 7, *range(20, 40), 64):
        problem = make_problem((9, 7, 5, 3), batch_size=batch_size)
        expected = autograd.reference(problem.weights, problem.X, problem.y, "relu")
        network.forward(problem.X)
        network.backward(problem.y)
        gradients = list(zip(network.dW, network.db, strict=True))
        assert_weights_parity(gradients, expected.gradients, prefix="d")


@pytest.mark.parametrize("kind", [NumpyImplementation, TextbookImplementation])
@pytest.mark.parametrize("dtype", DTYPES)
def test_loss_and_gradients(kind: Callable[..., Any], dtype: str) -> None:
    problem = make_problem((20, 12, 9, 4), dtype=dtype, batch_size=64)
    expected = autograd.reference(problem.weights, problem.X, problem.y, "relu")
    # weight_decay belongs to the optimizer: the gradients are those of the loss alone.
    implementation = kind(
        layer_sizes=problem.layer_sizes, dtype=dtype, weight_decay=0.5
    )
    implementation.set_weights(problem.weights)
    loss, gradients = implementation.loss_and_gradients(problem.X, problem.y)
    assert isinstance(loss, float)
    assert_parity(np.asarray(loss, dtype), expected.loss, name="loss")
    assert_weights_parity(gradients, expected.gradients, prefix="d")
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs, expected.probs, name="probs")


@pytest.mark.parametrize("kind", [NumpyImplementation, TextbookImplementation])
def test_prediction_in_pieces(kind: Callable[..., Any]) -> None:
    """More rows than one piece of the forward pass, and a short last piece."""
    problem = make_problem((5, 4, 3), batch_size=2500)
    expected = autograd.reference(problem.weights, problem.X, problem.y, "relu")
    implementation = kind(layer_sizes=problem.layer_sizes, dtype="float64")
    implementation.set_weights(problem.weights)
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs, expected.probs, name="probs")
    assert_parity(probs.sum(axis=1), np.ones(2500), name="sums")
