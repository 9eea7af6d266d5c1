"""What every implementation promises, tested on all of them alike."""

import copy
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compare import HyperParameters
from compare.contract import Implementation
from compare.registry import ENGINES, create
from tests import engines
from tests.parity import Array, Weights, assert_parity, assert_weights_parity
from tests.problems import DTYPES, random_weights, separable_data

SIZES = (6, 5, 4)
N_SAMPLES = 50


def make(name: str, **changes: Any) -> Implementation:
    """Return an implementation with the weights of `start`."""
    fields: dict[str, Any] = {
        "layer_sizes": SIZES,
        "batch_size": 8,
        "dtype": "float64",
        **changes,
    }
    implementation = create(name, HyperParameters(**fields))
    implementation.set_weights(start(fields["dtype"]))
    return implementation


def start(dtype: str = "float64") -> Weights:
    return random_weights(SIZES, dtype, np.random.default_rng(0))


def samples(
    dtype: str = "float64",
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    return separable_data(N_SAMPLES, SIZES[0], SIZES[-1], dtype=dtype)


def equal(one: Weights, other: Weights) -> bool:
    return all(
        np.array_equal(a, b)
        for pair, other_pair in zip(one, other, strict=True)
        for a, b in zip(pair, other_pair, strict=True)
    )


# A network that compiles for many seconds would compile in every test here: those have
# a file of their own.
pytestmark = pytest.mark.parametrize(
    "name",
    # The row `jax-step` is `jax`, and only its loop over the batches is another.
    engines.params(lambda entry: not entry.compiles, slow=engines.is_jax_step),
)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_set_weights_forgets_everything(name: str, optimizer: str) -> None:
    """Velocity, moments, step count: the second run is the first, bit by bit."""
    implementation = make(name, optimizer=optimizer, weight_decay=0.01)
    X, y, order = samples()
    runs = []
    for _ in range(2):
        implementation.set_weights(start())
        for _ in range(3):
            implementation.train_epoch(X, y, order)
        runs.append(implementation.get_weights())
    assert equal(*runs)
    assert not equal(runs[0], start())


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_optimizer_remembers_from_epoch_to_epoch(name: str, optimizer: str) -> None:
    """Two epochs differ from two first epochs."""
    X, y, order = samples()
    implementation, forgetful = (
        make(name, optimizer=optimizer),
        make(name, optimizer=optimizer),
    )
    for one in (implementation, forgetful):
        one.train_epoch(X, y, order)
    forgetful.set_weights(forgetful.get_weights())
    for one in (implementation, forgetful):
        one.train_epoch(X, y, order)
    assert not equal(implementation.get_weights(), forgetful.get_weights())


def test_weights_are_copied_in_and_out(name: str) -> None:
    given = start()
    implementation = make(name)
    implementation.set_weights(given)
    X, y, order = samples()
    implementation.train_epoch(X, y, order)
    assert equal(given, start())
    taken = implementation.get_weights()
    kept = copy.deepcopy(taken)
    implementation.train_epoch(X, y, order)
    assert equal(taken, kept)
    before = implementation.get_weights()
    for W, b in taken:
        W[...] = 0
        b[...] = 0
    assert equal(implementation.get_weights(), before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_weights_come_back(name: str, dtype: str) -> None:
    """Also from float64, Fortran order and a plain list."""
    implementation = make(name, dtype=dtype)
    weights = [(np.asfortranarray(W), b) for W, b in start()]
    implementation.set_weights(weights)
    expected = [(W.astype(dtype), b.astype(dtype)) for W, b in weights]
    found = implementation.get_weights()
    assert_weights_parity(found, expected, tolerance=0)
    assert all(W.flags.c_contiguous for W, _ in found)


def test_nothing_given_is_written_to(name: str) -> None:
    """Arrays that cannot be written to are welcome everywhere."""
    X, y, order = samples()
    weights = start()
    for array in (X, y, order, *(a for pair in weights for a in pair)):
        array.flags.writeable = False
    implementation: Any = make(name)
    implementation.set_weights(weights)
    implementation.train_epoch(X, y, order)
    implementation.predict_proba(X)
    if not ENGINES[name].no_loss:
        implementation.loss_and_gradients(X, y)


def test_layout_in_memory_does_not_matter(name: str) -> None:
    X, y, order = samples()
    ends = []
    strided = np.repeat(X, 2, axis=1)[:, ::2]
    for array in (X, np.asfortranarray(X), strided):
        implementation = make(name)
        implementation.train_epoch(array, y, order)
        ends.append(implementation.get_weights())
    assert equal(ends[0], ends[1])
    assert equal(ends[0], ends[2])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_order_without_rows_changes_nothing(name: str, optimizer: str) -> None:
    """Not even by the momentum of the epochs before."""
    X, y, order = samples()
    implementation = make(name, optimizer=optimizer, weight_decay=0.1)
    implementation.train_epoch(X, y, order)
    before = implementation.get_weights()
    implementation.train_epoch(X, y, order[:0])
    assert equal(implementation.get_weights(), before)


@pytest.mark.parametrize("n_rows", [1, 3, 8, 9, 50])
def test_batch_k_is_a_slice_of_the_order(name: str, n_rows: int) -> None:
    """An epoch is its batches one by one; the last may be short, or the only one."""
    X, y, order = samples()
    order = order[:n_rows]
    whole = make(name, momentum=0.0)
    whole.train_epoch(X, y, order)
    pieces = make(name, momentum=0.0)
    for k in range(0, n_rows, 8):
        pieces.train_epoch(X, y, order[k : k + 8])
    assert_weights_parity(whole.get_weights(), pieces.get_weights(), tolerance=1e-14)
    # Each batch is one step on the mean of its rows: doubling a row changes nothing.
    doubled = make(name, momentum=0.0, batch_size=16)
    doubled.train_epoch(X, y, np.repeat(order, 2))
    assert_weights_parity(whole.get_weights(), doubled.get_weights(), tolerance=1e-12)


def test_rows_may_repeat_and_the_rest_is_not_touched(name: str) -> None:
    X, y, _ = samples()
    order = np.array([3, 3, 7, 1, 3, 0])
    one = make(name)
    one.train_epoch(X, y, order)
    X_other = X.copy()
    X_other[10:] = np.nan if name != "sklearn" else 1e6
    other = make(name)
    other.train_epoch(X_other, y, order)
    assert equal(one.get_weights(), other.get_weights())


def test_new_data_is_seen(name: str) -> None:
    """Nothing of the last call's X or y is kept for the next."""
    X, y, order = samples()
    rng = np.random.default_rng(3)
    for X_new, y_new in (
        (rng.random(X.shape), y),
        (X, rng.permutation(y)),
    ):
        used = make(name)
        used.train_epoch(X, y, order)
        fresh = make(name)
        fresh.set_weights(used.get_weights())
        used.set_weights(used.get_weights())
        used.train_epoch(X_new, y_new, order)
        fresh.train_epoch(X_new, y_new, order)
        assert equal(used.get_weights(), fresh.get_weights())


def test_prediction_is_the_same_each_time_and_for_each_row(name: str) -> None:
    implementation = make(name)
    X, _, _ = samples()
    probs = implementation.predict_proba(X)
    again = implementation.predict_proba(X)
    assert not np.shares_memory(probs, again)
    assert np.array_equal(probs, again)
    assert_parity(probs.sum(axis=1), np.ones(N_SAMPLES), name="sums")
    rows = np.concatenate(
        [implementation.predict_proba(X[i : i + 1]) for i in range(5)]
    )
    assert_parity(rows, probs[:5], name="single rows")
    assert equal(implementation.get_weights(), start())


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: weights[:1],
        lambda weights: [*weights, weights[-1]],
        lambda weights: [(W.T, b) for W, b in weights],
        lambda weights: [(W, b[:1]) for W, b in weights],
        lambda weights: [(W, b[None]) for W, b in weights],
    ],
    ids=["too few", "too many", "transposed", "one bias", "bias as a row"],
)
def test_weights_of_another_shape(name: str, change: Any) -> None:
    implementation = make(name)
    with pytest.raises(ValueError, match=r"^weights must have shapes \[\(\(6, 5\), "):
        implementation.set_weights(change(start()))


@pytest.mark.parametrize("row", [-1, N_SAMPLES])
def test_rows_that_do_not_exist(name: str, row: int) -> None:
    X, y, order = samples()
    order[4] = row
    with pytest.raises(IndexError, match=rf"{row}\b|out of (range|bounds)"):
        make(name).train_epoch(X, y, order)


@pytest.mark.parametrize("label", [-1, 4])
def test_labels_that_are_no_class(name: str, label: int) -> None:
    X, y, order = samples()
    y[4] = label
    kinds = (ValueError, IndexError)  # PyTorch: Target 4 is out of bounds
    with pytest.raises(kinds, match=rf"{label}\b"):
        make(name).train_epoch(X, y, order)


def test_data_that_does_not_fit(name: str) -> None:
    X, y, order = samples()
    kinds = (ValueError, RuntimeError, IndexError)  # each framework has its own words
    for X_bad, y_bad in ((X[:, :5], y), (X[0], y), (X, y[:20])):
        with pytest.raises(kinds):
            make(name).train_epoch(X_bad, y_bad, order)
    with pytest.raises(kinds):
        make(name).predict_proba(X[:, :5])


def test_training_that_diverges_says_so(name: str) -> None:
    X, y, order = samples()
    implementation = make(name, activation="identity", learning_rate=1e200)
    kinds = (FloatingPointError, ValueError)  # ValueError: scikit-learn's own
    with pytest.raises(kinds, match=r"diverged|non-finite"):
        implementation.train_epoch(X, y, order)
