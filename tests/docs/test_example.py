"""`python -m compare example`: the numbers of the paper, and its refusals."""

import math
import re

import numpy as np
import pytest

from compare.cli import main
from compare.example.arithmetic import explained, quantities
from compare.example.lesson import teach
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


def test_the_arithmetic_of_any_number_gives_that_number() -> None:
    """Read as Python, the printed sum has the printed value, to four places."""
    known = quantities(*network())
    n_checked = 0
    for quantity in known:
        for at in np.ndindex(quantity.values.shape):
            line = explained(quantity, at)
            _, sum_, *value = line.split(" = ")
            if quantity.equation is None or "larger" in sum_:
                continue
            python = sum_.replace("·", "*").replace("-log ", "-log(", 1)
            python += ")" if "-log(" in python else ""
            python = re.sub(r"e\^(-?[\d.]+)", r"exp(\1)", python)
            assert eval(python, {"log": math.log, "exp": math.exp}) == pytest.approx(  # noqa: S307  # our own line
                float(value[0].split()[0]), abs=2e-4
            ), line
            n_checked += 1
    # Twelve arrays: 6 + 4 + 4 + 2 + 1 forward, 4 + 6 + 2 + 6 + 6 + 6 + 3 backward.
    assert n_checked == 50


def test_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "--ask", "z0[0,0]", "dz0[0,1]", "loss"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "z0[0,0] = 1·1 + 0.5·2 - 1 = 1  (2)",
        "dz0[0,1] = 0.2689 · 0 = 0  (11), because z0[0,1] is -0.5",
        "loss = (0.3133 + 0.6931) / 2 = 0.5032  (6)",
    ]
    for wrong, sentence in (
        ("z7[0,0]", "the names are X, W0"),
        ("z0[2,0]", "z0 has the places from [0,0] to [1,2]"),
        ("z0[0]", "z0 has the places"),
    ):
        assert main(["example", "--ask", wrong]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["example", "--ask", "loss", "--step"]) == 2
    assert "choose one" in capsys.readouterr().err


def lesson_with(answers: list[str]) -> str:
    weights, X, y = network()
    said: list[str] = []

    def ask(question: str) -> str:
        said.append(question)
        if not answers:
            raise EOFError
        said.append(f"<{answers[0]}>\n")
        return answers.pop(0)

    teach(quantities(weights, X, y), y, 0.1957, ask=ask, say=said.append)
    return "".join(said)


def test_your_turn() -> None:
    text = lesson_with(["?", "1", "3", "", "2", "e^2", "0.73", "z0[1,2]?", "q"])
    assert "z0[0,0] = <?>\n  z0[0,0] = 1·1 + 0.5·2 - 1 = 1  (2)" in text
    assert "<1>\n  Yes, 1." in text
    assert "<3>\n  No. Try again" in text
    assert "<e^2>\n  'e^2' is no number" in text
    assert "<0.73>\n  Yes, 0.7311." in text
    assert "<z0[1,2]?>\n  z0[1,2] = 0·1 + 1·(-1) + 0 = -1  (2)" in text
    assert text.endswith("You were right 3 times out of 4.\n")
    # An array is shown after its question, and never before.
    assert text.index("Your turn (4)") < text.index("0.7311   0.2689")


def test_a_lesson_without_a_reader_or_an_answer_ends() -> None:
    assert "Your turn (2): z0 = X @ W0 + b0" in lesson_with([])
    text = lesson_with([""] * 20)
    assert "loss before 0.5032, after 0.1957" in text
    assert "You were right" not in text
