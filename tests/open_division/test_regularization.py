"""Label smoothing, dropout, clipping and averaging beside PyTorch's."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from numpy_impl import (
    ConvNetwork,
    ConvNumpyImplementation,
    NumpyImplementation,
    OpenNumpyImplementation,
)
from numpy_impl.regularization import RegularizedNetwork, WeightAverage, clip_gradient
from tests import autograd
from tests.conv_problems import make_conv_problem
from tests.networks import fill
from tests.parity import (
    CANCELLING,
    Array,
    Weights,
    assert_parity,
    assert_weights_parity,
)
from tests.problems import Problem, make_problem, problems, separable_data
from torch_impl import OpenTorchImplementation


def network_of(problem: Problem, **options: Any) -> RegularizedNetwork:
    network = RegularizedNetwork(
        problem.layer_sizes,
        activation=problem.activation,
        dtype=problem.dtype,
        **options,
    )
    return fill(network, problem.weights)


def reference(
    problem: Problem, *, smoothing: float = 0.0, masks: list[Array] | None = None
) -> tuple[float, Weights]:
    """Return loss and gradients by autograd, with masks on the hidden activations."""
    leaves = [(autograd.leaf(W), autograd.leaf(b)) for W, b in problem.weights]
    a = torch.tensor(problem.X)
    for layer, (W, b) in enumerate(leaves):
        a = a @ W + b
        if layer < len(leaves) - 1:
            a = autograd.ACTIVATIONS[problem.activation](a)
            if masks:
                a = a * torch.tensor(masks[layer])
    loss = functional.cross_entropy(
        a, torch.tensor(problem.y), label_smoothing=smoothing
    )
    loss.backward()
    return loss.item(), [
        (autograd.gradient(W), autograd.gradient(b)) for W, b in leaves
    ]


@given(problem=problems(), smoothing=st.floats(0, 0.99))
def test_smoothed_loss_and_gradients_are_those_of_pytorch(
    problem: Problem, smoothing: float
) -> None:
    network = network_of(problem, label_smoothing=smoothing)
    loss, gradients = reference(problem, smoothing=smoothing)
    network.forward(problem.X)
    tolerance = CANCELLING[problem.dtype]
    assert network.loss(problem.y) == pytest.approx(loss, rel=tolerance)
    network.backward(problem.y)
    found = list(zip(network.dW, network.db, strict=True))
    assert_weights_parity(found, gradients, prefix="d", tolerance=tolerance)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "identity"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_gradients_through_dropout_are_those_of_pytorch_with_the_same_masks(
    activation: str, smoothing: float
) -> None:
    problem = make_problem((20, 15, 12, 5), activation=activation, batch_size=9)
    network = network_of(problem, dropout=0.4, label_smoothing=smoothing)
    rng = np.random.default_rng(0)
    for _ in range(3):
        masks = network.draw_masks(9, rng)
        loss, gradients = reference(problem, smoothing=smoothing, masks=masks)
        network.forward_training(problem.X)
        assert network.loss(problem.y) == pytest.approx(loss, rel=1e-12)
        network.backward(problem.y, dropped=True)
        found = list(zip(network.dW, network.db, strict=True))
        assert_weights_parity(found, gradients, prefix="d")


def test_masks_drop_the_share_they_should_and_keep_the_mean() -> None:
    network = RegularizedNetwork((4, 300, 200, 3), dropout=0.3, dtype="float64")
    masks = network.draw_masks(100, np.random.default_rng(0))
    assert [mask.shape for mask in masks] == [(100, 300), (100, 200)]
    for mask in masks:
        assert set(np.unique(mask)) == {0, 1 / 0.7}
        # Standard errors: 0.003 and 0.005.
        assert (mask == 0).mean() == pytest.approx(0.3, abs=0.015)
        assert mask.mean() == pytest.approx(1, abs=0.02)
    again = [mask.copy() for mask in masks]
    assert all(
        (new != old).any()
        for new, old in zip(
            network.draw_masks(100, np.random.default_rng(1)), again, strict=True
        )
    )


@pytest.mark.parametrize("kind", [OpenNumpyImplementation, OpenTorchImplementation])
def test_dropout_is_for_training_only_and_can_be_repeated(kind: Any) -> None:
    X, y, order = separable_data(60, 8, 3, dtype="float32")
    problem = make_problem((8, 20, 3), dtype="float32")
    plain = kind(layer_sizes=(8, 20, 3), batch_size=16)
    first, second = (
        kind(layer_sizes=(8, 20, 3), batch_size=16, dropout=0.5) for _ in range(2)
    )
    for implementation in (plain, first, second):
        implementation.set_weights(problem.weights)
    assert (first.predict_proba(X) == plain.predict_proba(X)).all()
    loss, _ = first.loss_and_gradients(X, y)
    assert loss == plain.loss_and_gradients(X, y)[0]

    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    for implementation in (plain, first):
        implementation.train_epoch(X, y, order)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(1)  # nobody's business
    second.train_epoch(X, y, order)
    trained = [i.get_weights()[0][0] for i in (plain, first, second)]
    assert (trained[1] == trained[2]).all()
    assert (trained[0] != trained[1]).mean() > 0.5


@pytest.mark.parametrize("max_norm", [0.01, 1.0, 7.9, 8.1, 100.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_is_that_of_pytorch(max_norm: float, dtype: str) -> None:
    grads = np.random.default_rng(0).normal(size=500).astype(dtype)
    grads *= 8 / np.linalg.norm(grads)
    parts = [torch.zeros(200).to(torch.float64), torch.zeros(300).to(torch.float64)]
    leaves = [part.to(getattr(torch, dtype)).requires_grad_() for part in parts]
    for leaf, part in zip(leaves, np.split(grads, [200]), strict=True):
        leaf.grad = torch.tensor(part)
    norm = clip_grad_norm_(leaves, max_norm)
    expected = np.concatenate([autograd.gradient(leaf) for leaf in leaves])
    assert clip_gradient(grads, max_norm) == pytest.approx(float(norm), rel=1e-6)
    assert_parity(grads, expected, name="grads")


def test_a_gradient_of_zeros_survives_clipping() -> None:
    grads = np.zeros(5)
    assert clip_gradient(grads, 1.0) == 0
    assert (grads == 0).all()


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_the_average_is_that_of_pytorch(decay: float) -> None:
    rng = np.random.default_rng(0)
    model: Any = nn.Linear(7, 3, bias=False, dtype=torch.float64)
    twin: Any = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    params = np.array(model.weight.detach().numpy()).reshape(-1)
    ours = WeightAverage(params, decay)
    for _ in range(20):
        params += rng.normal(size=21)
        with torch.no_grad():
            model.weight.copy_(torch.tensor(params).reshape(3, 7))
        ours.update()
        twin.update_parameters(model)
        expected = np.asarray(twin.module.weight.detach().numpy()).reshape(-1)
        assert_parity(ours.average, expected, name="average", tolerance=1e-14)


def test_the_average_is_what_is_evaluated_and_never_what_is_trained() -> None:
    X, y, order = separable_data(60, 8, 3, dtype="float64")
    weights = make_problem((8, 6, 3)).weights
    options: dict[str, Any] = {"layer_sizes": (8, 6, 3), "dtype": "float64"}
    plain = NumpyImplementation(**options, batch_size=16)
    averaged = OpenNumpyImplementation(**options, batch_size=16, ema_decay=0.9)
    for implementation in (plain, averaged):
        implementation.set_weights(weights)
    for _ in range(3):
        for implementation in (plain, averaged):
            implementation.train_epoch(X, y, order)
        averaged.predict_proba(X)
        assert (averaged.network.params == plain.network.params).all()
    given = averaged.get_weights()
    assert (given[0][0] != plain.get_weights()[0][0]).all()
    fresh = NumpyImplementation(**options)
    fresh.set_weights(given)
    assert (fresh.predict_proba(X) == averaged.predict_proba(X)).all()


def test_all_off_is_the_closed_division_bit_by_bit() -> None:
    X, y, order = separable_data(61, 8, 3, dtype="float32")
    weights = make_problem((8, 6, 5, 3), dtype="float32").weights
    for optimizer in ("sgd", "adamw"):
        options: dict[str, Any] = {
            "layer_sizes": (8, 6, 5, 3),
            "batch_size": 16,
            "optimizer": optimizer,
            "weight_decay": 0.01,
        }
        trained = []
        for kind in (NumpyImplementation, OpenNumpyImplementation):
            implementation = kind(**options)
            implementation.set_weights(weights)
            implementation.train_epoch(X, y, order)
            trained.append(implementation.network.params)
        assert (trained[0] == trained[1]).all()


def test_many_images_of_a_convolutional_average_are_predicted_in_parts() -> None:
    """As the closed division predicts them, with the same weights, bit by bit."""
    problem = make_conv_problem(batch_size=150)
    options: dict[str, Any] = {**vars(problem.network), "dtype": "float64"}
    plain = ConvNumpyImplementation(**options)
    averaged = OpenNumpyImplementation(**options, ema_decay=0.9)
    averaged.set_weights(problem.weights)
    averaged.train_epoch(problem.X, problem.y, np.arange(150))
    plain.set_weights(averaged.get_weights())
    expected = plain.predict_proba(problem.X)
    assert (averaged.predict_proba(problem.X) == expected).all()
    assert max(averaged.network._workspaces) == ConvNetwork.predict_rows


def test_the_training_pass_refuses_what_the_other_does() -> None:
    network = network_of(make_problem((4, 5, 3)), dropout=0.5)
    n_features = network.layer_sizes[0]
    with pytest.raises(ValueError, match=r"^X must have shape \(n_samples >= 1, "):
        network.forward_training(np.zeros((3, n_features + 1), network.dtype))
    with pytest.raises(
        TypeError, match=r"^X has dtype int64, this network computes in"
    ):
        network.forward_training(np.zeros((3, n_features), np.int64))
