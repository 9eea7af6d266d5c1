"""Each layer function of the fast twin against PyTorch autograd, one at a time.

The upstream gradient is random: with ones, a backward pass that multiplies where it
should divide, or forgets the upstream gradient, would pass.
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from numpy_impl import layers
from tests import autograd
from tests.numpy_impl import layer_calls
from tests.parity import CANCELLING, Array, assert_parity
from tests.problems import ACTIVATIONS, BATCH_SIZES, DTYPES

seeds = st.integers(0, 2**32 - 1)
batch_sizes = st.sampled_from(BATCH_SIZES)
dtypes = st.sampled_from(DTYPES)


@given(batch_sizes, st.integers(1, 20), st.integers(1, 20), dtypes, seeds)
def test_linear(
    batch_size: int, fan_in: int, fan_out: int, dtype: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(batch_size, fan_in)).astype(dtype)
    W = rng.normal(size=(fan_in, fan_out)).astype(dtype)
    b = rng.normal(size=fan_out).astype(dtype)
    dz = rng.normal(size=(batch_size, fan_out)).astype(dtype)

    leaves = [autograd.leaf(array) for array in (a, W, b)]
    z = functional.linear(leaves[0], leaves[1].T, leaves[2])
    z.backward(torch.tensor(dz))

    tolerance = CANCELLING[dtype]
    found_z = layer_calls.linear(a, W, b)
    assert_parity(found_z, z.detach().numpy(), name="z", tolerance=tolerance)
    found = layer_calls.linear_gradients(dz, a, W)
    for name, array, tensor in zip(("da", "dW", "db"), found, leaves, strict=True):
        assert_parity(array, autograd.gradient(tensor), name=name, tolerance=tolerance)


def pre_activations(shape: tuple[int, int], dtype: str, seed: int) -> Array:
    """Return z of every size, with exact zeros of both signs and far tails."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 3, shape)
    special = rng.choice([0.0, -0.0, 1e4, -1e4, 30.0, -30.0], shape)
    z = np.where(rng.random(shape) < 0.3, special, z)
    # One ordinary element: σ is exact to a rounding of 1, its range, and a tensor of
    # tails alone (σ(−30) = 9e-14) would be held to a rounding of its tails.
    z[0, 0] = 0.5
    return z.astype(dtype)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(batch_sizes, st.integers(1, 20), dtypes, seeds)
def test_activation(
    activation: str, batch_size: int, width: int, dtype: str, seed: int
) -> None:
    z = pre_activations((batch_size, width), dtype, seed)
    da = np.random.default_rng(seed + 1).normal(size=z.shape).astype(dtype)
    da[0, 0] = 1.25

    z_leaf = autograd.leaf(z)
    a = autograd.ACTIVATIONS[activation](z_leaf)
    a.backward(torch.tensor(da))

    assert_parity(layer_calls.activate(activation, z), a.detach().numpy(), name="a")
    dz = layer_calls.activation_gradient(activation, da, z)
    assert_parity(dz, autograd.gradient(z_leaf), name="dz")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_relu_passes_nothing_at_exactly_zero(zero: float, dtype: str) -> None:
    # The convention of PyTorch and scikit-learn; 1 and 1/2 are subgradients as well.
    z = np.array([[zero, 1, -1]], dtype)
    dz = layer_calls.activation_gradient("relu", np.full_like(z, 3), z)
    assert dz.tolist() == [[0, 3, 0]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_at_known_points(dtype: str) -> None:
    # By hand: σ(0) = 1/2, σ'(0) = 1/4; tanh(0) = 0, tanh'(0) = 1; σ(ln 3) = 3/4.
    zero, one = np.zeros((1, 1), dtype), np.ones((1, 1), dtype)
    assert layer_calls.activate("sigmoid", zero) == 0.5
    assert layer_calls.activation_gradient("sigmoid", one, zero) == 0.25
    assert layer_calls.activate("tanh", zero) == 0
    assert layer_calls.activation_gradient("tanh", one, zero) == 1
    three_quarters = layer_calls.activate("sigmoid", np.full((1, 1), np.log(3), dtype))
    assert_parity(three_quarters, np.full((1, 1), 0.75, dtype), name="sigmoid(ln 3)")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_activations_neither_overflow_nor_warn(
    activation: str, dtype: str
) -> None:
    z = np.array([[-1e4, 1e4, -800, 800]], dtype)
    low = 0 if activation == "sigmoid" else -1
    assert layer_calls.activate(activation, z).tolist() == [[low, 1, low, 1]]
    dz = layer_calls.activation_gradient(activation, np.ones_like(z), z)
    assert dz.tolist() == [[0, 0, 0, 0]]


def random_logits(
    batch_size: int, n_classes: int, dtype: str, seed: int
) -> tuple[Array, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(batch_size, n_classes))
    logits[rng.random(batch_size) < 0.2] = 0  # all classes tie
    return logits.astype(dtype), rng.integers(n_classes, size=batch_size)


@given(batch_sizes, st.integers(2, 12), dtypes, seeds)
def test_softmax_cross_entropy(
    batch_size: int, n_classes: int, dtype: str, seed: int
) -> None:
    logits, y = random_logits(batch_size, n_classes, dtype, seed)
    leaf = autograd.leaf(logits)
    loss = functional.cross_entropy(leaf, torch.tensor(y))
    loss.backward()
    probs = functional.softmax(leaf, dim=1)

    assert_parity(layer_calls.softmax(logits), probs.detach().numpy(), name="probs")
    dlogits = layer_calls.cross_entropy_gradient(logits, y)
    assert_parity(dlogits, autograd.gradient(leaf), name="dlogits")
    found = np.asarray(layers.cross_entropy(logits, y), dtype)
    assert_parity(found, loss.detach().numpy(), name="loss")


@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_of_ten_thousand(dtype: str) -> None:
    """Loss and gradient stay exact where exp overflows and p is exactly 0 or 1."""
    logits = np.array(
        [[1e4, -1e4, 0], [-1e4, 1e4, 0], [1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]], dtype
    )
    y = np.array([0, 0, 1, 2])
    ln2, ln3 = np.log(2), np.log(3)
    # By hand: each row's maximum minus the logit of its label, plus log of the ties.
    expected = np.asarray((0 + 2e4 + ln2 + ln3) / 4, dtype)
    found = np.asarray(layers.cross_entropy(logits, y), dtype)
    assert_parity(found, expected, name="loss")
    probs = [[1, 0, 0], [0, 1, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]
    assert_parity(layer_calls.softmax(logits), np.array(probs, dtype), name="probs")
    dlogits = [[0, 0, 0], [-1, 1, 0], [1 / 2, -1 / 2, 0], [1 / 3, 1 / 3, -2 / 3]]
    assert_parity(
        layer_calls.cross_entropy_gradient(logits, y),
        np.array(dlogits, dtype) / logits.dtype.type(4),
        name="dlogits",
    )


def test_cross_entropy_reads_its_logits_only() -> None:
    logits, y = random_logits(7, 4, "float64", 0)
    before = logits.copy()
    logits.flags.writeable = False
    layers.cross_entropy(logits, y)
    assert np.array_equal(logits, before)
