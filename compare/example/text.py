"""What `example` prints: the arrays in four parts, each with its equation's number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from compare.contract import IntArray
from compare.example.arithmetic import Quantity
from compare.small_network import LEARNING_RATE

COLUMN_WIDTH = 9
GIVEN = "GIVEN: two images (rows) of two pixels, their labels, the weights"
# The last quantity of each part, and the part's heading.
PARTS = (("b1", GIVEN), ("loss", "FORWARD"), ("db0", "BACKWARD"))


def parts(known: list[Quantity]) -> list[tuple[str, list[Quantity]]]:
    """Return the quantities under their headings."""
    found, rest = [], list(known)
    for last, heading in PARTS:
        end = 1 + [quantity.name for quantity in rest].index(last)
        found.append((heading, rest[:end]))
        rest = rest[end:]
    return found


def report(known: list[Quantity], y: IntArray, new_loss: float) -> Iterator[str]:
    """Yield the lines: forward, loss, backward, one step of gradient descent."""
    for k, (heading, inside) in enumerate(parts(known)):
        yield f"\n{heading}" if k else heading
        for quantity in inside:
            yield from block(quantity)
            if quantity.name == "X":
                yield labels(y)
    yield from step(known, new_loss)


def labels(y: IntArray) -> str:
    """Return the line of labels."""
    return f"\n  labels y = {', '.join(map(str, y))}"


def step(known: list[Quantity], new_loss: float) -> Iterator[str]:
    """Yield what one step of gradient descent does to the loss."""
    loss = next(q.values for q in known if q.name == "loss")
    yield f"\nONE STEP: every W and b minus {LEARNING_RATE} times its gradient"
    yield f"\n  loss before {float(loss):.4f}, after {new_loss:.4f}"


def block(quantity: Quantity) -> Iterator[str]:
    """Yield an empty line, the title with its shape, and the rows of an array."""
    shape = " x ".join(map(str, quantity.values.shape)) or "1"
    number = f"({quantity.equation})" if quantity.equation else ""
    yield f"\n  {quantity.title:<30}{shape:<8}{number:>4}".rstrip()
    for row in np.atleast_2d(quantity.values):
        # + 0.0 turns -0.0 into 0.0.
        yield "  " + "".join(f"{value + 0.0:{COLUMN_WIDTH}.4f}" for value in row)
