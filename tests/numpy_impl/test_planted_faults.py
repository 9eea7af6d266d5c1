"""Faults planted on purpose: the parity tests catch every one, and name the tensor.

A test that has never failed may be unable to. Here the checks of `test_network.py`,
`test_optimizers.py` and `test_textbook.py` run on code that is wrong by a thousandth
in one tensor or one element, or that makes one of the classic mistakes.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numpy_impl import SGD, Adam, Network, layers, textbook
from numpy_impl import optimizers as optimizers_module
from tests.numpy_impl.test_network import (
    MNIST_SIZES,
    assert_network_parity,
    assert_textbook_parity,
)
from tests.numpy_impl.test_optimizers import CASES, assert_same_trajectory
from tests.parity import Array
from tests.problems import DTYPES, make_problem

THOUSANDTH = 1.001
TENSORS = [(letter, layer) for letter in "Wb" for layer in range(3)]


def tensor_of(network: Network, letter: str, layer: int) -> Array:
    return (network.dW if letter == "W" else network.db)[layer]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("letter", "layer"), TENSORS)
def test_a_thousandth_in_one_tensor(letter: str, layer: int, dtype: str) -> None:
    class Faulty(Network):
        def backward(self, y: Any, **options: Any) -> None:
            super().backward(y, **options)
            tensor = tensor_of(self, letter, layer)
            tensor *= tensor.dtype.type(THOUSANDTH)

    problem = make_problem(MNIST_SIZES, dtype=dtype, batch_size=64)
    name = re.escape(f"d{letter}[{layer}]")
    with pytest.raises(AssertionError, match=f"^{name}: error 0.001"):
        assert_network_parity(problem, Faulty)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize(("letter", "layer"), TENSORS)
def test_a_thousandth_in_one_element(letter: str, layer: int, activation: str) -> None:
    """In an element of middling size, among up to 100,000 that are right."""

    class Faulty(Network):
        def backward(self, y: Any, **options: Any) -> None:
            super().backward(y, **options)
            flat = tensor_of(self, letter, layer).reshape(-1)
            flat[middling(flat)] *= THOUSANDTH

    problem = make_problem(MNIST_SIZES, activation=activation, batch_size=64)
    with pytest.raises(AssertionError) as caught:
        assert_network_parity(problem, Faulty)
    message = str(caught.value)
    assert message.startswith(f"d{letter}[{layer}]: error")
    assert re.search(r"; 1 of \d+ elements are off", message)


def middling(flat: Array) -> int:
    """Return the index of the median of the sizes that are not 0."""
    by_size = np.argsort(np.abs(flat))
    nonzero = by_size[np.abs(flat[by_size]) > 0]
    return int(nonzero[len(nonzero) // 2])


@pytest.mark.parametrize("whole", [True, False])
def test_a_thousandth_in_the_input_gradient(whole: bool) -> None:
    class Faulty(Network):
        def input_gradient(self, X: Any, y: Any) -> Array:
            dX = super().input_gradient(X, y)
            flat = dX.reshape(-1)
            part = slice(None) if whole else middling(flat)
            flat[part] *= THOUSANDTH
            return dX

    with pytest.raises(AssertionError, match=r"^dX: error"):
        assert_network_parity(make_problem(MNIST_SIZES, batch_size=7), Faulty)


@pytest.mark.parametrize("name", ["logits", "loss", "probs"])
def test_a_thousandth_on_the_way_forward(name: str) -> None:
    class Faulty(Network):
        def forward(self, X: Any) -> Array:
            logits = super().forward(X)
            return logits * THOUSANDTH if name == "logits" else logits

        def loss(self, y: Any) -> float:
            return super().loss(y) * (THOUSANDTH if name == "loss" else 1)

        def probabilities(self, X: Any) -> Array:
            return super().probabilities(X) * (THOUSANDTH if name == "probs" else 1)

    with pytest.raises(AssertionError, match=f"^{name}: error"):
        assert_network_parity(make_problem((9, 8, 7), batch_size=7), Faulty)


# --- classic mistakes in one function of layers.py ----------------------------------
#
# Each takes the right function and returns a wrong one. The sizes are square where a
# mistake would otherwise announce itself by a shape.

SQUARE = (6, 6, 6, 6)


def sign_of_softmax(right: Any) -> Any:
    def wrong(logits: Array, *rest: Any) -> None:
        right(logits, *rest)
        logits *= -1

    return wrong


def sum_instead_of_mean(right: Any) -> Any:
    def wrong(logits: Array, y: Any, *rest: Any) -> None:
        right(logits, y, *rest)
        logits *= len(y)

    return wrong


def mean_over_classes_too(right: Any) -> Any:
    def wrong(logits: Array, *rest: Any) -> None:
        right(logits, *rest)
        logits /= logits.shape[1]

    return wrong


def labels_forgotten(right: Any) -> Any:
    def wrong(logits: Array, y: Any, *rest: Any) -> None:
        right(logits, y, *rest)
        logits[np.arange(len(y)), y] += 1 / len(y)

    return wrong


def no_maximum_subtracted(right: Any) -> Any:
    def wrong(logits: Array, *rest: Any) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            np.exp(logits, out=logits)
            logits /= logits.sum(axis=1, keepdims=True)

    return wrong


def softmax_over_the_batch(right: Any) -> Any:
    def wrong(logits: Array, *rest: Any) -> None:
        logits -= logits.max(axis=0)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=0)

    return wrong


def bias_forgotten(right: Any) -> Any:
    def wrong(z: Array, a: Array, W: Array, b: Array) -> None:
        np.dot(a, W, out=z)

    return wrong


def weights_transposed_forward(right: Any) -> Any:
    return lambda z, a, W, b: right(z, a, W.T, b)


def weights_not_transposed_backward(right: Any) -> Any:
    return lambda da, dz, W: right(da, dz, W.T)


def gradient_of_weights_transposed(right: Any) -> Any:
    def wrong(dW: Array, db: Array, *rest: Any) -> None:
        right(dW, db, *rest)
        dW[...] = dW.T.copy()

    return wrong


def bias_gradient_as_mean(right: Any) -> Any:
    def wrong(dW: Array, db: Array, dz: Array, *rest: Any) -> None:
        right(dW, db, dz, *rest)
        db /= len(dz)

    return wrong


def bias_gradient_along_the_wrong_axis(right: Any) -> Any:
    def wrong(dW: Array, db: Array, dz: Array, *rest: Any) -> None:
        right(dW, db, dz, *rest)
        db[...] = dz.sum(axis=1)[: len(db)]

    return wrong


def gradients_accumulate(right: Any) -> Any:
    def wrong(dW: Array, db: Array, *rest: Any) -> None:
        before = np.nan_to_num(dW)
        right(dW, db, *rest)
        dW += before

    return wrong


LAYER_FAULTS: list[tuple[Callable[[Any], Any], str, str]] = [
    # fault, function, first tensor that the failure must name
    (sign_of_softmax, "softmax_cross_entropy_backward", "dW[0]"),
    (sum_instead_of_mean, "softmax_cross_entropy_backward", "dW[0]"),
    (mean_over_classes_too, "softmax_cross_entropy_backward", "dW[0]"),
    (labels_forgotten, "softmax_cross_entropy_backward", "dW[0]"),
    (softmax_over_the_batch, "softmax", "dW[0]"),
    (bias_forgotten, "linear_forward", "logits"),
    (weights_transposed_forward, "linear_forward", "logits"),
    (weights_not_transposed_backward, "linear_backward_input", "dW[0]"),
    (gradient_of_weights_transposed, "linear_backward", "dW[0]"),
    (bias_gradient_as_mean, "linear_backward", "db[0]"),
    (bias_gradient_along_the_wrong_axis, "linear_backward", "db[0]"),
]


@pytest.mark.parametrize(
    ("fault", "function", "tensor"),
    LAYER_FAULTS,
    ids=[fault.__name__ for fault, _, _ in LAYER_FAULTS],
)
def test_a_classic_mistake(
    fault: Callable[[Any], Any],
    function: str,
    tensor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = make_problem(SQUARE, batch_size=64)
    assert_network_parity(problem)
    monkeypatch.setattr(layers, function, fault(getattr(layers, function)))
    with pytest.raises(AssertionError) as caught:
        assert_network_parity(problem)
    assert str(caught.value).startswith(f"{tensor}: error")


def test_gradients_that_add_up_from_call_to_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shows at the second backward pass only; the first starts from nothing."""
    right = layers.linear_backward
    monkeypatch.setattr(layers, "linear_backward", gradients_accumulate(right))
    from tests.numpy_impl.test_network import test_one_network_for_batches_of_any_size

    with pytest.raises(AssertionError, match=r"^dW\[0\]: error"):
        test_one_network_for_batches_of_any_size()


def test_softmax_without_its_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right for small logits; only the test with logits of 10⁴ can see it."""
    monkeypatch.setattr(layers, "softmax", no_maximum_subtracted(layers.softmax))
    problem = make_problem(SQUARE, activation="tanh", batch_size=64)
    assert_network_parity(problem)
    problem.weights[-1][0][...] *= 1e4
    with pytest.raises(AssertionError, match=r"^dW\[0\]: error nan"):
        assert_network_parity(problem)


def without_derivative(da: Array, *rest: Any) -> None:
    pass


def relu_open_at_zero(da: Array, a: Array, *rest: Any) -> None:
    da *= a >= 0


def relu_half_at_zero(da: Array, a: Array, *rest: Any) -> None:
    da *= (a > 0) + 0.5 * (a == 0)


def relu_forgets_upstream(da: Array, a: Array, *rest: Any) -> None:
    da[...] = a > 0


def sigmoid_of_a_again(da: Array, a: Array, *rest: Any) -> None:
    s = 1 / (1 + np.exp(-a))
    da *= s * (1 - s)


def tanh_not_squared(da: Array, a: Array, *rest: Any) -> None:
    da *= 1 - a


def divided(da: Array, a: Array, *rest: Any) -> None:
    da /= 1 - a * a


@pytest.mark.parametrize(
    ("activation", "fault"),
    [
        ("relu", without_derivative),
        ("relu", relu_open_at_zero),
        ("relu", relu_half_at_zero),
        ("relu", relu_forgets_upstream),
        ("sigmoid", without_derivative),
        ("sigmoid", sigmoid_of_a_again),
        ("tanh", without_derivative),
        ("tanh", tanh_not_squared),
        ("tanh", divided),
    ],
)
def test_a_wrong_derivative(
    activation: str, fault: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, _ = layers.ACTIVATIONS[activation]
    monkeypatch.setitem(layers.ACTIVATIONS, activation, (forward, fault))
    problem = make_problem((9, 8, 7, 5), activation=activation, batch_size=64)
    with pytest.raises(AssertionError, match=r"^dW\[0\]: error"):
        assert_network_parity(problem)


# --- the textbook -------------------------------------------------------------------


def test_a_thousandth_in_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    f, f_prime = textbook.ACTIVATIONS["tanh"]
    monkeypatch.setitem(
        textbook.ACTIVATIONS, "tanh", (f, lambda z: THOUSANDTH * f_prime(z))
    )
    problem = make_problem((9, 8, 7), activation="tanh", batch_size=7)
    with pytest.raises(AssertionError, match=r"^dW\[0\]: error 0.001"):
        assert_textbook_parity(problem)


# --- optimizers ---------------------------------------------------------------------


class DecaysBiases(SGD):
    def step(self) -> None:
        self._n_weights = len(self._params)
        super().step()


class ForgetsBiasCorrection(Adam):
    def _coefficients(self, t: int) -> tuple[float, float]:
        return super()._coefficients(10**9)


class CountsFromZero(Adam):
    def _coefficients(self, t: int) -> tuple[float, float]:
        return super()._coefficients(max(t - 1, 1))


class EpsilonHat(Adam):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, epsilon_hat=True, **kwargs)


class NeverNesterov(SGD):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "nesterov": False})


class RateInVelocity(SGD):
    """What scikit-learn does: the old rate stays in the velocity."""

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = value


@pytest.mark.parametrize(
    ("kind", "case", "rates"),
    [
        (DecaysBiases, "sgd momentum, l2", None),
        (NeverNesterov, "sgd nesterov", None),
        (RateInVelocity, "sgd momentum", {50: 0.03}),
        (ForgetsBiasCorrection, "adam default", None),
        (CountsFromZero, "adam default", None),
        (EpsilonHat, "adam default", None),
        (Adam, "adamw decay", None),
    ],
)
def test_a_wrong_optimizer(
    kind: Callable[..., Any],
    case: str,
    rates: dict[int, float] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert_same_trajectory(case, "float64", rates)
    monkeypatch.setitem(CASES, case, (kind, *CASES[case][1:]))
    first = "50" if rates else r"\d"
    with pytest.raises(AssertionError, match=rf"^step {first}.*: error"):
        assert_same_trajectory(case, "float64", rates)


def test_a_thousandth_of_one_learning_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    kind, torch_kind, options = CASES["sgd momentum"]

    def slower(*args: Any, learning_rate: float, **rest: Any) -> Any:
        return kind(*args, learning_rate=learning_rate / THOUSANDTH, **rest)

    monkeypatch.setitem(CASES, "sgd momentum", (slower, torch_kind, options))
    with pytest.raises(AssertionError, match=r"^step 0: error"):
        assert_same_trajectory("sgd momentum", "float64")


def test_moments_without_a_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.numpy_impl.test_optimizers import test_moments_never_stay_denormal

    monkeypatch.setattr(optimizers_module, "flush_small", lambda *arrays: None)
    for kind, options in ((SGD, {"momentum": 0.9}), (Adam, {})):
        with pytest.raises(AssertionError, match=r"^step"):
            test_moments_never_stay_denormal(kind, options, "float32")
