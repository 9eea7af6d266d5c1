"""Every mistake that the checker can name, family by family.

A family is one file: the words of its mistakes (`MISTAKES`), and how each changes the
numbers. One mistake has several forms: in one layer, in some, in all; with this factor
or that. A family yields them as `Hypothesis`, in a function named after the stage in
which they show: `forward`, `loss`, `gradient`, `extremes`, `training`. Those found by
watching what a method does to its arguments have words only.

Hidden layer h is the one whose activation leaves layer h, so its last index is
depth − 2.
"""

from collections.abc import Iterator
from itertools import chain

from compare.check.catalogue import (
    adam,
    batches,
    contract,
    convolution,
    convolution_gradient,
    decay,
    forward,
    hidden,
    layers,
    loss,
    output_delta,
    overflow,
    pooling,
    scale,
    sgd,
    slopes,
)
from compare.check.catalogue.mistake import Hypothesis, Mistake, Network
from compare.check.simulate.equations import Equations
from compare.check.simulate.rules import Rules
from compare.config import HyperParameters

FAMILIES = (
    forward,
    loss,
    overflow,
    output_delta,
    scale,
    slopes,
    hidden,
    layers,
    convolution,
    convolution_gradient,
    pooling,
    batches,
    decay,
    sgd,
    adam,
    contract,
)
CATALOGUE: tuple[Mistake, ...] = tuple(
    chain.from_iterable(family.MISTAKES for family in FAMILIES)
)
BY_KEY = {mistake.key: mistake for mistake in CATALOGUE}


def of_stage(stage: str, base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield every mistake that shows first in this stage: forward, loss, gradient."""
    for family in FAMILIES:
        if hasattr(family, stage):
            yield from getattr(family, stage)(base, net)


def of_functions(base: Equations, net: Network) -> Iterator[Hypothesis]:
    """Yield every mistake of forward, loss and gradients."""
    for stage in ("forward", "loss", "gradient"):
        yield from of_stage(stage, base, net)


def of_training(base: Equations, hp: HyperParameters) -> Iterator[Hypothesis]:
    """Yield every mistake that can change a training with these hyper-parameters.

    Those of the gradient join in, because a class need not show its gradients.
    """
    for family in FAMILIES:
        if hasattr(family, "training"):
            yield from family.training(Rules(base), hp)
    net = Network.of(hp, base)
    for hypothesis in of_functions(base, net):
        if hypothesis.key != "l2-in-loss":  # in training that is L2 twice
            yield hypothesis
