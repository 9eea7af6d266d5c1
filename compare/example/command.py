"""One step of a 2-3-2 network in numbers small enough for paper.

Two images of two pixels, three hidden units, two classes: every array of the forward
pass, the backward pass and one step of gradient descent, with the numbers that the
equations have in docs/. Computed by numpy_impl/textbook.py.
"""

import argparse
import sys

import numpy as np

from compare.config import HyperParameters
from compare.contract import Array, IntArray, Weights, WithGradients
from compare.errors import UnsupportedError, UsageError
from compare.example import arithmetic, lesson, text
from compare.registry import create
from compare.small_network import network
from numpy_impl import textbook

# Of a gradient, none larger than 1: a few roundings in float64.
TOLERANCE = 1e-15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m compare example`."""
    parser.add_argument(
        "--step",
        action="store_true",
        help="one array at a time, with a question before each: your turn",
    )
    parser.add_argument(
        "--ask",
        nargs="+",
        metavar="NUMBER",
        help="the arithmetic of single numbers, as z0[0,1] or dW1[2,0] (in quotes)",
    )
    parser.add_argument(
        "--against",
        metavar="NAME",
        help="also compute the gradients with this implementation (numpy, torch or "
        "one's own) and print the largest difference",
    )
    parser.epilog = (
        "examples:\n"
        "  python -m compare example\n"
        "  python -m compare example --step\n"
        "  python -m compare example --ask 'z0[0,0]' 'dW1[2,0]'\n"
        "  python -m compare example --against torch"
    )


def run(args: argparse.Namespace) -> int:
    """Print the example; return 1 if `--against` finds a difference."""
    if args.step + (args.ask is not None) + (args.against is not None) > 1:
        raise UsageError("--step, --ask and --against: choose one of them")
    weights, X, y = network()
    known = arithmetic.quantities(weights, X, y)
    if args.ask is not None:
        wanted = [arithmetic.find(name, known) for name in args.ask]
        for quantity, at in wanted:
            sys.stdout.write(f"{arithmetic.explained(quantity, at)}\n")
        return 0
    new_loss = arithmetic.loss_after_a_step(weights, X, y)
    if args.step:
        lesson.teach(known, y, new_loss, ask=input, say=sys.stdout.write)
        return 0
    difference = 0.0
    if args.against is not None:
        difference = largest_difference(args.against, weights, X, y)
    sys.stdout.write("\n".join(text.report(known, y, new_loss)) + "\n")
    if args.against is not None:
        found = "below 1e-15" if difference < TOLERANCE else f"{difference:.1e}"
        sys.stdout.write(
            f"\n  largest difference of a gradient from {args.against}: {found}\n"
        )
    return 0 if difference < TOLERANCE else 1


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
