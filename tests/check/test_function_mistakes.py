"""Mistakes in two functions are named as well, in whatever layout they are written."""

from typing import Any

import numpy as np
import pytest

import compare
from numpy_impl import textbook
from tests.check.share import every


def functions(change: Any, *, transposed: bool = False) -> tuple[Any, Any]:
    """Return forward and gradients of the textbook, its gradients changed."""

    def ours(weights: Any) -> Any:
        return [(W.T, b) for W, b in weights] if transposed else weights

    def forward(weights: Any, X: Any) -> Any:
        if transposed and weights[0][0].shape[1] != X.shape[1]:
            raise ValueError("shapes do not fit")
        return textbook.softmax(textbook.forward(ours(weights), X)[0][-1])

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        found = change(textbook.loss_and_gradients(ours(weights), X, y)[1], len(y))
        return [(dW.T, db) for dW, db in found] if transposed else found

    return forward, gradients


MISTAKES = {
    "sum": (lambda g, B: [(dW * B, db * B) for dW, db in g], "sum-over-batch"),
    "classes": (
        lambda g, B: [(dW / 10, db / 10) for dW, db in g],
        "mean-over-classes",
    ),
    "divided": (lambda g, B: [(dW / B, db / B) for dW, db in g], "divided-twice"),
    "two": (lambda g, B: [(2 * dW, 2 * db) for dW, db in g], "factor-two"),
    "sign": (lambda g, B: [(-dW, -db) for dW, db in g], "wrong-sign"),
    "db averaged": (lambda g, B: [(dW, db / B) for dW, db in g], "db-averaged"),
    "db missing": (lambda g, B: [(dW, db * 0) for dW, db in g], "db-missing"),
    "one dW": (
        lambda g, B: [*g[:1], (g[1][0] * B, g[1][1]), *g[2:]],
        "sum-over-batch",
    ),
}


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", every(3, MISTAKES))
def test_named(name: str, transposed: bool) -> None:
    change, key = MISTAKES[name]
    report = compare.check(*functions(change, transposed=transposed))
    assert report.mistakes == [key], report


def test_inputs_changed_in_place() -> None:
    def forward(weights: Any, X: Any) -> Any:
        probs = textbook.softmax(textbook.forward(weights, X)[0][-1])
        X -= X.mean()
        return probs

    forward_right, gradients = functions(lambda g, B: g)
    report = compare.check(forward, gradients)
    assert report.mistakes == ["inputs-changed"], report
    assert compare.check(forward_right, gradients).passed


def test_forward_alone_can_be_wrong() -> None:
    def forward(weights: Any, X: Any) -> Any:
        a = X
        for k, (W, b) in enumerate(weights):
            a = a @ W + (b if k != 1 else 0)
            a = np.maximum(a, 0) if k < len(weights) - 1 else a
        return textbook.softmax(a)

    _, gradients = functions(lambda g, B: g)
    report = compare.check(forward, gradients)
    assert report.mistakes == ["forward-no-bias"], report
    assert report.findings[0].where == "in b[1]"


@pytest.mark.parametrize("wrong", ["gradients", "prediction"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the overflow itself
def test_a_softmax_written_twice_may_overflow_once(wrong: str) -> None:
    def overflowing(logits: Any) -> Any:
        e = np.exp(logits)
        return e / e.sum(axis=1, keepdims=True)

    right = textbook.softmax
    in_forward = overflowing if wrong == "prediction" else right
    in_gradients = overflowing if wrong == "gradients" else right

    def forward(weights: Any, X: Any) -> Any:
        return in_forward(textbook.forward(weights, X)[0][-1])

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        zs, inputs = textbook.forward(weights, X)
        dz = in_gradients(zs[-1])
        dz[np.arange(len(y)), y] -= 1
        dz /= len(y)
        found = []
        for layer in reversed(range(len(weights))):
            found.append((inputs[layer].T @ dz, dz.sum(axis=0)))
            dz = dz @ weights[layer][0].T * (inputs[layer] > 0)
        return found[::-1]

    report = compare.check(forward, gradients)
    assert report.mistakes == ["softmax-overflow"], report
    assert wrong in report.findings[0].remark


def test_a_softmax_without_maximum_behind_masks_that_are_assigned() -> None:
    """`dz[z <= 0] = 0` ends the NaN that a product would carry on."""

    def forward(weights: Any, X: Any) -> Any:
        return textbook.softmax(textbook.forward(weights, X)[0][-1])

    def gradients(weights: Any, X: Any, y: Any) -> Any:
        zs, a = textbook.forward(weights, X)
        e = np.exp(zs[-1])
        dz = e / e.sum(axis=1, keepdims=True)
        dz[np.arange(len(y)), y] -= 1
        dz /= len(y)
        found = []
        for layer in reversed(range(len(weights))):
            found.append((a[layer].T @ dz, dz.sum(axis=0)))
            dz = dz @ weights[layer][0].T
            if layer:
                dz[zs[layer - 1] <= 0] = 0
        return found[::-1]

    report = compare.check(forward, gradients)
    assert report.mistakes == ["softmax-overflow"], report
    assert "in the gradients" in str(report)
