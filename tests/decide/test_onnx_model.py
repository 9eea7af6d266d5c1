"""The model written node by node, run by ONNX Runtime and by ONNX's own reference."""

import numpy as np
import pytest
import torch

from compare.contract import Array, Weights
from compare.decide import onnx_model
from compare.errors import UsageError
from compare.weights import initial_weights

onnx = pytest.importorskip("onnx", reason="requirements-onnx.txt")
onnxruntime = pytest.importorskip("onnxruntime", reason="requirements-onnx.txt")


def weights(*sizes: int) -> Weights:
    """Return initial weights with biases that are not 0."""
    rng = np.random.default_rng(3)
    return [
        (W, rng.normal(size=b.shape).astype(np.float32))
        for W, b in initial_weights(sizes, seed=1)
    ]


def answer(content: bytes, X: Array) -> Array:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (probs,) = session.run(None, {"X": X})
    return np.asarray(probs)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", torch.relu),
        ("sigmoid", torch.sigmoid),
        ("tanh", torch.tanh),
        ("identity", lambda z: z),
    ],
)
@pytest.mark.parametrize("sizes", [(5, 3), (20, 7, 5, 4)])
def test_it_answers_what_pytorch_does(activation, function, sizes) -> None:  # type: ignore[no-untyped-def]
    # The functions of torch have no common type.
    layers = weights(*sizes)
    X = np.random.default_rng(0).normal(size=(9, sizes[0])).astype(np.float32)
    a = torch.from_numpy(X)
    for k, (W, b) in enumerate(layers):
        a = a @ torch.from_numpy(W) + torch.from_numpy(b)
        a = torch.softmax(a, 1) if k == len(layers) - 1 else function(a)
    found = answer(onnx_model.export(layers, activation), X)
    np.testing.assert_allclose(found, a.numpy(), rtol=2e-6, atol=1e-7)


def test_int8_answers_what_the_reference_of_onnx_does() -> None:
    from onnx.reference import ReferenceEvaluator

    content = onnx_model.export(weights(30, 9, 4), "relu", int8=True)
    X = np.random.default_rng(0).random((6, 30), dtype=np.float32)
    model = ReferenceEvaluator(onnx.load_from_string(content))
    expected = np.asarray(next(iter(model.run(None, {"X": X}))))
    np.testing.assert_allclose(answer(content, X), expected, rtol=1e-5, atol=1e-6)


def test_int8_is_near_float32() -> None:
    layers = weights(784, 128, 64, 10)
    X = np.random.default_rng(0).random((50, 784), dtype=np.float32)
    exact, near = (
        answer(onnx_model.export(layers, "relu", int8=int8), X)
        for int8 in (False, True)
    )
    assert 0 < np.abs(exact - near).max() < 0.05


def test_int8_sums_do_not_overflow() -> None:
    """Every product is 255 · 127, which 16 bits hold once and not twice.

    The sum over 100 of them, 1 · 0.01 · 100 = 1, is one class's lead over the other.
    """
    W = np.stack([np.full(100, 0.01), np.full(100, -0.01)], axis=1).astype(np.float32)
    content = onnx_model.export([(W, np.zeros(2, np.float32))], "relu", int8=True)
    ((first, second),) = answer(content, np.ones((1, 100), np.float32))
    assert np.log(first / second) == pytest.approx(2.0, rel=1e-4)


def test_int8_takes_a_quarter_of_the_room() -> None:
    layers = weights(784, 128, 64, 10)
    sizes = [len(onnx_model.export(layers, "relu", int8=i)) for i in (True, False)]
    assert sizes[0] < 0.27 * sizes[1]


def test_weights_of_zero_can_be_quantized() -> None:
    layers = [(np.zeros((4, 2), np.float32), np.zeros(2, np.float32))]
    probs = answer(
        onnx_model.export(layers, "relu", int8=True), np.ones((1, 4), np.float32)
    )
    np.testing.assert_allclose(probs, [[0.5, 0.5]])


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(UsageError, match=r"activation must be one of relu, .* 'gelu'"):
        onnx_model.export(weights(4, 3), "gelu")
