"""Every number of the example, and the sum or product that gives it.

The arrays are those of numpy_impl/textbook.py; the arithmetic is written out from them,
one number at a time. The names are those of the notebook: z0 and a0 belong to layer 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compare.contract import Array, IntArray, Weights
from compare.errors import UsageError
from compare.small_network import LEARNING_RATE
from numpy_impl import textbook

Index = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Quantity:
    """One array of the example.

    Attributes
    ----------
    name : str
        As `z0` or `dW1`.
    title : str
        The line that computes it.
    values : ndarray of 0, 1 or 2 dimensions
    equation : int or None
        Its number in docs/; None for what is given.
    arithmetic : callable
        Returns the arithmetic of one number, without its result; after a semicolon,
        the reason where there is one.
    """

    name: str
    title: str
    values: Array
    equation: int | None
    arithmetic: Callable[[Index], str]


def quantities(weights: Weights, X: Array, y: IntArray) -> list[Quantity]:
    """Return what is given, forward, loss, backward, in the order of computing."""
    (W0, b0), (W1, b1) = weights
    (z0, z1), (_, a0) = textbook.forward(weights, X)
    p = textbook.softmax(z1)
    loss, ((dW0, db0), (dW1, db1)) = textbook.loss_and_gradients(weights, X, y)
    n = len(y)
    losses = -np.log(p[np.arange(n), y])
    dz1 = (p - np.eye(2)[y]) / n
    da0 = dz1 @ W1.T
    dz0 = da0 * (z0 > 0)

    def given(_: Index) -> str:
        return "given"

    return [
        Quantity("X", "X", X, None, given),
        Quantity("W0", "W0", W0, None, given),
        Quantity("b0", "b0", b0, None, given),
        Quantity("W1", "W1", W1, None, given),
        Quantity("b1", "b1", b1, None, given),
        Quantity("z0", "z0 = X @ W0 + b0", z0, 2, _weighted_sum(X, W0, b0)),
        Quantity(
            "a0",
            "a0 = relu(z0)",
            a0,
            3,
            lambda at: f"the larger of {number(z0[at])} and 0",
        ),
        Quantity("z1", "z1 = a0 @ W1 + b1", z1, 2, _weighted_sum(a0, W1, b1)),
        Quantity("p", "p = softmax(z1)", p, 4, _softmax(z1)),
        Quantity(
            "losses",
            "losses = -log p[y]",
            losses,
            5,
            lambda at: (
                f"-log {number(p[at[0], y[at[0]]])}; "
                f"because the label of image {at[0]} is {y[at[0]]}"
            ),
        ),
        Quantity(
            "loss",
            "loss = mean of losses",
            np.array(loss),
            6,
            lambda _: f"({' + '.join(map(number, losses))}) / {n}",
        ),
        Quantity(
            "dz1",
            "dz1 = (p - one-hot) / B",
            dz1,
            7,
            lambda at: f"({number(p[at])} - {int(y[at[0]] == at[1])}) / {n}",
        ),
        Quantity("dW1", "dW1 = a0.T @ dz1", dW1, 8, _product(a0.T, dz1)),
        Quantity("db1", "db1 = column sums of dz1", db1, 9, _column_sum(dz1)),
        Quantity("da0", "da0 = dz1 @ W1.T", da0, 10, _product(dz1, W1.T)),
        Quantity(
            "dz0",
            "dz0 = da0 * relu'(z0)",
            dz0,
            11,
            lambda at: (
                f"{number(da0[at])} · {int(z0[at] > 0)}; "
                f"because z0[{at[0]},{at[1]}] is {number(z0[at])}"
            ),
        ),
        Quantity("dW0", "dW0 = X.T @ dz0", dW0, 8, _product(X.T, dz0)),
        Quantity("db0", "db0 = column sums of dz0", db0, 9, _column_sum(dz0)),
    ]


def loss_after_a_step(weights: Weights, X: Array, y: IntArray) -> float:
    """Return the loss when every W and b has moved against its gradient."""
    _, gradients = textbook.loss_and_gradients(weights, X, y)
    stepped = [
        tuple(
            textbook.sgd(theta, g, 0, learning_rate=LEARNING_RATE)[0]
            for theta, g in zip(pair, d_pair, strict=True)
        )
        for pair, d_pair in zip(weights, gradients, strict=True)
    ]
    loss, _ = textbook.loss_and_gradients(stepped, X, y)
    return float(loss)


def find(text: str, known: list[Quantity]) -> tuple[Quantity, Index]:
    """Return the quantity and the place that `z0[0,1]` names.

    Raises
    ------
    UsageError
        If there is none of this name, or no such place in it.
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\[\s*([\d\s,]*)\])?\s*", text)
    by_name = {quantity.name: quantity for quantity in known}
    if match is None or match[1] not in by_name:
        raise UsageError(
            f"--ask takes a name and a place, as z0[0,1], got {text!r}; the names are "
            f"{', '.join(by_name)}"
        )
    quantity = by_name[match[1]]
    at = tuple(int(part) for part in re.findall(r"\d+", match[2] or ""))
    shape = quantity.values.shape
    if len(at) != len(shape) or any(i >= n for i, n in zip(at, shape, strict=True)):
        last = ",".join(str(n - 1) for n in shape)
        places = f"from [{','.join('0' for _ in shape)}] to [{last}]" if shape else "[]"
        raise UsageError(f"{quantity.name} has the places {places}, got {text!r}")
    return quantity, at


def explained(quantity: Quantity, at: Index) -> str:
    """Return one line: the number's name, its arithmetic, its value."""
    place = f"[{','.join(map(str, at))}]" if at else ""
    value = number(quantity.values[at])
    arithmetic = quantity.arithmetic(at)
    if quantity.equation is None:
        return f"{quantity.name}{place} = {value}, {arithmetic}"
    sum_, _, reason = arithmetic.partition("; ")
    line = f"{quantity.name}{place} = {sum_} = {value}  ({quantity.equation})"
    return f"{line}, {reason}" if reason else line


def number(value: float) -> str:
    """Write a number as short as it can be, with at most four places."""
    text = f"{float(value) + 0.0:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _times(one: float, other: float) -> str:
    factors = [number(one), number(other)]
    return "·".join(f"({f})" if f.startswith("-") and i else f
                    for i, f in enumerate(factors))  # fmt: skip


def _product(A: Array, B: Array) -> Callable[[Index], str]:
    def arithmetic(at: Index) -> str:
        row, column = A[at[0]], B[:, at[1]]
        return " + ".join(_times(a, b) for a, b in zip(row, column, strict=True))

    return arithmetic


def _weighted_sum(A: Array, W: Array, b: Array) -> Callable[[Index], str]:
    products = _product(A, W)

    def arithmetic(at: Index) -> str:
        bias = b[at[1]]
        sign = "-" if bias < 0 else "+"
        return f"{products(at)} {sign} {number(abs(bias))}"

    return arithmetic


def _column_sum(A: Array) -> Callable[[Index], str]:
    return lambda at: " + ".join(number(value) for value in A[:, at[0]])


def _softmax(z: Array) -> Callable[[Index], str]:
    def arithmetic(at: Index) -> str:
        terms = " + ".join(f"e^{number(value)}" for value in z[at[0]])
        return f"e^{number(z[at])} / ({terms})"

    return arithmetic
