"""The leaner ways of using PyTorch train the same network as the plain one."""

from typing import Any

import numpy as np
import pytest

from compare import HyperParameters, registry
from compare.errors import UnsupportedError
from tests.parity import Array, Weights, assert_parity, assert_weights_parity
from tests.problems import random_weights, separable_data

SIZES = (6, 5, 4)
# The variant differs from the plain loop by the order of roundings alone. Adam
# divides by √v, which makes them larger.
TOLERANCE = {"sgd": 1e-12, "adam": 1e-10, "adamw": 1e-10}

OPTIONS: list[dict[str, Any]] = [
    {"optimizer": "sgd", "momentum": 0.0},
    {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01},
    {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
    {"optimizer": "adam", "learning_rate": 0.01},
    {"optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0.1},
    {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
]


def trained(name: str, **options: Any) -> tuple[Weights, Array]:
    """Return weights and predictions after three epochs of batches 8, 8, …, 2."""
    hyper_parameters = HyperParameters(
        layer_sizes=SIZES, batch_size=8, dtype="float64", **options
    )
    implementation = registry.create(name, hyper_parameters)
    implementation.set_weights(
        random_weights(SIZES, "float64", np.random.default_rng(0))
    )
    X, y, order = separable_data(50, SIZES[0], SIZES[-1], dtype="float64")
    for _ in range(3):
        implementation.train_epoch(X, y, order)
    return implementation.get_weights(), implementation.predict_proba(X)


def assert_same_training(name: str, **options: Any) -> None:
    weights, probs = trained(name, **options)
    expected, expected_probs = trained("torch", **options)
    tolerance = TOLERANCE[options["optimizer"]]
    assert_weights_parity(weights, expected, tolerance=tolerance)
    assert_parity(probs, expected_probs, name="probs", tolerance=tolerance)


@pytest.mark.parametrize("name", ["torch-foreach", "torch-lean", "torch-manual"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_optimizers(name: str, options: dict[str, Any]) -> None:
    assert_same_training(name, **options)


@pytest.mark.parametrize("name", ["torch-lean", "torch-manual"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
def test_activations(name: str, activation: str) -> None:
    assert_same_training(name, optimizer="sgd", activation=activation)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("options", OPTIONS[2:], ids=str)
def test_compiled(options: dict[str, Any]) -> None:
    assert_same_training("torch-compile", **options)


def test_without_a_compiler_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(UnsupportedError, match=r"C\+\+ compiler.*install g\+\+"):
        registry.create("torch-compile", HyperParameters())


def test_without_headers_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/nowhere")
    with pytest.raises(UnsupportedError, match=r"/nowhere/Python\.h does not exist"):
        registry.create("torch-compile", HyperParameters())
