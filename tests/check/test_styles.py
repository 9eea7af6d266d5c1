"""Correct implementations of other styles pass, and no complaint is made."""

import itertools
from typing import Any

import numpy as np
import pytest

import compare
from compare.check.simulate.activations import sigmoid
from examples import my_functions
from examples.my_mlp import MyMLP
from numpy_impl import textbook
from tests.check.share import every, only

Functions = tuple[Any, Any]


def rows(*, one_hot: bool, logits: bool, dtype: str = "float64") -> Functions:
    """The textbook's equations with one-hot labels or not, logits or not."""

    def convert(weights: Any, X: Any) -> Any:
        return [(W.astype(dtype), b.astype(dtype)) for W, b in weights], X.astype(dtype)

    def forward(weights: Any, X: Any) -> Any:
        z = textbook.forward(*convert(weights, X))[0][-1]
        return z if logits else textbook.softmax(z)

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        if one_hot:
            assert y.shape == (len(X), 10)
            y = y.argmax(axis=1)
        else:
            assert y.shape == (len(X),)
        converted, X = convert(weights, X)
        return textbook.loss_and_gradients(converted, X, y)[1]

    return forward, gradients


def transposed() -> Functions:
    """Weights (fan_out, fan_in), samples in rows."""

    def ours(weights: Any) -> Any:
        return [(W.T, b) for W, b in weights]

    def forward(weights: Any, X: Any) -> Any:
        a = X
        for W, b in weights[:-1]:
            a = np.maximum(a @ W.T + b, 0)
        return textbook.softmax(a @ weights[-1][0].T + weights[-1][1])

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        found = textbook.loss_and_gradients(ours(weights), X, y)[1]
        return [(dW.T, db) for dW, db in found]

    return forward, gradients


def columns() -> Functions:
    """One sample per column, biases (n, 1), one-hot labels, as many courses do."""

    def run(weights: Any, A: Any) -> Any:
        activations = [A]
        for W, b in weights:
            assert b.shape == (len(W), 1)
            Z = W @ activations[-1] + b
            activations.append(sigmoid(Z))
        E = np.exp(Z - Z.max(axis=0))
        return activations, E / E.sum(axis=0)

    def forward(weights: Any, X: Any) -> Any:
        return run(weights, X)[1]

    def gradients(weights: Any, X: Any, Y: Any) -> Any:
        activations, probs = run(weights, X)
        m = X.shape[1]
        dZ = probs - Y
        found: list[Any] = []
        for layer in reversed(range(len(weights))):
            A = activations[layer]
            found.insert(0, (dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m))
            dZ = (weights[layer][0].T @ dZ) * A * (1 - A)
        return found

    return forward, gradients


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        (rows(one_hot=False, logits=False), []),
        (rows(one_hot=True, logits=False), ["Labels are taken as one-hot."]),
        (rows(one_hot=False, logits=True), ["forward returns logits; softmax is put"]),
        (rows(one_hot=False, logits=False, dtype="float32"), ["computes in float32"]),
        (rows(one_hot=True, logits=True, dtype="float32"), ["float32", "logits"]),
        (transposed(), ["(fan_out, fan_in)"]),
        (columns(), ["in columns", "(n, 1)", "activation is sigmoid", "one-hot"]),
        ((my_functions.forward, my_functions.gradients), ["The activation is tanh."]),
    ],
    ids=["rows", "one-hot", "logits", "float32", "both", "transposed", "columns", "ex"],
)
def test_two_functions_of_any_style_pass(functions: Functions, said: list[str]) -> None:
    report = compare.check(*functions)
    assert report.passed, report
    assert not report.findings
    notes = " ".join(report.notes)
    assert all(piece in notes for piece in said), notes
    if not said:
        assert not notes


@pytest.mark.parametrize(
    "form", ["flat", "two lists", "dictionary", "with loss", "cache", "row biases"]
)
def test_gradients_may_come_in_other_containers(form: str) -> None:
    def forward(weights: Any, X: Any) -> Any:
        probs = textbook.softmax(textbook.forward(weights, X)[0][-1])
        return (probs, {"cache": 1}) if form == "cache" else probs

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        loss, found = textbook.loss_and_gradients(weights, X, y)
        if form == "flat":
            return list(itertools.chain(*found))
        if form == "two lists":
            return [dW for dW, _ in found], [db for _, db in found]
        if form == "dictionary":
            return {
                f"d{name}{k + 1}": g
                for k, pair in enumerate(found)
                for name, g in zip("Wb", pair, strict=True)
            }
        if form == "row biases":
            return [(dW, db.reshape(1, -1)) for dW, db in found]
        return (loss, found) if form == "with loss" else found

    report = compare.check(forward, gradients)
    assert report.passed, report


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_number_of_layers_is_recognised(depth: int) -> None:
    def forward(weights: Any, X: Any) -> Any:
        if len(weights) != depth:
            raise ValueError("not enough values to unpack")
        return textbook.softmax(textbook.forward(weights, X)[0][-1])

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        return textbook.loss_and_gradients(weights, X, y)[1]

    report = compare.check(forward, gradients)
    assert report.passed, report
    assert f"There are {depth} layers." in report.notes


BUILT_IN = ("numpy", "textbook", "torch", "sklearn")


@pytest.mark.parametrize("name", only(("textbook", "torch"), BUILT_IN))
@pytest.mark.parametrize("optimizer", every(2, ["sgd", "adam"]))
def test_the_built_in_implementations_pass(name: str, optimizer: str) -> None:
    if (name, optimizer) == ("sklearn", "adam"):
        pytest.skip("its epsilon stands elsewhere: see the next test")
    report = compare.check(
        name, whole_epoch=False, layer_sizes=(7, 6, 6, 10), optimizer=optimizer
    )
    assert report.passed, report


@pytest.mark.parametrize("name", ["sklearn", "numpy-eps-hat"])
def test_the_epsilon_of_scikit_learn_is_named(name: str) -> None:
    report = compare.check(
        name, whole_epoch=False, layer_sizes=(7, 6, 6, 10), optimizer="adam"
    )
    assert report.mistakes == ["adam-epsilon"], report


def test_the_example_of_a_class_passes() -> None:
    report = compare.check(MyMLP, whole_epoch=False, layer_sizes=(20, 16, 10))
    assert report.passed, report
    assert not report.notes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy", "textbook", "torch"])
def test_the_full_network_passes_with_a_whole_epoch(name: str) -> None:
    report = compare.check(name)
    assert report.passed, report
    assert report.gates[-1].passed
