"""`python -m compare example`: the numbers of the paper, and its refusals."""

import math

import numpy as np
import pytest

from compare.cli import main
from compare.small_network import network
from numpy_impl import textbook


def test_the_numbers_by_hand() -> None:
    """Calculated on paper, with e = 2.718281828 as the only other number."""
    weights, X, y = network()
    zs, inputs = textbook.forward(weights, X)
    assert zs[0].tolist() == [[1, -0.5, 0.5], [1, 1, -1]]
    assert inputs[1].tolist() == [[1, 0, 0.5], [1, 1, 0]]
    assert zs[1].tolist() == [[2, 1], [1, 1]]
    q = math.e / (1 + math.e)  # 0.7311
    assert textbook.softmax(zs[1]) == pytest.approx(np.array([[q, 1 - q], [0.5, 0.5]]))
    loss, ((dW0, db0), (dW1, db1)) = textbook.loss_and_gradients(weights, X, y)
    assert loss == pytest.approx((-math.log(q) + math.log(2)) / 2)
    h = (1 - q) / 2  # 0.1345
    assert dW1 == pytest.approx(
        np.array([[0.25 - h, h - 0.25], [0.25, -0.25], [-h / 2, h / 2]])
    )
    assert db1 == pytest.approx(np.array([0.25 - h, h - 0.25]))
    assert dW0 == pytest.approx(np.array([[-h, 0, 2 * h], [0.25 - h / 2, -0.5, h]]))
    assert db0 == pytest.approx(np.array([0.25 - h, -0.5, 2 * h]))


def test_the_other_implementations_agree(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("numpy", "textbook", "torch"):
        assert main(["example", "--against", name]) == 0
        assert f"from {name}: below 1e-15" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sklearn", "needs at least 3 classes"),
        ("nothing", "unknown implementation 'nothing'"),
    ],
)
def test_a_refusal_is_one_sentence(
    name: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "--against", name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_wrong_gradient_is_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(textbook.ACTIVATIONS, "relu", (abs, np.sign))
    assert main(["example", "--against", "torch"]) == 1
    assert "below 1e-15" not in capsys.readouterr().out
