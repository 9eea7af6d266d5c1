"""The catalogue points at the lines that do it right, wherever they stand today."""

import re
from pathlib import Path

import pytest

from compare.check.catalogue import CATALOGUE
from compare.check.catalogue.mistake import Mistake
from compare.check.catalogue.textbook_lines import (
    CONVOLUTIONS,
    ROOT,
    TEXTBOOK,
    find_line,
)

# What the line of each equation computes, written down here a second time.
EQUATIONS = {
    1: "a = X",
    2: "a @ W + b",
    3: "a = f(",
    4: "e / e.sum(axis=1",
    5: "np.log(np.exp(shifted).sum(axis=1))",
    7: "(softmax(zs[-1]) - one_hot) / len(y)",
    8: ".T @ dz",
    9: "dz.sum(axis=0)",
    10: "dz @ weights[layer][0].T",
    11: "da * f_prime(zs[layer - 1])",
    12: "z > 0",
    16: "g + weight_decay * theta",
    17: "velocity = momentum * velocity + g",
    18: "g + momentum * velocity if nesterov",
    19: "theta - learning_rate * step",
    20: "m = betas[0] * m + (1 - betas[0]) * g",
    21: "v = betas[1] * v + (1 - betas[1]) * g**2",
    22: "m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)",
    23: "m_hat / (np.sqrt(v_hat) + eps)",
    24: "theta - learning_rate * weight_decay * theta",
}
# Those of convolutions go on where these end, in a file of their own.
OF_CONVOLUTIONS = {
    25: 'np.einsum("ncyxij,ocij->noyx", pieces, W',
    26: "z + b[:, np.newaxis, np.newaxis]",
    27: 'np.einsum("noyx,ncyxij->ocij", dz, pieces',
    28: "dz.sum(axis=(0, 2, 3))",
    29: 'np.einsum("noyxij,ocij->ncyx", around, flipped',
    30: "pools(a).max(axis=-1)",
    31: "dp[..., np.newaxis] * to",
    32: "a.reshape(len(a), -1)",
}


@pytest.mark.parametrize("mistake", CATALOGUE, ids=lambda m: m.key)
def test_the_line_holds_the_equation(mistake: Mistake) -> None:
    file, line = mistake.place.split(":")
    code = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    if isinstance(mistake.anchor, int):
        equations = {TEXTBOOK: EQUATIONS, CONVOLUTIONS: OF_CONVOLUTIONS}[file]
        assert equations[mistake.anchor] in code
    else:
        assert mistake.anchor in code


def test_names_and_titles_are_distinct() -> None:
    assert len({m.key for m in CATALOGUE}) == len(CATALOGUE)
    assert len({m.title for m in CATALOGUE}) == len(CATALOGUE)
    assert all(re.fullmatch(r"[a-z0-9-]+", m.key) for m in CATALOGUE)


def test_a_line_that_is_gone_is_an_error() -> None:
    with pytest.raises(LookupError, match="must have one line"):
        find_line(TEXTBOOK, "no such line of code")
    with pytest.raises(LookupError, match="must have one line"):
        find_line(TEXTBOOK, 999)


def test_a_line_number_follows_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compare.check.catalogue import textbook_lines

    monkeypatch.setattr(textbook_lines, "ROOT", tmp_path)
    (tmp_path / "moved.py").write_text("\n\nz = a @ W + b  #  (2)\n")
    assert find_line("moved.py", 2) == "moved.py:3"
