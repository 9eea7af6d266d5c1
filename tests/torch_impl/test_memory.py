"""What PyTorch's variants keep between calls: bounded, and nobody else's."""

from typing import Any

import numpy as np
import pytest

from tests.parity import assert_weights_parity
from tests.problems import make_problem, separable_data
from torch_impl import TorchImplementation
from torch_impl.lean import MAX_BATCHES, LeanTorchImplementation
from torch_impl.manual import MAX_BUFFERS, ManualTorchImplementation

SIZES, BATCH_SIZE = (6, 5, 4), 64


def test_batches_of_many_sizes_do_not_pile_up() -> None:
    """But the buffers of a full batch stay: a CUDA graph may be recorded on them."""
    X, y, order = separable_data(BATCH_SIZE, 6, 4, dtype="float32")
    lean = LeanTorchImplementation(layer_sizes=SIZES, batch_size=BATCH_SIZE)
    lean.train_epoch(X, y, order)
    full = lean._batches[BATCH_SIZE]
    for n_rows in range(1, 3 * MAX_BATCHES):
        lean.train_epoch(X, y, order[:n_rows])
        assert len(lean._batches) <= MAX_BATCHES
        assert lean._batches[BATCH_SIZE] is full


def test_buffers_of_many_sizes_do_not_pile_up() -> None:
    X, y, order = separable_data(BATCH_SIZE, 6, 4, dtype="float32")
    manual = ManualTorchImplementation(layer_sizes=SIZES, batch_size=BATCH_SIZE)
    for n_rows in range(1, 3 * MAX_BUFFERS):
        manual.train_epoch(X, y, order[:n_rows])
        assert len(manual._buffers) <= MAX_BUFFERS


@pytest.mark.parametrize(
    "kind",
    [TorchImplementation, LeanTorchImplementation, ManualTorchImplementation],
)
@pytest.mark.parametrize("sizes", [(1, 4), (6, 1, 4), (6, 5, 4)])
def test_the_weights_are_copies(kind: Any, sizes: tuple[int, ...]) -> None:
    """Also where fan_in is 1, and a transposed matrix is contiguous as it is."""
    weights = make_problem(sizes).weights
    implementation = kind(layer_sizes=sizes, dtype="float64")
    implementation.set_weights(weights)
    for W, b in implementation.get_weights():
        W += 1
        b += 1
    assert_weights_parity(implementation.get_weights(), weights, tolerance=0)
    X = np.ones((3, sizes[0]))
    _, gradients = implementation.loss_and_gradients(X, np.arange(3))
    kept = [(dW.copy(), db.copy()) for dW, db in gradients]
    implementation.loss_and_gradients(2 * X, np.arange(3))
    assert_weights_parity(gradients, kept, prefix="d", tolerance=0)


def test_data_go_to_a_device_once() -> None:
    """One copy per array object. The device "meta" has no memory, as a stand-in."""
    X, y, order = separable_data(20, 6, 4, dtype="float32")
    implementation = TorchImplementation(layer_sizes=SIZES, device="meta")
    first = implementation._epoch(X, y, order)
    again = implementation._epoch(X, y, order)
    assert again[0] is first[0]
    assert again[1] is first[1]
    other_labels = implementation._epoch(X, y.copy(), order)
    assert other_labels[0] is first[0]
    assert other_labels[1] is not first[1]
    assert implementation._epoch(X.view(), y, order)[0] is not first[0]
    with pytest.raises(ValueError, match="y must hold class indices from 0 to 3"):
        implementation._epoch(X, y + 1, order)
