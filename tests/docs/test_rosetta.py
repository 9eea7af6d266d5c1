"""The Rosetta table quotes lines that are in the installed PyTorch and scikit-learn."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
from sklearn.neural_network import _base, _multilayer_perceptron, _stochastic_optimizers
from torch import nn
from torch.nn.modules import activation, linear
from torch.optim import adam, sgd

import torch_impl.implementation
from docs.tools import pages

PAGE = pages.ROOT / "docs" / "4-rosetta.md"
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][1:]

TORCH_MODULES = (torch_impl.implementation, linear, activation, sgd, adam)
SKLEARN_MODULES = (_base, _multilayer_perceptron, _stochastic_optimizers)


def quoted(column: int) -> list[str]:
    return [code for row in TABLE for code in re.findall(r"`([^`]+)`", row[column])]


def without_space(text: str) -> str:
    """Return the text without white space: a long statement may be broken anywhere."""
    return re.sub(r"\s+", "", text)


def source(modules: tuple[ModuleType, ...]) -> str:
    return without_space("".join(map(inspect.getsource, modules)))


def recorded_steps(function: Any) -> Iterator[str]:
    """Yield the names of what autograd has recorded behind a tensor."""
    if function is not None:
        yield function.name()
        for following, _ in function.next_functions:
            yield from recorded_steps(following)


def backward_names() -> set[str]:
    names: set[str] = set()
    for kind in (nn.ReLU, nn.Sigmoid, nn.Tanh):
        model = nn.Sequential(nn.Linear(4, 3), kind(), nn.Linear(3, 3))
        loss = nn.functional.cross_entropy(
            model(torch.ones(2, 4)), torch.tensor([0, 1])
        )
        names |= set(recorded_steps(loss.grad_fn))
    return names


def test_the_table_has_every_step() -> None:
    assert len(TABLE) == 23
    assert all(len(row) == 4 for row in TABLE)


@pytest.mark.parametrize("code", quoted(2))
def test_pytorch_has_the_line(code: str) -> None:
    if code.endswith("Backward0"):
        assert code in backward_names()
    else:
        assert without_space(code) in source(TORCH_MODULES)


@pytest.mark.parametrize("code", [c for c in quoted(3) if c != "code"])
def test_scikit_learn_has_the_line(code: str) -> None:
    assert without_space(code) in source(SKLEARN_MODULES)
