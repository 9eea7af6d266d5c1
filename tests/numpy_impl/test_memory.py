"""A training step allocates no array, moves no buffer, and never changes dtype."""

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from numpy_impl import (
    Adam,
    NumpyImplementation,
    OpenNumpyImplementation,
    layers,
)
from numpy_impl.implementation import make_optimizer
from tests.numpy_impl.test_textbook import OPTIMIZERS
from tests.parity import Array
from tests.problems import ACTIVATIONS, DTYPES, random_weights

# Two shapes of network, so that any array stands out: in the first, one number per row
# is 128 kB or more; in the second, one number per parameter is 438 kB or more.
MANY_ROWS = ((12, 10, 8, 4), 32_768)
MANY_PARAMETERS = ((784, 128, 64, 10), 16)
LAYER_SIZES, BATCH_SIZE = (50, 40, 30, 10), 512

# Not arrays, and of the same size for every batch: the iterator with which NumPy
# broadcasts b or converts a comparison holds 8192 elements (np.getbufsize), and a
# step makes some views, slices and numbers.
BUFFER_ELEMENTS = 8192
PYTHON_OBJECTS_BYTES = 4096


def allowed_bytes(dtype: str) -> int:
    return BUFFER_ELEMENTS * np.dtype(dtype).itemsize + PYTHON_OBJECTS_BYTES


def prepared(
    activation: str,
    optimizer: str,
    dtype: str,
    layer_sizes: tuple[int, ...] = LAYER_SIZES,
    batch_size: int = BATCH_SIZE,
) -> tuple[NumpyImplementation, Array, Any, Any]:
    """Return an implementation that has trained once, and the data of one batch."""
    options = {**OPTIMIZERS[optimizer], "batch_size": batch_size}
    implementation = NumpyImplementation(
        layer_sizes=layer_sizes, activation=activation, dtype=dtype, **options
    )
    rng = np.random.default_rng(0)
    implementation.set_weights(random_weights(layer_sizes, dtype, rng))
    X = rng.random((batch_size, layer_sizes[0])).astype(dtype)
    y = rng.integers(layer_sizes[-1], size=batch_size)
    order = rng.permutation(batch_size)
    implementation.train_epoch(X, y, order)
    return implementation, X, y, order


def peak_bytes(function: Callable[[], None]) -> int:
    """Return the most memory that was allocated at once while it ran, freed or not.

    NumPy reports its arrays to tracemalloc, in a domain of its own.
    """
    function()
    tracemalloc.start()
    try:
        function()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_the_measurement_sees_an_array() -> None:
    column = np.ones(MANY_ROWS[1], np.float32)
    scratch, limit = np.empty_like(column), allowed_bytes("float32")
    assert peak_bytes(lambda: (column + column).sum()) > limit
    assert peak_bytes(lambda: np.add(column, column, out=scratch).sum()) < limit


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "shape", [MANY_ROWS, MANY_PARAMETERS], ids=["many rows", "many parameters"]
)
def test_a_step_allocates_no_array(
    shape: tuple[tuple[int, ...], int], optimizer: str, activation: str, dtype: str
) -> None:
    """Gather, forward, backward, update: all that train_epoch does with a batch."""
    layer_sizes, batch_size = shape
    implementation, X, y, order = prepared(
        activation, optimizer, dtype, layer_sizes, batch_size
    )
    peak = peak_bytes(lambda: implementation.train_epoch(X, y, order))
    # The check at the end of an epoch has one byte per parameter: finite or not.
    assert peak < allowed_bytes(dtype) + implementation.network.n_params


def test_an_array_in_a_step_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """One number per row, or one per parameter: two faults planted, two failures."""
    right_forward, right_step = layers.linear_forward, Adam.step

    def forward(z: Array, *rest: Any) -> None:
        right_forward(z, *rest)
        z.sum(axis=1)

    def step(self: Adam) -> None:
        self._params.copy()
        right_step(self)

    with monkeypatch.context() as patch:
        patch.setattr(layers, "linear_forward", forward)
        with pytest.raises(AssertionError):
            test_a_step_allocates_no_array(MANY_ROWS, "momentum", "relu", "float32")
    with monkeypatch.context() as patch:
        patch.setattr(Adam, "step", step)
        with pytest.raises(AssertionError):
            test_a_step_allocates_no_array(MANY_PARAMETERS, "adam", "relu", "float32")


def arrays_of(thing: object, seen: set[int] | None = None) -> Iterator[np.ndarray]:
    """Yield every array reachable from an object through attributes and containers."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from arrays_of(value, seen)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from arrays_of(value, seen)
    elif type(thing).__module__.startswith("numpy_impl"):
        yield from arrays_of(vars(thing), seen)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_dtype_everywhere(optimizer: str, activation: str, dtype: str) -> None:
    """No float64 hides in a float32 network, nor the other way round."""
    implementation, X, y, order = prepared(activation, optimizer, dtype)
    implementation.train_epoch(X, y, order[:100])
    arrays = list(arrays_of(implementation))
    floats = [a for a in arrays if a.dtype.kind == "f"]
    assert len(floats) > 20
    assert {a.dtype.name for a in floats} == {dtype}
    probs = implementation.predict_proba(X)
    _, gradients = implementation.loss_and_gradients(X, y)
    results = [probs, *arrays_of(gradients), *arrays_of(implementation.get_weights())]
    assert {a.dtype.name for a in results} == {dtype}


def test_the_other_dtype_is_converted_once_at_the_door() -> None:
    implementation, X, y, order = prepared("relu", "adam", "float32")
    implementation.train_epoch(X.astype(np.float64), y, order)
    implementation.predict_proba(X.astype(np.float64))
    implementation.loss_and_gradients(X.astype(np.float64), y)
    implementation.set_weights(
        random_weights(LAYER_SIZES, "float64", np.random.default_rng(0))
    )
    implementation.train_epoch(X, y, order)
    floats = [a for a in arrays_of(implementation) if a.dtype.kind == "f"]
    assert {a.dtype.name for a in floats} == {"float32"}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_buffers_keep_their_address(optimizer: str) -> None:
    implementation, X, y, order = prepared("relu", optimizer, "float32")
    implementation.train_epoch(X, y, order[:100])  # both batch sizes have been seen

    def addresses() -> list[int]:
        return sorted(a.__array_interface__["data"][0] for a in arrays_of(found))

    found = [implementation.network, implementation.optimizer]
    before = addresses()
    for rows in (order, order[:100], order):
        implementation.train_epoch(X, y, rows)
        assert addresses() == before


def test_named_weights_are_views_of_the_flat_vectors() -> None:
    network = prepared("relu", "momentum", "float64")[0].network
    for flat, views in (
        (network.params, [*network.W, *network.b]),
        (network.grads, [*network.dW, *network.db]),
    ):
        assert sum(view.size for view in views) == flat.size
        assert all(np.shares_memory(view, flat) for view in views)
        # In order and without overlap: numbered, the vector is numbered through.
        for k, view in enumerate(views):
            view[...] = k
        expected = np.repeat(np.arange(len(views)), [view.size for view in views])
        assert np.array_equal(flat, expected)


@pytest.mark.parametrize("order", ["F", "strided"])
@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (NumpyImplementation, "_train_batch"),
        (OpenNumpyImplementation, "_train_open"),
    ],
)
def test_images_out_of_order_are_put_in_order_once(
    kind: Any, step: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`take` copies the whole of an array that is not C-contiguous, in each batch."""
    X = np.zeros((30, 6), np.float32)
    X = np.asfortranarray(X) if order == "F" else np.repeat(X, 2, axis=0)[::2]
    implementation = kind(layer_sizes=(6, 5, 4), batch_size=8)
    seen: list[Array] = []
    monkeypatch.setattr(implementation, step, lambda X, *_: seen.append(X))
    implementation.train_epoch(X, np.zeros(30, int), np.arange(30))
    assert len(seen) == 4
    assert len({id(batch) for batch in seen}) == 1
    assert seen[0].flags.c_contiguous


def test_workspaces_of_many_batch_sizes_do_not_pile_up() -> None:
    implementation, X, y, _ = prepared("relu", "momentum", "float32")
    for n_rows in range(1, 60):
        implementation.train_epoch(X, y, np.arange(n_rows))
    n_inputs = sum(
        a.ndim == 2 and a.shape[1] == LAYER_SIZES[0]
        for a in arrays_of(implementation.network._workspaces)
    )
    assert n_inputs < 20


def test_the_optimizer_works_on_the_networks_own_vectors() -> None:
    network = prepared("relu", "momentum", "float64")[0].network
    optimizer = make_optimizer(network, learning_rate=0.5, momentum=0.0)
    before = network.params.copy()
    network.grads[:] = 1
    optimizer.step()
    assert np.array_equal(network.params, before - 0.5)
