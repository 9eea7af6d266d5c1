"""Every engine of the registry trains the same small network as PyTorch does.

Three epochs in float64 with a short last batch: every optimizer, every activation. Its
like on the full MNIST is `test_lockstep.py`.
"""

import functools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pytest

from compare import HyperParameters
from compare.engine import Engine
from compare.errors import UnsupportedError
from compare.registry import ENGINES, create
from tests import autograd, engines
from tests.conv_problems import SMALL, make_conv_problem
from tests.parity import Array, Weights, assert_parity, assert_weights_parity
from tests.problems import random_weights, separable_data

SIZES = (6, 5, 4)
# Engines differ by the order of roundings alone. Adam divides by √v, which makes them
# larger.
TOLERANCE = {"sgd": 1e-12, "adam": 1e-10, "adamw": 1e-10}
SGD: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 0.05}
ADAM: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01}

OPTIONS: list[dict[str, Any]] = [
    {**SGD, "momentum": 0.0},
    {**SGD, "momentum": 0.9, "weight_decay": 0.01},
    {**SGD, "momentum": 0.9, "nesterov": True},
    ADAM,
    {**ADAM, "weight_decay": 0.1},
    {**ADAM, "optimizer": "adamw", "weight_decay": 0.1},
]


def trained(name: str, **options: Any) -> tuple[Weights, Array]:
    """Return weights and predictions after three epochs of batches 8, 8, …, 2."""
    fields = {"layer_sizes": SIZES, "batch_size": 8, "dtype": "float64", **options}
    hp = HyperParameters(**fields)
    implementation = create(name, hp)
    implementation.set_weights(
        random_weights(hp.architecture, hp.dtype, np.random.default_rng(0))
    )
    X, y, order = separable_data(50, hp.n_features, hp.n_classes, dtype=hp.dtype)
    # Two pixels that are 0 in every image, and one that is in most: what an engine
    # that skips zeros must get right.
    X[:, [0, 3]] = 0
    X[5:, 4] = 0
    for _ in range(3):
        implementation.train_epoch(X, y, order)
    return implementation.get_weights(), implementation.predict_proba(X)


def reference_of(name: str, optimizer: str) -> str:
    """Return PyTorch, or our twin of the Adam that has its ε elsewhere."""
    hatted = ENGINES[name].epsilon_hat and optimizer != "sgd"
    return "numpy-eps-hat" if hatted else "torch"


def assert_same_training(name: str, **options: Any) -> None:
    try:
        weights, probs = trained(name, **options)
    except UnsupportedError as reason:
        pytest.skip(str(reason))
    optimizer = options["optimizer"]
    expected, expected_probs = trained(reference_of(name, optimizer), **options)
    tolerance = TOLERANCE[optimizer]
    assert_weights_parity(weights, expected, tolerance=tolerance)
    assert_parity(probs, expected_probs, name="probs", tolerance=tolerance)


def quick(entry: Engine) -> bool:
    return not entry.compiles


def each(values: Sequence[Any], of_jax: Collection[Any], of_its_step: Any) -> list[Any]:
    """Return a test of every engine with every value.

    JAX compiles each anew: by default it has those of `of_jax`, and `jax-step`, whose
    step is in the loop of `jax`, has one.
    """

    def is_slow(value: Any, entry: Engine) -> bool:
        if engines.is_jax_step(entry):
            return bool(value != of_its_step)
        return engines.is_jax(entry) and value not in of_jax

    return [
        pytest.param(*p.values, value, id=f"{value}-{p.id}", marks=p.marks)
        for value in values
        for p in engines.params(quick, slow=functools.partial(is_slow, value))
    ]


# Each optimizer with all it has.
TELLING = [OPTIONS[1], OPTIONS[2], OPTIONS[4], OPTIONS[5]]


@pytest.mark.parametrize(("name", "options"), each(OPTIONS, TELLING, OPTIONS[2]))
def test_optimizers(name: str, options: dict[str, Any]) -> None:
    if name == "sklearn" and options.get("weight_decay"):
        options = {**options, "batch_size": 10}  # a short batch it decays more
    assert_same_training(name, **options)


@pytest.mark.parametrize(
    ("name", "activation"), each(["sigmoid", "tanh", "identity"], ["tanh"], None)
)
def test_activations(name: str, activation: str) -> None:
    assert_same_training(name, **SGD, activation=activation)


def convolves(entry: Engine) -> bool:
    return bool(entry.conv_factory)


@pytest.mark.parametrize(
    "name",
    engines.params(
        # Of JAX the tie in a pool is enough: all its gradients.
        lambda entry: convolves(entry) and quick(entry),
        slow=engines.is_jax,
    ),
)
@pytest.mark.parametrize(
    "options",
    [pytest.param(o, marks=[pytest.mark.slow] * (o != OPTIONS[2])) for o in OPTIONS],
    ids=str,
)
def test_convolutional_networks(name: str, options: dict[str, Any]) -> None:
    assert_same_training(name, **vars(SMALL), **options)


@pytest.mark.parametrize("name", engines.params(convolves, slow=engines.is_jax_step))
def test_a_tie_in_a_pool_is_decided_as_in_pytorch(name: str) -> None:
    """In whole numbers, where a pool in six has its largest pixel more than once."""
    problem = make_conv_problem(ties=True)
    n = len(problem.X)
    hp = HyperParameters(
        **vars(SMALL),
        optimizer="sgd",
        learning_rate=1.0,
        momentum=0.0,
        batch_size=n,
        dtype="float64",
    )
    implementation = create(name, hp)
    implementation.set_weights(problem.weights)
    # One step at the rate 1: its difference is the gradient.
    implementation.train_epoch(problem.X, problem.y, np.arange(n))
    gradients: Weights = [
        (W - W_after, b - b_after)
        for (W, b), (W_after, b_after) in zip(
            problem.weights, implementation.get_weights(), strict=True
        )
    ]
    expected = autograd.reference(*problem.arguments).gradients
    assert_weights_parity(gradients, expected, prefix="d", tolerance=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize(
    "name", engines.params(lambda entry: convolves(entry) and entry.compiles)
)
@pytest.mark.parametrize("options", OPTIONS[2:4], ids=str)
def test_convolutional_networks_of_those_that_compile(
    name: str, options: dict[str, Any]
) -> None:
    assert_same_training(name, **vars(SMALL), **options)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("name", engines.params(lambda entry: entry.compiles))
@pytest.mark.parametrize("options", OPTIONS[2:], ids=str)
def test_those_that_compile(name: str, options: dict[str, Any]) -> None:
    assert_same_training(name, **options)


@pytest.mark.parametrize("name", engines.params(quick))
def test_one_layer_alone(name: str) -> None:
    """Softmax regression: no hidden layer, so the first layer is the last."""
    if name == "sklearn":
        pytest.skip("MLPClassifier without a hidden layer takes X for its weights")
    sizes = (6, 4)
    X, y, order = separable_data(50, 6, 4, dtype="float64")
    ends = []
    for one in (name, "torch"):
        hp = HyperParameters(layer_sizes=sizes, batch_size=8, dtype="float64", **SGD)
        implementation = create(one, hp)
        implementation.set_weights(
            random_weights(hp.architecture, "float64", np.random.default_rng(0))
        )
        implementation.train_epoch(X, y, order)
        ends.append(implementation.get_weights())
    assert_weights_parity(*ends, tolerance=1e-12)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *engines.params(
            quick,
            "float32",
            slow=lambda entry: engines.is_numba(entry) or engines.is_jax_step(entry),
        ),
        # All parities of JAX to 1e-12 are in float64.
        *engines.params(quick, "float64", slow=engines.is_jax),
    ],
)
def test_the_dtype_stays(name: str, dtype: str) -> None:
    """Whatever the dtype of the data."""
    other = "float64" if dtype == "float32" else "float32"
    X, y, order = separable_data(50, SIZES[0], SIZES[-1], dtype=other)
    hp = HyperParameters(layer_sizes=SIZES, batch_size=8, dtype=dtype, **ADAM)
    implementation = create(name, hp)
    implementation.set_weights(random_weights(SIZES, dtype, np.random.default_rng(0)))
    implementation.train_epoch(X, y, order)
    arrays = [array for pair in implementation.get_weights() for array in pair]
    arrays.append(implementation.predict_proba(X))
    assert {array.dtype.name for array in arrays} == {dtype}


@pytest.mark.parametrize(
    "name",
    engines.params(
        quick, slow=lambda entry: engines.is_numba(entry) or engines.is_jax_step(entry)
    ),
)
@pytest.mark.parametrize("options", [SGD, ADAM], ids=["sgd", "adam"])
def test_float32_stays_as_near_as_its_roundings_allow(
    name: str, options: dict[str, Any]
) -> None:
    """Three epochs: measured 3e-6 at most for SGD, 1e-5 for Adam."""
    weights, _ = trained(name, **options, dtype="float32")
    reference = reference_of(name, options["optimizer"])
    expected, _ = trained(reference, **options, dtype="float64")
    exact = [(W.astype("float64"), b.astype("float64")) for W, b in weights]
    assert all(W.dtype == np.float32 for W, _ in weights)
    assert_weights_parity(exact, expected, tolerance=1e-4)
