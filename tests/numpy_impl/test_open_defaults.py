"""What the open division does when it is not told otherwise, against PyTorch."""

import itertools

import numpy as np
import pytest
import torch

from numpy_impl.layers import OutputBuffers
from numpy_impl.network import Network
from numpy_impl.regularization import (
    RegularizedNetwork,
    smoothed_cross_entropy_backward,
)
from numpy_impl.schedules import Schedule

SIZES = (5, 4, 3)
N = 6


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X, y and flat parameters."""
    rng = np.random.default_rng(3)
    n_params = sum(a * b + b for a, b in itertools.pairwise(SIZES))
    return rng.normal(size=(N, 5)), rng.integers(3, size=N), rng.normal(size=n_params)


def test_a_second_backward_is_refused(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    X, y, params = problem
    network = RegularizedNetwork(SIZES, dtype="float64", label_smoothing=0.1)
    network.params[:] = params
    network.forward_training(X)
    network.backward(y)
    kept = network.grads.copy()
    with pytest.raises(RuntimeError, match="forward"):
        network.backward(y)
    np.testing.assert_array_equal(network.grads, kept)


def test_backward_after_forward_knows_of_no_dropout(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """`forward` drops nothing, and `backward` by itself goes with it, unscaled."""
    X, y, params = problem
    network = RegularizedNetwork(SIZES, dtype="float64", dropout=0.5)
    plain = Network(SIZES, dtype="float64")
    for one in (network, plain):
        one.params[:] = params
    network.draw_masks(N, np.random.default_rng(0))
    for one in (network, plain):
        one.forward(X)
        one.backward(y)
    np.testing.assert_allclose(network.grads, plain.grads, rtol=1e-13, atol=1e-15)


def test_the_gradient_of_smoothed_labels_is_pytorchs_unscaled() -> None:
    rng = np.random.default_rng(4)
    logits, y = rng.normal(size=(N, 3)), rng.integers(3, size=N)
    theirs = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(
        theirs, torch.tensor(y), label_smoothing=0.2
    )
    loss.backward()
    assert theirs.grad is not None
    ours = logits.copy()
    work = OutputBuffers(N, 3, np.dtype("float64"))
    smoothed_cross_entropy_backward(ours, y, work, 0.2)
    np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-13, atol=1e-15)


def test_steps_are_ten_epochs_long_and_divide_by_ten() -> None:
    """As PyTorch's StepLR with step_size=10, whose own gamma is 0.1."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
    ours = Schedule(schedule="step")
    for epoch in range(25):
        (rate,) = theirs.get_last_lr()
        assert ours.factor(4 * epoch, 4) == pytest.approx(rate, rel=1e-12)
        optimizer.step()
        theirs.step()
