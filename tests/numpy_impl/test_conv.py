"""The convolutional network against PyTorch autograd: every tensor by name.

Both twins, the fast one and the textbook, are held to the same reference. Ties in the
pools are not avoided but sought: who receives the gradient is a rule, PyTorch's.
"""

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

from compare.architecture import Architecture
from numpy_impl import (
    ConvNetwork,
    ConvNumpyImplementation,
    conv,
    conv_network,
    textbook_conv,
)
from tests import autograd
from tests.conv_problems import (
    LENET,
    SMALL,
    conv_problems,
    make_conv_problem,
)
from tests.networks import assert_reference, fill
from tests.numpy_impl.test_memory import allowed_bytes, peak_bytes
from tests.parity import (
    CANCELLING,
    TOLERANCES,
    assert_parity,
    assert_weights_parity,
)
from tests.problems import ACTIVATIONS, DTYPES, Problem, random_weights


def network_of(problem: Problem) -> ConvNetwork:
    """Return the fast network of a problem, its gradients not yet computed."""
    network = ConvNetwork(
        **vars(problem.network),
        activation=problem.activation,
        dtype=problem.dtype,
    )
    return fill(network, problem.weights)


def assert_fast_parity(
    problem: Problem, tolerances: dict[str, float] = TOLERANCES
) -> None:
    """Compare all that the fast network computes of a problem with autograd."""
    expected = autograd.reference(*problem.arguments)
    network = network_of(problem)
    assert_reference(network, problem.X, problem.y, expected, tolerances[problem.dtype])


def assert_textbook_parity(
    problem: Problem, tolerances: dict[str, float] = TOLERANCES
) -> None:
    """Compare all that the textbook computes of a problem with autograd."""
    tolerance = tolerances[problem.dtype]
    weights, X, y, activation, image_shape = problem.arguments
    expected = autograd.reference(*problem.arguments)
    *_, zs, _ = textbook_conv.forward(weights, X, image_shape, activation)
    loss, gradients = textbook_conv.loss_and_gradients(
        weights, X, y, image_shape, activation
    )
    assert_parity(zs[-1], expected.logits, name="logits", tolerance=tolerance)
    assert_parity(
        np.asarray(loss, problem.dtype), expected.loss, name="loss", tolerance=tolerance
    )
    assert_weights_parity(
        gradients, expected.gradients, prefix="d", tolerance=tolerance
    )


TWINS = pytest.mark.parametrize(
    "assert_twin", [assert_fast_parity, assert_textbook_parity], ids=["fast", "text"]
)
Twin = Callable[..., None]


@TWINS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ties", [False, True], ids=["", "ties"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_small_networks(
    assert_twin: Twin, activation: str, ties: bool, dtype: str
) -> None:
    assert_twin(make_conv_problem(activation=activation, ties=ties, dtype=dtype))


@TWINS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 64])
def test_the_network_of_the_recipe(
    assert_twin: Twin, batch_size: int, dtype: str
) -> None:
    assert_twin(make_conv_problem(LENET, batch_size=batch_size, dtype=dtype))


@given(problem=conv_problems())
def test_any_shape(problem: Problem) -> None:
    gradients = autograd.reference(*problem.arguments).gradients
    # Where all terms of a tensor cancel, rounding is all that is left to compare.
    assume(all(np.abs(array).max() > 1e-3 for pair in gradients for array in pair))
    assert_fast_parity(problem, CANCELLING)
    assert_textbook_parity(problem, CANCELLING)


def test_ties_there_are() -> None:
    """In whole numbers, a pool in six or more has its largest pixel twice or more."""
    problem = make_conv_problem(ties=True)
    maps, *_ = textbook_conv.forward(
        problem.weights, problem.X, problem.network.image_shape
    )
    for _, z, a in maps:
        for pixels in (textbook_conv.pools(z), textbook_conv.pools(a)):
            largest = pixels.max(axis=-1, keepdims=True)
            n_largest = (pixels == largest).sum(axis=-1)
            assert np.mean(n_largest > 1) > 1 / 6


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_of_a_difference_of_logits(activation: str) -> None:
    problem = make_conv_problem(activation=activation, ties=activation == "relu")
    found = network_of(problem).logit_gradient(problem.X, 1, 3)
    weights, X, _, _, image_shape = problem.arguments
    expected = autograd.logit_gradient(
        weights, X, activation, class_index=1, against=3, image_shape=image_shape
    )
    assert_parity(found, expected, name="dX")


def test_differences_of_the_loss_are_a_second_witness() -> None:
    """No framework takes part: (L(θ + h) − L(θ − h)) / 2h, for every parameter."""
    network = Architecture((2 * 9 * 8, 4, 3), ((2, 2), (3, 2)), (2, 9, 8))
    problem = make_conv_problem(network, activation="tanh", batch_size=4)
    fast, step = network_of(problem), 1e-5

    def loss() -> float:
        fast.forward(problem.X)
        return fast.loss(problem.y)

    numeric = np.empty_like(fast.params)
    for i in range(fast.n_params):
        kept = fast.params[i]
        fast.params[i] = kept + step
        above = loss()
        fast.params[i] = kept - step
        numeric[i] = (above - loss()) / (2 * step)
        fast.params[i] = kept
    loss()
    fast.backward(problem.y)
    assert_parity(fast.grads, numeric, name="gradient", tolerance=1e-7)


def test_one_convolution_by_hand() -> None:
    a = np.array([[[[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]]])
    W, b = np.array([[[[1.0, 0], [0, -1]]]]), np.array([0.5])
    z = textbook_conv.convolve(a, W, b)
    # 1·1 − 1·1 + ½, 1·2 − 1·3 + ½; 1·0 − 1·0 + ½, 1·1 − 1·1 + ½
    np.testing.assert_array_equal(z, [[[[0.5, -0.5], [0.5, 0.5]]]])
    assert textbook_conv.max_pool(z).tolist() == [[[[0.5]]]]
    # Three are the largest: the first of them gets all.
    da = textbook_conv.max_pool_backward(np.array([[[[7.0]]]]), z)
    np.testing.assert_array_equal(da, [[[[7, 0], [0, 0]]]])


# --- the fast twin's own promises -----------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_step_allocates_no_array(optimizer: str, dtype: str) -> None:
    """All maps have 65,536 numbers or more here, eight times the iterator's buffer.

    Where a strided corner meets a mask, that iterator has a buffer for each of three.
    """
    n = 2048
    implementation = ConvNumpyImplementation(
        layer_sizes=(144, 32, 10),
        conv_layers=((4, 3), (8, 2)),
        image_shape=(1, 12, 12),
        dtype=dtype,
        batch_size=n,
        optimizer=optimizer,
        weight_decay=0.01,
    )
    rng = np.random.default_rng(0)
    X = rng.random((n, 144)).astype(dtype)
    y, order = rng.integers(10, size=n), np.arange(n)
    implementation.train_epoch(X, y, order)

    def step() -> None:
        implementation._train_batch(X, y, order)

    assert peak_bytes(step) < 3 * allowed_bytes(dtype)


def test_batches_of_many_sizes_follow_each_other() -> None:
    """Each size has arrays of its own, and none is forgotten or mixed up."""
    problem = make_conv_problem()
    network = network_of(problem)
    expected = network.forward(problem.X).copy()
    for n in (1, 5, 7, 3, 1, 7, 2, 4, 6, 7):
        # A product of another width may add in another order.
        found = network.forward(problem.X[:n])
        assert_parity(found, expected[:n], name=f"logits of {n}")


def test_many_images_are_predicted_in_parts() -> None:
    problem = make_conv_problem(batch_size=150)
    implementation = ConvNumpyImplementation(**vars(SMALL), dtype="float64")
    implementation.set_weights(problem.weights)
    expected = autograd.reference(*problem.arguments).probs
    assert_parity(implementation.predict_proba(problem.X), expected, name="probs")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image_shape": (1, 28, 27)}, "image_shape must have 784 numbers"),
        ({"conv_layers": ((8, 28),)}, "leave maps of at least 1 x 1, got"),
    ],
)
def test_what_the_network_refuses(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ConvNetwork((784, 10), **{"conv_layers": ((8, 5),), **changes})


def test_weights_of_another_shape_are_refused() -> None:
    implementation = ConvNumpyImplementation(**vars(SMALL))
    weights = random_weights(SMALL, "float32", np.random.default_rng(0))
    with pytest.raises(ValueError, match="weights must have shapes"):
        implementation.set_weights(weights[1:])


# --- each mistake that people make there is seen --------------------------------------

MISTAKES = [
    ("the kernel is flipped", "kernels.dot(", "kernels[:, ::-1].dot("),
    ("rows and columns exchanged", "0, 4, 5, 1, 2, 3", "0, 5, 4, 1, 2, 3"),
    ("a tie gives to all", "np.subtract(left, corner, out=left)", "pass"),
    (
        "a tie gives to the last",
        "left, work.da)",
        "left, work.da); work.corners.reverse()",
    ),
    ("odd pixels keep their z", "pixels.fill(0)", "pass"),
    (
        "a pixel beside",
        "[:, i : i + rows, j :",
        "[:, k - 1 - i : k - 1 - i + rows, j :",
    ),
    ("what was there is kept", "d_images.fill(0)", "pass"),
    ("one corner is not read", "np.maximum(work.top, fourth, out=work.top)", "pass"),
    ("db of the first map", "ones, out=db)", "ones, out=db); db[1:] = db[0]"),
    ("the input gradient's scale", "kernels.T.dot(", "(1.001 * kernels.T).dot("),
    ("dW's scale", "work.z_matrix.dot(work", "(1.001 * work.z_matrix).dot(work"),
]


@pytest.mark.parametrize(
    ("name", "right", "wrong"), MISTAKES, ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, right: str, wrong: str
) -> None:
    source = Path(conv.__file__).read_text(encoding="utf-8")
    assert right in source, f"{name}: the line is another now"
    faulty = types.ModuleType("faulty_conv")
    exec(compile(source.replace(right, wrong), "conv", "exec"), faulty.__dict__)  # noqa: S102  # our own file
    monkeypatch.setattr(conv_network, "conv", faulty)
    monkeypatch.setattr(conv_network, "MapBuffers", faulty.MapBuffers)
    problem = make_conv_problem(ties=True)
    # An odd height, whose last row no pool reads: the second pass finds old numbers.
    odd = Architecture((2 * 13 * 9, 5, 4), ((3, 3), (4, 2)), (2, 13, 9))

    def both() -> None:
        for each in (problem, make_conv_problem(odd)):
            assert_fast_parity(each)

    with pytest.raises(AssertionError):
        both()


def test_without_a_shape_an_image_is_one_of_mnists() -> None:
    """One channel of 28 x 28: 784 pixels, the first map as `convolve` makes it."""
    rng = np.random.default_rng(0)
    kernel = (rng.normal(size=(2, 1, 5, 5)), rng.normal(size=2))
    dense = (rng.normal(size=(2 * 12 * 12, 3)), rng.normal(size=3))
    X = rng.random((2, 784))
    maps, *_ = textbook_conv.forward([kernel, dense], X)
    images = X.reshape(2, 1, 28, 28)
    np.testing.assert_array_equal(maps[0][0], images)
    np.testing.assert_array_equal(maps[0][1], textbook_conv.convolve(images, *kernel))
    textbook_conv.loss_and_gradients([kernel, dense], X, np.array([0, 1]))


def test_the_textbook_takes_64_images_for_a_step_unless_told_otherwise() -> None:
    rng = np.random.default_rng(1)
    start = [
        (0.1 * rng.normal(size=(1, 1, 5, 5)), np.zeros(1)),
        (0.1 * rng.normal(size=(144, 3)), np.zeros(3)),
    ]
    X, y = rng.random((65, 784)), rng.integers(0, 3, 65)
    found = []
    for options in ({}, {"batch_size": 64}, {"batch_size": 65}):
        weights = list(start)
        velocities = [(np.zeros_like(W), np.zeros_like(b)) for W, b in start]
        settings = {"learning_rate": 0.1, "momentum": 0.9, **options}
        textbook_conv.train_epoch(weights, velocities, X, y, np.arange(65), **settings)
        found.append(weights[-1][0])
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
