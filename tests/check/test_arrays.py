import math

import numpy as np
import pytest

from compare.check.arrays import agrees, compare


def test_the_largest_difference_is_found_and_scaled_by_the_largest_entry() -> None:
    expected = np.array([[1.0, -4.0], [2.0, 0.0]])
    observed = expected + np.array([[0.0, 0.0], [0.0, 0.02]])
    found = compare("dW[1]", observed, expected)
    assert found.index == (1, 1)
    assert found.error == pytest.approx(0.02 / 4)
    assert found.where == "dW[1][1, 1]"
    assert found.digits == pytest.approx(2.30103, abs=1e-4)


def test_equal_arrays_agree_to_all_digits() -> None:
    found = compare("b", np.zeros(3), np.zeros(3))
    assert (found.error, found.digits) == (0.0, 16.0)


@pytest.mark.parametrize(
    ("observed", "sentence"),
    [
        (None, "is None"),
        ([1.0, 2.0], "is a list"),
        (np.array(["a", "b"]), "has dtype"),
        (np.zeros((2, 1)), r"has shape \(2, 1\), expected \(2,\)"),
        ("text", "has dtype"),
        (np.array([1 + 2j, 0]), "has dtype complex"),
        (np.array([np.nan, 1.0]), "1 of 2 values that are NaN"),
        (np.array([np.inf, 1.0]), "1 of 2 values that are infinite"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(observed: object, sentence: str) -> None:
    found = compare("db[0]", observed, np.array([1.0, 2.0]))
    assert math.isinf(found.error)
    assert found.digits == 0
    import re

    assert re.search(f"^db\\[0\\] .*{sentence}", found.problem)
    assert not agrees(observed, np.array([1.0, 2.0]), 1e9)


def test_nan_agrees_with_nan_only_in_the_same_place() -> None:
    nan = np.array([np.nan, 1.0])
    assert agrees(nan, nan.copy(), 1e-12)
    assert not agrees(nan, nan[::-1], 1e-12)
    assert not agrees(np.array([0.0, 1.0]), nan, 1e-12)
