"""How somebody's two functions want their arrays, found by trying.

Weights (fan_in, fan_out) or transposed; samples in rows or in columns; biases flat or
as a matrix; labels as numbers or one-hot; probabilities or logits. Other conventions
than ours are not mistakes: they are recognised, said, and translated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.check.guard import UserCodeError
from compare.check.simulate.equations import Array
from compare.check.subject import describe, with_biases
from compare.contract import Weights


@dataclass(frozen=True)
class Layout:
    """The form in which weights and samples are handed over."""

    transposed: bool = False  # W is (fan_out, fan_in)
    columns: bool = False  # one sample per column
    bias: str = "flat"  # "flat" (n,), "row" (1, n), "column" (n, 1), "none"

    def weights(self, weights: Weights) -> list[Any]:
        """Return copies of the weights in this form: pairs, or matrices alone."""
        if self.bias == "none":
            return [
                np.ascontiguousarray(W.T) if self.transposed else W.copy()
                for W, _ in weights
            ]
        return [
            (np.ascontiguousarray(W.T) if self.transposed else W.copy(), self._b(b))
            for W, b in weights
        ]

    def _b(self, b: Array) -> Array:
        shape = {"flat": (-1,), "row": (1, -1), "column": (-1, 1)}[self.bias]
        return b.reshape(shape).copy()

    def samples(self, X: Array) -> Array:
        """Return a copy of X, or of its transpose."""
        return np.ascontiguousarray(X.T) if self.columns else X.copy()

    def result(self, out: Array) -> Array:
        """Return the output with one sample per row."""
        return out.T if self.columns else out

    def notes(self) -> list[str]:
        """Return what differs from our own form."""
        found = []
        if self.transposed:
            found.append("Weights are stored as (fan_out, fan_in), transposed.")
        if self.columns:
            found.append("Samples stand in columns: X is (n_features, batch).")
        if self.bias == "none":
            found.append("The weights are matrices alone, without biases.")
        elif self.bias != "flat":
            shape = "(1, n)" if self.bias == "row" else "(n, 1)"
            found.append(f"Biases are matrices of shape {shape}.")
        return found


def layouts() -> Iterator[Layout]:
    """Yield every form, ours first."""
    for columns in (False, True):
        for transposed in (False, True):
            for bias in ("flat", "row", "column"):
                yield Layout(transposed, columns, bias)
    for columns in (False, True):
        for transposed in (False, True):
            yield Layout(transposed, columns, "none")


LABEL_FORMS = ("indices", "one-hot", "one-hot columns", "column of indices")


def labels_as(form: str, y: Array, n_classes: int, dtype: str) -> Array:
    """Return the labels in one of `LABEL_FORMS`."""
    if form == "indices":
        return y.copy()
    if form == "column of indices":
        return y.reshape(-1, 1).copy()
    one_hot = np.eye(n_classes, dtype=dtype)[y]
    return one_hot if form == "one-hot" else np.ascontiguousarray(one_hot.T)


def read_output(value: Any, n_rows: int, n_classes: int) -> tuple[Any, str]:
    """Return the array of the output, and a note if it came in a tuple.

    A tuple, output and cache say, is searched for an array of the right shape.
    """
    if isinstance(value, (tuple, list)):
        shapes = ((n_rows, n_classes), (n_classes, n_rows))
        for k, item in enumerate(value):
            if isinstance(item, np.ndarray) and item.shape in shapes:
                return item, f"forward returns {describe(value)}; item {k} was taken."
    return value, ""


def read_gradients(
    value: Any, depth: int, layout: Layout | None = None
) -> tuple[Any, str]:
    """Return a list of (dW, db), and a note if they came in another form."""
    note = ""
    if isinstance(value, (list, tuple)) and len(value) == depth:
        bare = layout is not None and layout.bias == "none"
        value = [
            with_biases(entry, transposed=layout is not None and layout.transposed)
            if bare or (isinstance(entry, (list, tuple)) and None in _kinds(entry))
            else entry
            for entry in value
        ]
    if isinstance(value, tuple) and len(value) == 2 and _is_number(value[0]):
        value, note = value[1], "gradients returns (loss, gradients)."
    if isinstance(value, dict):
        return _from_dict(value, depth)
    if isinstance(value, (list, tuple)):
        if len(value) == 2 * depth and all(isinstance(g, np.ndarray) for g in value):
            listed = [(value[2 * k], value[2 * k + 1]) for k in range(depth)]
            return listed, "gradients returns one flat list: dW, db, dW, db, …"
        if _is_two_lists(value, depth):
            return list(zip(*value, strict=True)), "gradients returns all dW, all db."
        is_pairs = all(isinstance(p, (list, tuple)) and len(p) == 2 for p in value)
        if len(value) == depth and is_pairs:
            return [tuple(pair) for pair in value], note
    return (
        UserCodeError(
            f"gradients must return {depth} pairs [(dW, db), ...], got "
            f"{describe(value)}",
            kind="type",
        ),
        "",
    )


def _kinds(entry: Any) -> list[Any]:
    return [None if part is None else type(part) for part in entry]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )


def _is_two_lists(value: Any, depth: int) -> bool:
    if len(value) != 2 or not all(
        isinstance(part, (list, tuple)) and len(part) == depth for part in value
    ):
        return False
    return depth > 1 and all(map(_is_matrix, value[0])) and not _is_matrix(value[1][0])


def _is_matrix(g: Any) -> bool:
    return np.ndim(g) == 4 or (np.ndim(g) == 2 and 1 not in np.shape(g))


def _from_dict(value: dict[Any, Any], depth: int) -> tuple[Any, str]:
    """Read {"dW1": …, "db1": …}, counted from 0 or 1."""
    for first in (0, 1):
        for dW, db in (("dW", "db"), ("W", "b"), ("dw", "db")):
            names = [(f"{dW}{k + first}", f"{db}{k + first}") for k in range(depth)]
            if all(w in value and b in value for w, b in names):
                listed = [(value[w], value[b]) for w, b in names]
                return listed, "gradients returns a dictionary."
    return (
        UserCodeError(
            f"gradients returns a dictionary with keys {list(value)}: expected dW1, "
            "db1, …, or a list of (dW, db)",
            kind="type",
        ),
        "",
    )
