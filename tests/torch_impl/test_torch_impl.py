"""The PyTorch implementation beside plain autograd, which knows nothing of it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests import autograd
from tests.parity import Weights, assert_parity, assert_weights_parity
from tests.problems import ACTIVATIONS, DTYPES, make_problem, separable_data
from torch_impl import TorchImplementation, build_mlp, get_weights, set_weights
from torch_impl.lean import LeanTorchImplementation
from torch_impl.manual import ManualTorchImplementation


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(20, 4), (20, 12, 9, 4), (784, 128, 64, 10)])
def test_loss_gradients_and_probabilities(
    sizes: tuple[int, ...], activation: str, dtype: str
) -> None:
    problem = make_problem(sizes, activation=activation, dtype=dtype, batch_size=64)
    expected = autograd.reference(problem.weights, problem.X, problem.y, activation)
    implementation = TorchImplementation(
        layer_sizes=sizes, activation=activation, dtype=dtype, weight_decay=0.5
    )
    implementation.set_weights(problem.weights)
    loss, gradients = implementation.loss_and_gradients(problem.X, problem.y)
    assert_parity(np.asarray(loss, dtype), expected.loss, name="loss")
    assert_weights_parity(gradients, expected.gradients, prefix="d")
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs, expected.probs, name="probs")


def test_gradients_do_not_add_up_from_call_to_call() -> None:
    problem = make_problem((6, 5, 4))
    implementation = TorchImplementation(layer_sizes=(6, 5, 4), dtype="float64")
    implementation.set_weights(problem.weights)
    one = implementation.loss_and_gradients(problem.X, problem.y)[1]
    other = implementation.loss_and_gradients(problem.X, problem.y)[1]
    assert_weights_parity(other, one, prefix="d", tolerance=0)
    # Nor do they leak into training.
    fresh = TorchImplementation(layer_sizes=(6, 5, 4), dtype="float64")
    fresh.set_weights(problem.weights)
    for each in (implementation, fresh):
        each.train_epoch(problem.X, problem.y, np.arange(7))
    assert_weights_parity(
        implementation.get_weights(), fresh.get_weights(), tolerance=0
    )


def test_the_transpose() -> None:
    """W is (fan_in, fan_out) outside, and nn.Linear's (fan_out, fan_in) inside."""
    model = build_mlp((3, 2), dtype=torch.float64)
    W, b = np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([7.0, 8])
    set_weights(model, [(W, b)])
    linear = model[0]
    assert isinstance(linear, nn.Linear)
    assert linear.weight.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert linear.bias.tolist() == [7, 8]
    # x W + b with x = (1, 10, 100), by hand.
    logits = model(torch.tensor([[1.0, 10, 100]], dtype=torch.float64))
    assert logits.tolist() == [[1 + 30 + 500 + 7, 2 + 40 + 600 + 8]]
    ((W_out, b_out),) = get_weights(model)
    assert np.array_equal(W_out, W)
    assert np.array_equal(b_out, b)


def test_the_model_is_what_a_pytorch_user_expects() -> None:
    names = [type(module).__name__ for module in build_mlp((784, 128, 64, 10))]
    assert names == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    for activation, name in (("sigmoid", "Sigmoid"), ("tanh", "Tanh")):
        assert type(build_mlp((4, 3, 2), activation=activation)[1]).__name__ == name


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_the_decay_is_for_weights_only(optimizer: str) -> None:
    """With no gradient, weights shrink or move and biases stay."""
    implementation = TorchImplementation(
        layer_sizes=(3, 2, 3),
        optimizer=optimizer,
        dtype="float64",
        weight_decay=0.1,
        momentum=0.0,
    )
    # No input reaches a unit and all logits tie; y has each class once: only the
    # decay acts on W[1], and nothing on any bias.
    weights: Weights = [
        (np.ones((3, 2)), -np.ones(2)),
        (np.ones((2, 3)), np.full(3, 0.5)),
    ]
    implementation.set_weights(weights)
    implementation.train_epoch(np.zeros((3, 3)), np.arange(3), np.arange(3))
    found = implementation.get_weights()
    for layer in (0, 1):
        assert (np.abs(found[layer][0]) < 0.999).all()
        assert found[layer][1] == pytest.approx(weights[layer][1], abs=1e-12)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("option", [{"fused": True}, {"foreach": True}])
def test_variants_compute_the_same(optimizer: str, option: dict[str, Any]) -> None:
    X, y, order = separable_data(100, 12, 4, dtype="float64")
    weights = make_problem((12, 9, 4)).weights
    ends = []
    for options in ({}, option):
        implementation = TorchImplementation(
            layer_sizes=(12, 9, 4),
            optimizer=optimizer,
            dtype="float64",
            learning_rate=0.01,
            weight_decay=0.1,
            batch_size=16,
            **options,
        )
        implementation.set_weights(weights)
        for _ in range(3):
            implementation.train_epoch(X, y, order)
        ends.append(implementation.get_weights())
    assert_weights_parity(ends[1], ends[0], tolerance=1e-12)


def test_logits_of_ten_thousand() -> None:
    problem = make_problem((6, 5, 4), batch_size=64)
    problem.weights[-1][0][...] *= 1e4
    implementation = TorchImplementation(layer_sizes=(6, 5, 4), dtype="float64")
    implementation.set_weights(problem.weights)
    loss, gradients = implementation.loss_and_gradients(problem.X, problem.y)
    assert loss > 100
    assert all(np.isfinite(array).all() for pair in gradients for array in pair)
    probs = implementation.predict_proba(problem.X)
    assert_parity(probs.sum(axis=1), np.ones(64), name="sums")


@pytest.mark.parametrize("name", [TorchImplementation, LeanTorchImplementation])
@pytest.mark.parametrize("what", ["X", "y", "both"])
def test_an_epoch_on_other_arrays_sees_them(name: Any, what: str) -> None:
    """Also where they are copied: here float32 into a float64 network."""
    X, y, order = separable_data(60, 12, 4, dtype="float32")
    other_X = X[::-1].copy() if what != "y" else X
    other_y = (y + 1) % 4 if what != "X" else y
    weights = make_problem((12, 9, 4)).weights
    ends = []
    for seen_before in ((X, y), (other_X, other_y)):
        implementation = name(layer_sizes=(12, 9, 4), dtype="float64", momentum=0.0)
        implementation.train_epoch(*seen_before, order)
        implementation.set_weights(weights)
        implementation.train_epoch(other_X, other_y, order)
        ends.append(implementation.get_weights())
    assert_weights_parity(ends[0], ends[1], tolerance=0)


LAYOUTS: dict[str, Any] = {
    "plain": lambda X: X,
    "another dtype": lambda X: X.astype(np.float32),
    "in columns": np.asfortranarray,
    "every other column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "read-only": lambda X: X[:],
}


@pytest.mark.parametrize(
    "kind",
    [TorchImplementation, LeanTorchImplementation, ManualTorchImplementation],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_overwritten_in_place_are_seen(kind: Any, layout: str) -> None:
    """Nothing of an epoch is kept on the CPU, whatever had to be copied for it."""
    X, y, order = separable_data(60, 12, 4, dtype="float64")
    X[...] = X.astype(np.float32)  # the same numbers in every layout
    weights = make_problem((12, 9, 4)).weights
    expected = kind(layer_sizes=(12, 9, 4), dtype="float64")
    expected.set_weights(weights)
    expected.train_epoch(1 - X, (y + 1) % 4, order)

    given = LAYOUTS[layout](X)
    seen = given.view()
    seen.flags.writeable = layout != "read-only"
    implementation = kind(layer_sizes=(12, 9, 4), dtype="float64")
    implementation.train_epoch(seen, y, order)
    given[...], y[...] = 1 - given, (y + 1) % 4
    implementation.set_weights(weights)
    implementation.train_epoch(seen, y, order)
    assert_weights_parity(
        implementation.get_weights(), expected.get_weights(), tolerance=1e-6
    )


@pytest.mark.parametrize(
    "kind",
    [TorchImplementation, LeanTorchImplementation, ManualTorchImplementation],
)
def test_weights_of_any_layout(kind: Any) -> None:
    weights = make_problem((6, 5, 4)).weights
    implementation = kind(layer_sizes=(6, 5, 4), dtype="float64")
    for change in (lambda a: a[::-1].copy()[::-1], lambda a: a.astype(">f8")):
        implementation.set_weights([(change(W), change(b)) for W, b in weights])
        assert_weights_parity(implementation.get_weights(), weights, tolerance=0)


@pytest.mark.parametrize(
    "kind",
    [TorchImplementation, LeanTorchImplementation, ManualTorchImplementation],
)
def test_the_dtype_may_be_numpys(kind: Any) -> None:
    implementation = kind(layer_sizes=(6, 4), dtype=np.dtype("float64"))
    assert implementation.dtype is torch.float64
    with pytest.raises(ValueError, match=r"^dtype must be float32 or float64, got"):
        kind(layer_sizes=(6, 4), dtype="int64")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_on_a_gpu(optimizer: str) -> None:
    X, y, order = separable_data(500, 20, 5, dtype="float64")
    weights = make_problem((20, 12, 5)).weights
    ends = []
    for device in ("cpu", "cuda"):
        implementation = TorchImplementation(
            layer_sizes=(20, 12, 5),
            optimizer=optimizer,
            dtype="float64",
            learning_rate=0.01,
            device=device,
        )
        implementation.set_weights(weights)
        for _ in range(3):
            implementation.train_epoch(X, y, order)
        ends.append((implementation.get_weights(), implementation.predict_proba(X)))
    assert_weights_parity(ends[1][0], ends[0][0], tolerance=1e-10)
    assert_parity(ends[1][1], ends[0][1], name="probs", tolerance=1e-10)
