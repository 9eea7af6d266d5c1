"""Each epoch draws masks of its own, and as many arrays as batch sizes in use."""

from typing import Any

import numpy as np
import pytest

from numpy_impl import OpenNumpyImplementation
from numpy_impl.network import MAX_WORKSPACES
from tests.parity import Weights, assert_weights_parity
from tests.problems import make_problem
from torch_impl import OpenTorchImplementation

SIZES, N = (8, 20, 3), 32


def create(kind: Any) -> Any:
    implementation = kind(
        layer_sizes=SIZES, batch_size=16, dropout=0.5, dtype="float64"
    )
    implementation.set_weights(make_problem(SIZES).weights)
    return implementation


def trained(kind: Any, order: Any) -> Weights:
    """Train on rows that are all the same, so that the order changes no batch."""
    implementation = create(kind)
    implementation.train_epoch(np.ones((N, 8)), np.ones(N, int), order)
    weights: Weights = implementation.get_weights()
    return weights


@pytest.mark.parametrize("kind", [OpenNumpyImplementation, OpenTorchImplementation])
def test_another_order_draws_other_masks(kind: Any) -> None:
    order = np.arange(N)
    assert_weights_parity(trained(kind, order), trained(kind, order), tolerance=0)
    with pytest.raises(AssertionError, match=r"^W\[0\]: error"):
        assert_weights_parity(
            trained(kind, order[::-1]), trained(kind, order), tolerance=1e-3
        )


def test_the_same_order_draws_other_masks_in_another_epoch() -> None:
    implementation, seen = create(OpenNumpyImplementation), []
    for _ in range(2):
        implementation.train_epoch(np.ones((16, 8)), np.ones(16, int), np.arange(16))
        seen.append(implementation.network._dropouts[16][0].mask.copy())
    assert (seen[0] != seen[1]).any()


def test_masks_of_many_batch_sizes_do_not_pile_up() -> None:
    implementation = create(OpenNumpyImplementation)
    for n_rows in range(1, 17):
        implementation.train_epoch(np.ones((N, 8)), np.ones(N, int), np.arange(n_rows))
        assert len(implementation.network._dropouts) <= MAX_WORKSPACES
