"""Labels, rows and images that do not fit: one sentence, the same from everybody."""

import re
from typing import Any

import numpy as np
import pytest

from compare import HyperParameters, registry
from compare.contract import WithGradients
from tests import engines
from tests.parity import assert_weights_parity
from tests.problems import Problem, make_problem

# With something of the open division, two of them are other classes.
OPEN = {"label_smoothing": 0.1, "dropout": 0.1}
ALL = [
    *engines.params(lambda entry: True, {}, slow=engines.is_optional),
    *engines.params(lambda entry: bool(entry.open_factory), OPEN),
]
everybody = pytest.mark.parametrize(("name", "options"), ALL)
SIZES, N = (6, 5, 4), 30


@pytest.fixture
def problem() -> Problem:
    return make_problem(SIZES, batch_size=N)


def create(name: str, problem: Problem, options: dict[str, Any]) -> Any:
    hyper_parameters = HyperParameters(
        layer_sizes=SIZES, batch_size=8, dtype="float64", **options
    )
    implementation = registry.create(name, hyper_parameters)
    implementation.set_weights(problem.weights)
    return implementation


def with_label(y: Any, label: float) -> Any:
    changed = y.astype(type(label))
    changed[3] = label
    return changed


BAD_LABELS: list[tuple[Any, type[Exception], str]] = [
    (lambda y: with_label(y, 4), ValueError, "y must hold class indices from 0 to 3"),
    (lambda y: with_label(y, -1), ValueError, "y must hold class indices from 0 to 3"),
    # PyTorch's cross_entropy would skip it.
    (lambda y: with_label(y, -100), ValueError, "y must hold class indices from 0 to"),
    (lambda y: np.append(y, 0), ValueError, "y must have shape (30,), one label per"),
    (lambda y: y[:20], ValueError, "y must have shape (30,), one label per row of X"),
    (lambda y: y[:, None], ValueError, "y must have shape (30,), one label per row"),
    (lambda y: with_label(y, 0.5), TypeError, "y must hold whole numbers, class ind"),
    (lambda y: y > 1, TypeError, "y must hold whole numbers, class indices, got bool"),
]


@everybody
@pytest.mark.parametrize(("change", "error", "sentence"), BAD_LABELS)
def test_labels(
    name: str,
    options: dict[str, Any],
    change: Any,
    error: type[Exception],
    sentence: str,
    problem: Problem,
) -> None:
    implementation = create(name, problem, options)
    y = change(problem.y)
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        implementation.train_epoch(problem.X, y, np.arange(N))
    if isinstance(implementation, WithGradients):
        with pytest.raises(error, match=f"^{re.escape(sentence)}"):
            implementation.loss_and_gradients(problem.X, y)
    assert_weights_parity(implementation.get_weights(), problem.weights, tolerance=0)


@everybody
@pytest.mark.parametrize(
    ("order", "error", "sentence"),
    [
        ([2, N], IndexError, "order must hold row numbers from 0 to 29, got 2 to 30"),
        ([-1, 2], IndexError, "order must hold row numbers from 0 to 29, got -1 to 2"),
        ([0.0, 1.0], TypeError, "order must hold whole numbers, row numbers, got flo"),
    ],
    ids=str,
)
def test_rows(
    name: str,
    options: dict[str, Any],
    order: list[Any],
    error: type[Exception],
    sentence: str,
    problem: Problem,
) -> None:
    implementation = create(name, problem, options)
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        implementation.train_epoch(problem.X, problem.y, np.array(order))


@everybody
@pytest.mark.parametrize("shape", [(N, 5), (N,)])
def test_images(
    name: str, options: dict[str, Any], shape: tuple[int, ...], problem: Problem
) -> None:
    implementation = create(name, problem, options)
    sentence = f"X must have shape (n_samples, 6), got {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        implementation.train_epoch(np.zeros(shape), problem.y, np.arange(N))


@everybody
@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint64", ">i8"])
def test_whole_numbers_of_any_type(
    name: str, options: dict[str, Any], dtype: str, problem: Problem
) -> None:
    ends = []
    for kind in ("int64", dtype):
        implementation = create(name, problem, options)
        y, order = problem.y.astype(kind), np.arange(N).astype(kind)
        implementation.train_epoch(problem.X, y, order)
        ends.append(implementation.get_weights())
        if isinstance(implementation, WithGradients):
            ends[-1] += implementation.loss_and_gradients(problem.X, y)[1]
    assert_weights_parity(*ends, tolerance=0)
