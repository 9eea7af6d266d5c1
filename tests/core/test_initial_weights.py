"""The initial weights: distributions beside torch.nn.init, and the same every time."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from compare import initial_weights
from compare.errors import UsageError
from compare.weights import SCHEMES, epoch_order

FAN_IN, FAN_OUT = 600, 200


def torch_weights(scheme: str) -> tuple[np.ndarray, np.ndarray]:
    """Return W (fan_in, fan_out) and b as torch draws them, in float64."""
    generator = torch.Generator().manual_seed(1)
    linear = nn.Linear(FAN_IN, FAN_OUT, dtype=torch.float64)
    # Only torch_default has biases; the other three are set to zero by custom.
    biases = torch.zeros(FAN_OUT, dtype=torch.float64)
    init: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "he_normal": lambda w: nn.init.kaiming_normal_(
            w, nonlinearity="relu", generator=generator
        ),
        "he_uniform": lambda w: nn.init.kaiming_uniform_(
            w, nonlinearity="relu", generator=generator
        ),
        "glorot_uniform": lambda w: nn.init.xavier_uniform_(w, generator=generator),
    }
    if scheme == "torch_default":
        torch.manual_seed(1)
        linear.reset_parameters()
        biases = linear.bias
    else:
        init[scheme](linear.weight)
    return linear.weight.detach().numpy().T, biases.detach().numpy()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_distribution_of_torch(scheme: str) -> None:
    """120,000 weights each: a scale that is off by 3 % would show."""
    ((W, b),) = initial_weights(
        (FAN_IN, FAN_OUT), seed=0, scheme=scheme, dtype="float64"
    )
    expected, expected_b = torch_weights(scheme)
    assert W.shape == expected.shape
    assert b.shape == expected_b.shape
    assert W.std() == pytest.approx(expected.std(), rel=0.01)
    assert abs(W.mean()) < 4 * expected.std() / math.sqrt(W.size)
    assert stats.ks_2samp(W.ravel(), expected.ravel()).pvalue > 0.01
    if scheme == "torch_default":
        limit = 1 / math.sqrt(FAN_IN)
        assert limit * 0.95 < np.abs(b).max() < limit
        assert stats.ks_2samp(b, expected_b).pvalue > 0.01
    else:
        assert not b.any()
        assert not expected_b.any()


@pytest.mark.parametrize(
    ("scheme", "variance"),
    [
        ("he_normal", 2 / FAN_IN),
        ("he_uniform", 2 / FAN_IN),
        ("glorot_uniform", 2 / (FAN_IN + FAN_OUT)),
        ("torch_default", 1 / (3 * FAN_IN)),
    ],
)
def test_the_variance_of_the_papers(scheme: str, variance: float) -> None:
    ((W, _),) = initial_weights((FAN_IN, FAN_OUT), seed=0, scheme=scheme)
    assert W.var() == pytest.approx(variance, rel=0.015)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_seed_gives_the_same_numbers(scheme: str) -> None:
    sizes = (30, 20, 10)
    one = initial_weights(sizes, seed=7, scheme=scheme)
    same = initial_weights(sizes, seed=7, scheme=scheme)
    other = initial_weights(sizes, seed=8, scheme=scheme)
    for (W, b), (W_same, b_same), (W_other, _) in zip(one, same, other, strict=True):
        assert np.array_equal(W, W_same)
        assert np.array_equal(b, b_same)
        assert not np.shares_memory(W, W_same)
        assert not np.isclose(W, W_other).any(axis=None, where=W != 0)
    assert [(W.shape, b.shape) for W, b in one] == [
        ((30, 20), (20,)),
        ((20, 10), (10,)),
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_float32_is_float64_rounded(scheme: str) -> None:
    """Runs of either dtype start from the same point."""
    single = initial_weights((30, 20, 10), seed=7, scheme=scheme, dtype="float32")
    double = initial_weights((30, 20, 10), seed=7, scheme=scheme, dtype="float64")
    for pair, exact in zip(single, double, strict=True):
        for array, wide in zip(pair, exact, strict=True):
            assert array.dtype == np.float32
            assert wide.dtype == np.float64
            assert np.array_equal(array, wide.astype(np.float32))
    # Drawn in float64: float32 could not hold these digits.
    assert not np.array_equal(double[0][0], single[0][0])


def test_an_unknown_scheme() -> None:
    with pytest.raises(
        UsageError, match=r"^scheme must be one of he_normal, .*, got 'lecun'"
    ):
        initial_weights((784, 10), seed=0, scheme="lecun")


def test_no_global_generator_is_touched() -> None:
    np.random.seed(0)  # noqa: NPY002  # the global generator is the thing watched
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002  # as above
    initial_weights((30, 10), seed=0)
    epoch_order(100, seed=0, epoch=0)
    after = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002  # as above
    assert np.array_equal(before, after)


def test_the_order_of_an_epoch() -> None:
    first = epoch_order(1000, seed=3, epoch=0)
    assert np.array_equal(np.sort(first), np.arange(1000))
    assert np.array_equal(first, epoch_order(1000, seed=3, epoch=0))
    for seed, epoch in ((3, 1), (4, 0), (0, 3)):
        # Two permutations of 1000 have about one place in common.
        same = first == epoch_order(1000, seed=seed, epoch=epoch)
        assert same.sum() < 10


def test_weights_and_the_first_order_come_from_two_streams() -> None:
    """One stream would make the first numbers of one decide those of the other."""
    weights = initial_weights((100, 1), seed=3, scheme="he_uniform", dtype="float64")
    limit = np.sqrt(6 / 100)
    uniform = (weights[0][0][:, 0] / limit + 1) / 2
    order = epoch_order(100, seed=3, epoch=0)
    for seed in (3, [3], [3, 0], [3, 0, 0]):
        again = np.random.default_rng(seed)
        assert not np.allclose(again.random(100), uniform)
        assert not np.array_equal(np.random.default_rng(seed).permutation(100), order)
