"""The comparison of the tests can fail: each way of being wrong is noticed."""

import numpy as np
import pytest

from tests.parity import assert_parity, assert_weights_parity


@pytest.fixture
def reference() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 4))


def test_equal_arrays_pass(reference: np.ndarray) -> None:
    assert_parity(reference.copy(), reference, name="dW[0]")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rounding_passes_and_a_thousandth_does_not(
    reference: np.ndarray, dtype: str
) -> None:
    exact = reference.astype(dtype)
    one_ulp_away = np.nextafter(exact, np.array(np.inf, dtype))
    assert_parity(one_ulp_away, exact, name="dW[0]")
    scaled = exact * exact.dtype.type(1.001)
    with pytest.raises(AssertionError, match=r"dW\[0\]: error 0\.001"):
        assert_parity(scaled, exact, name="dW[0]")


def test_the_message_names_the_worst_element(reference: np.ndarray) -> None:
    wrong = reference.copy()
    wrong[1, 2] += 1e-6
    wrong[3, 1] -= 1e-3
    with pytest.raises(AssertionError) as caught:
        assert_parity(wrong, reference, name="dW[1]")
    message = str(caught.value)
    assert "dW[1]" in message
    assert "(3, 1)" in message
    assert "2 of 20 elements" in message


def test_shape_comes_before_values(reference: np.ndarray) -> None:
    # These would broadcast, and be equal.
    with pytest.raises(AssertionError, match=r"db: shape \(1, 3\), expected \(3,\)"):
        assert_parity(np.ones((1, 3)), np.ones(3), name="db")
    with pytest.raises(AssertionError, match=r"dW: shape \(4, 5\)"):
        assert_parity(reference.T, reference, name="dW")


def test_dtype_comes_before_values() -> None:
    with pytest.raises(AssertionError, match="dtype float64, expected float32"):
        assert_parity(np.ones(3), np.ones(3, np.float32), name="db")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(reference: np.ndarray, value: float) -> None:
    wrong = reference.copy()
    wrong[2, 2] = value
    with pytest.raises(AssertionError, match=r"\(2, 2\)"):
        assert_parity(wrong, reference, name="dW")
    with pytest.raises(AssertionError, match="the reference is not finite"):
        assert_parity(wrong, wrong, name="dW")


def test_a_reference_of_zeros_asks_for_zeros() -> None:
    assert_parity(np.zeros(3), np.zeros(3), name="db")
    with pytest.raises(AssertionError, match="error inf"):
        assert_parity(np.array([0, 1e-300, 0]), np.zeros(3), name="db")


def test_nothing_is_not_equal_to_nothing() -> None:
    with pytest.raises(AssertionError, match="nothing to compare"):
        assert_parity(np.zeros(0), np.zeros(0), name="db")


def test_every_tensor_of_every_layer_is_compared(reference: np.ndarray) -> None:
    right = [(reference, reference[0]), (reference + 1, reference[1])]
    assert_weights_parity(right, right)
    for layer in (0, 1):
        for k, letter in enumerate("Wb"):
            wrong = [[array.copy() for array in pair] for pair in right]
            wrong[layer][k] *= 1.001
            pairs = [(W, b) for W, b in wrong]
            with pytest.raises(AssertionError, match=rf"^d{letter}\[{layer}\]"):
                assert_weights_parity(pairs, right, prefix="d")
    with pytest.raises(AssertionError, match="1 layers, expected 2"):
        assert_weights_parity(right[:1], right)
