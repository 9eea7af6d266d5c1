"""Each known mistake of forward, loss and gradients, as equations with one replaced.

One mistake has several forms: in one layer, in some, in all; with this factor or that.
Every form is one `Hypothesis`. `depth` is the number of layers; hidden layer h is the
one whose activation leaves layer h, so its last index is depth − 2.
"""

from collections.abc import Iterator

from compare.check.equations import Equations
from compare.check.hypotheses.common import Hypothesis
from compare.check.hypotheses.forward import forward_hypotheses
from compare.check.hypotheses.gradients import gradient_hypotheses
from compare.check.hypotheses.loss import (
    epsilon_behind,
    loss_hypotheses,
    overflow_hypotheses,
)

__all__ = [
    "Hypothesis",
    "all_function_hypotheses",
    "epsilon_behind",
    "forward_hypotheses",
    "gradient_hypotheses",
    "loss_hypotheses",
    "overflow_hypotheses",
]


def all_function_hypotheses(
    base: Equations, depth: int, activation: str
) -> Iterator[Hypothesis]:
    """Yield every mistake of forward, loss and gradients."""
    yield from forward_hypotheses(base, depth, activation)
    yield from loss_hypotheses(base)
    yield from gradient_hypotheses(base, depth, activation)
