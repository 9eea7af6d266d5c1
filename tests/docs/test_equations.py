"""The equations of the pages and the lines of the two textbooks are one list.

Equation n stands once in docs/, its line in `textbook.py` or `textbook_conv.py` carries
(n), and below it are links to that line, to the fast twin and to a test. And each line
matters: with a mistake planted in it, the textbook no longer agrees with PyTorch.
"""

import re
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compare.architecture import Architecture
from docs.tools import pages
from docs.tools.pages import Link
from tests import autograd
from tests.conv_problems import make_conv_problem
from tests.problems import make_problem

TEXTBOOK = pages.ROOT / "numpy_impl" / "textbook.py"
TEXTBOOK_CONV = pages.ROOT / "numpy_impl" / "textbook_conv.py"
SOURCE = TEXTBOOK.read_text(encoding="utf-8")
SOURCE_CONV = TEXTBOOK_CONV.read_text(encoding="utf-8")
EQUATION_PAGES = sorted((pages.ROOT / "docs").glob("[123]-*.md"))
CONV_PAGE = pages.ROOT / "docs" / "11-convolution.md"
NUMBERED_LINE = re.compile(r"^(?P<code>.*?)# .*?\((?P<number>\d+)\)$", re.MULTILINE)
TAG = re.compile(r"\\tag\{(\d+)\}")

NUMBERS = [int(match["number"]) for match in NUMBERED_LINE.finditer(SOURCE)]
CONV_NUMBERS = [int(m["number"]) for m in NUMBERED_LINE.finditer(SOURCE_CONV)]


def equations() -> dict[int, tuple[Path, list[Link]]]:
    """Return, for each numbered equation, its page and the links just below it."""
    found = {}
    for page in (*EQUATION_PAGES, CONV_PAGE):
        lines = page.read_text(encoding="utf-8").splitlines()
        links = pages.links(page)
        for block in pages.code_blocks(page):
            match = TAG.search(block.code)
            if match is None:
                continue
            # The paragraph after the block and the empty line that follows it.
            start = block.line + block.code.count("\n") + 3
            end = next(i for i in range(start, len(lines)) if not lines[i])
            below = [link for link in links if start <= link.line <= end]
            found[int(match[1])] = (page, below)
    return found


EQUATIONS = equations()


def test_textbook_has_each_equation_once() -> None:
    """In order, but for the activations, which stand before they are used."""
    activations = [12, 13, 14, 15]
    rest = [n for n in range(1, 25) if n not in activations]
    assert activations + rest == NUMBERS
    assert list(range(25, 33)) == CONV_NUMBERS


def test_textbook_is_short() -> None:
    assert len(SOURCE.splitlines()) <= 170


def test_the_pages_have_each_equation_once_in_order() -> None:
    tags = [
        int(number)
        for page in EQUATION_PAGES
        for number in TAG.findall(page.read_text(encoding="utf-8"))
    ]
    assert tags == sorted(NUMBERS)
    # What belongs together forward and backward stands apart on this page.
    conv_tags = TAG.findall(CONV_PAGE.read_text(encoding="utf-8"))
    assert sorted(map(int, conv_tags)) == CONV_NUMBERS


@pytest.mark.parametrize("number", NUMBERS + CONV_NUMBERS)
def test_an_equation_can_be_linked_to(number: int) -> None:
    page, _ = EQUATIONS[number]
    assert f"eq-{number}" in pages.anchors(page)


@pytest.mark.parametrize("number", NUMBERS + CONV_NUMBERS)
def test_below_an_equation_are_its_line_its_fast_twin_and_its_test(number: int) -> None:
    _, (line, fast, test) = EQUATIONS[number]
    assert line.path == (TEXTBOOK if number in NUMBERS else TEXTBOOK_CONV)
    source = line.path.read_text(encoding="utf-8")
    quoted = source.splitlines()[int(line.anchor[1:]) - 1]
    assert quoted.endswith(f"({number})"), f"the line linked is {quoted!r}"
    assert fast.path.parent == TEXTBOOK.parent
    assert fast.path not in (TEXTBOOK, TEXTBOOK_CONV)
    assert test.path.is_relative_to(pages.ROOT / "tests")
    assert test.title.startswith("test_")


# (equation, what stands in its line, what a tired author might write instead)
MISTAKES = [
    (1, "a = X", "a = 1 - X"),
    (2, "+ b", "- b"),
    (3, "a = f(zs[-1])", "a = zs[-1]"),
    (4, "axis=1", "axis=0"),
    (5, "- shifted[", "+ shifted["),
    (6, ".mean()", ".sum()"),
    (7, " / len(y)", ""),
    (7, "- one_hot", "+ one_hot"),
    (8, "inputs[layer].T", "1.001 * inputs[layer].T"),
    (9, "sum", "mean"),
    (10, "weights[layer][0].T", "-weights[layer][0].T"),
    (11, " * f_prime(zs[layer - 1])", ""),
    (12, "z > 0", "z >= 0"),
    (13, "(1 - sigmoid(z))", "(1 + sigmoid(z))"),
    (14, "** 2", "** 3"),
    (15, "ones_like", "zeros_like"),
    (16, "weight_decay * theta", "weight_decay * theta**2"),
    (17, "momentum * velocity", "(1 - momentum) * velocity"),
    (18, "momentum * velocity if", "velocity if"),
    (19, "theta - ", "theta + "),
    (20, "(1 - betas[0]) * ", ""),
    (21, "g**2", "abs(g)"),
    (22, "m / (1 - betas[0] ** t)", "m"),
    (22, "v / (1 - betas[1] ** t)", "v"),
    (23, "np.sqrt(v_hat) + eps", "np.sqrt(v_hat + eps)"),
    (24, "learning_rate * ", ""),
]


def load(source: str) -> Any:
    module = types.ModuleType("textbook_under_test")
    exec(compile(source, "textbook_under_test.py", "exec"), module.__dict__)  # noqa: S102  # our own file
    return module


def with_mistake(number: int, right: str, wrong: str, source: str = SOURCE) -> Any:
    lines = source.splitlines()
    index = next(i for i, line in enumerate(lines) if line.endswith(f"({number})"))
    assert right in lines[index], f"line ({number}) is now {lines[index]!r}"
    lines[index] = lines[index].replace(right, wrong)
    return load("\n".join(lines))


def largest_error(textbook: Any) -> float:
    """Return max|Δ| / max|reference| over everything that `textbook` computes."""
    errors = [0.0]

    def compare(found: Any, expected: Any) -> None:
        expected = np.asarray(expected)
        error = np.abs(found - expected).max() / np.abs(expected).max()
        errors.append(float(error) if np.isfinite(error) else np.inf)

    for activation in ("relu", "sigmoid", "tanh", "identity"):
        problem = make_problem((12, 11, 10, 3), activation=activation)
        arguments = (problem.weights, problem.X, problem.y, activation)
        expected = autograd.reference(*arguments)
        zs, _ = textbook.forward(problem.weights, problem.X, activation)
        compare(textbook.softmax(zs[-1]), expected.probs)
        loss, gradients = textbook.loss_and_gradients(*arguments)
        compare(loss, expected.loss)
        for pair, expected_pair in zip(gradients, expected.gradients, strict=True):
            compare(pair[0], expected_pair[0])
            compare(pair[1], expected_pair[1])
    for name in ("sgd", "nesterov", "adam", "adamw"):
        compare(*trajectories(textbook, name))
    return max(errors)


def trajectories(textbook: Any, name: str) -> tuple[Any, Any]:
    """Return θ after five steps, by `textbook` and by torch.optim."""
    rng = np.random.default_rng(0)
    theta, gradients = rng.normal(size=8), rng.normal(size=(5, 8))
    parameter = torch.tensor(theta).requires_grad_()
    decay = 0.1
    options: dict[str, Any] = {"lr": 0.3, "weight_decay": decay}
    if name in ("sgd", "nesterov"):
        options |= {"momentum": 0.9, "nesterov": name == "nesterov"}
        optimizer: Any = torch.optim.SGD([parameter], **options)
    else:
        options |= {"eps": 1e-3}
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
        optimizer = kind([parameter], **options)
    m = v = np.zeros(8)
    for t, g in enumerate(gradients, start=1):
        parameter.grad = torch.tensor(g)
        optimizer.step()
        if name == "adamw":
            theta, m, v = textbook.adamw(
                theta, g, m, v, t, learning_rate=0.3, weight_decay=decay, eps=1e-3
            )
            continue
        g = textbook.l2(theta, g, decay)
        if name == "adam":
            theta, m, v = textbook.adam(theta, g, m, v, t, learning_rate=0.3, eps=1e-3)
        else:
            nesterov = name == "nesterov"
            theta, v = textbook.sgd(
                theta, g, v, learning_rate=0.3, momentum=0.9, nesterov=nesterov
            )
    return theta, parameter.detach().numpy()


def test_every_line_agrees_with_pytorch() -> None:
    assert largest_error(load(SOURCE)) < 1e-14


@pytest.mark.parametrize(("number", "right", "wrong"), MISTAKES)
def test_no_line_can_be_wrong_unnoticed(number: int, right: str, wrong: str) -> None:
    with np.errstate(all="ignore"):
        assert largest_error(with_mistake(number, right, wrong)) > 1e-6


def test_every_numbered_line_has_a_planted_mistake() -> None:
    assert {number for number, _, _ in MISTAKES} == set(NUMBERS)
    assert {number for number, _, _ in CONV_MISTAKES} == set(CONV_NUMBERS)


# --- the same for the convolutional textbook -----------------------------------------

CONV_MISTAKES = [
    (25, "noyx", "noxy"),
    (25, "pieces, W", "pieces, W[:, :, ::-1, ::-1]"),
    (26, "+ b[", "- b["),
    (27, "pieces, optimize", "pieces[..., ::-1], optimize"),
    (28, "(0, 2, 3)", "(0, 2, 3)) / dz.shape[2] ** (1"),
    (29, "around, flipped", "around, W"),
    (30, ".max(axis=-1)", ".mean(axis=-1)"),
    (31, "* to", "* (pools(a) == pools(a).max(axis=-1, keepdims=True))"),
    (32, "a.reshape", "a.transpose(0, 2, 3, 1).reshape"),
]


def largest_conv_error(textbook_conv: Any) -> float:
    """Return max|Δ| / max|reference| over logits and gradients; maps are square here.

    With whole numbers, so that pools have ties.
    """
    network = Architecture((2 * 14 * 14, 5, 4), ((3, 3), (4, 2)), (2, 14, 14))
    errors = [0.0]
    for activation, ties in (("relu", True), ("tanh", False)):
        problem = make_conv_problem(network, activation=activation, ties=ties)
        weights, X, y, _, image_shape = problem.arguments
        expected = autograd.reference(*problem.arguments)
        *_, zs, _ = textbook_conv.forward(weights, X, image_shape, activation)
        _, gradients = textbook_conv.loss_and_gradients(
            weights, X, y, image_shape, activation
        )
        pairs = [(zs[-1], expected.logits)]
        for found, right in zip(gradients, expected.gradients, strict=True):
            pairs += zip(found, right, strict=True)
        errors += [float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs]
    return max(errors)


def test_every_line_of_the_convolutional_one_agrees_with_pytorch() -> None:
    assert largest_conv_error(load(SOURCE_CONV)) < 1e-14


@pytest.mark.parametrize(("number", "right", "wrong"), CONV_MISTAKES)
def test_no_convolutional_line_can_be_wrong_unnoticed(
    number: int, right: str, wrong: str
) -> None:
    assert largest_conv_error(with_mistake(number, right, wrong, SOURCE_CONV)) > 1e-6
