"""One step of a 2-3-2 network in numbers small enough for paper.

Two images of two pixels, three hidden units, two classes: every array of the forward
pass, the backward pass and one step of gradient descent, with the numbers that the
equations have in docs/. Computed by numpy_impl/textbook.py.
"""

import argparse
import sys
from collections.abc import Iterator

import numpy as np

from compare.config import HyperParameters
from compare.contract import Array, IntArray, Weights, WithGradients
from compare.errors import UnsupportedError, UsageError
from compare.registry import create
from compare.small_network import LEARNING_RATE, network
from numpy_impl import textbook

COLUMN_WIDTH = 9
# Of a gradient, none larger than 1: a few roundings in float64.
TOLERANCE = 1e-15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m compare example`."""
    parser.add_argument(
        "--against",
        metavar="NAME",
        help="also compute the gradients with this implementation (numpy, torch or "
        "one's own) and print the largest difference",
    )
    parser.epilog = (
        "examples:\n"
        "  python -m compare example\n"
        "  python -m compare example --against torch"
    )


def run(args: argparse.Namespace) -> int:
    """Print the example; return 1 if `--against` finds a difference."""
    weights, X, y = network()
    difference = 0.0
    if args.against is not None:
        difference = largest_difference(args.against, weights, X, y)
    sys.stdout.write("\n".join(report(weights, X, y)) + "\n")
    if args.against is not None:
        found = "below 1e-15" if difference < TOLERANCE else f"{difference:.1e}"
        sys.stdout.write(
            f"\n  largest difference of a gradient from {args.against}: {found}\n"
        )
    return 0 if difference < TOLERANCE else 1


def report(weights: Weights, X: Array, y: IntArray) -> Iterator[str]:
    """Yield the lines: forward, loss, backward, one step of gradient descent."""
    (W0, b0), (W1, b1) = weights
    zs, inputs = textbook.forward(weights, X)
    probs = textbook.softmax(zs[-1])
    loss, gradients = textbook.loss_and_gradients(weights, X, y)
    (dW0, db0), (dW1, db1) = gradients
    dlogits = (probs - np.eye(2)[y]) / len(y)
    da = dlogits @ W1.T
    stepped = [
        tuple(
            textbook.sgd(theta, g, 0, learning_rate=LEARNING_RATE)[0]
            for theta, g in zip(pair, d_pair, strict=True)
        )
        for pair, d_pair in zip(weights, gradients, strict=True)
    ]
    new_loss, _ = textbook.loss_and_gradients(stepped, X, y)

    yield "GIVEN: two images (rows) of two pixels, their labels, the weights"
    yield from block("X", X)
    yield f"\n  labels y = {y[0]}, {y[1]}"
    yield from block("W of layer 0", W0)
    yield from block("b of layer 0", b0)
    yield from block("W of layer 1", W1)
    yield from block("b of layer 1", b1)
    yield "\nFORWARD"
    yield from block("z = X @ W + b, layer 0", zs[0], 2)
    yield from block("a = relu(z)", inputs[1], 3)
    yield from block("logits = a @ W + b, layer 1", zs[1], 2)
    yield from block("p = softmax(logits)", probs, 4)
    losses = -np.log(probs[np.arange(len(y)), y])
    yield from block("-log p[y] of each image", losses, 5)
    yield from block("loss: their mean", np.array([loss]), 6)
    yield "\nBACKWARD"
    yield from block("dz = (p - one-hot) / B", dlogits, 7)
    yield from block("dW = a.T @ dz, layer 1", dW1, 8)
    yield from block("db = sum of dz, layer 1", db1, 9)
    yield from block("da = dz @ W.T", da, 10)
    yield from block("dz = da * relu'(z), layer 0", da * (zs[0] > 0), 11)
    yield from block("dW = X.T @ dz, layer 0", dW0, 8)
    yield from block("db = sum of dz, layer 0", db0, 9)
    yield f"\nONE STEP: every W and b minus {LEARNING_RATE} times its gradient"
    yield f"\n  loss before {loss:.4f}, after {new_loss:.4f}"


def block(title: str, values: Array, equation: int | None = None) -> Iterator[str]:
    """Yield an empty line, the title with its shape, and the rows of an array."""
    shape = " x ".join(map(str, values.shape))
    number = f"({equation})" if equation else ""
    yield f"\n  {title:<30}{shape:<8}{number:>4}".rstrip()
    for row in np.atleast_2d(values):
        # + 0.0 turns -0.0 into 0.0.
        yield "  " + "".join(f"{value + 0.0:{COLUMN_WIDTH}.4f}" for value in row)


def largest_difference(name: str, weights: Weights, X: Array, y: IntArray) -> float:
    """Return max |Δ| between the textbook's gradients and those of `name`."""
    settings = HyperParameters(layer_sizes=(2, 3, 2), dtype="float64", batch_size=2)
    try:
        implementation = create(name, settings)
    except UnsupportedError as reason:
        raise UsageError(f"{name} cannot compute this example: {reason}") from reason
    if not isinstance(implementation, WithGradients):
        raise UsageError(f"{name} has no loss_and_gradients to compare")
    implementation.set_weights(weights)
    _, others = implementation.loss_and_gradients(X, y)
    _, gradients = textbook.loss_and_gradients(weights, X, y)
    return max(
        float(np.abs(ours - theirs).max())
        for pair, other_pair in zip(gradients, others, strict=True)
        for ours, theirs in zip(pair, other_pair, strict=True)
    )
