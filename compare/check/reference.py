"""The reference: PyTorch in float64, asked the same questions.

Refuses to know the user's code, and to be replaced by NumPy: two hands that wrote the
same mistake would agree.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from compare.check.autograd import Autograd
from compare.check.observations import Answer
from compare.check.probes import Course, CoursePlan, Probe, make_course
from compare.check.terms import OURS, Terms
from compare.config import CONVOLUTION_PARAMETERS, HyperParameters
from compare.contract import Weights
from torch_impl import TorchImplementation

CLOSED_DIVISION = (
    "layer_sizes",
    "activation",
    "optimizer",
    "learning_rate",
    "momentum",
    "nesterov",
    "weight_decay",
    "betas",
    "eps",
    "batch_size",
)


def create(hp: HyperParameters) -> TorchImplementation:
    """Return the PyTorch network of these hyper-parameters, in float64."""
    names = (*CLOSED_DIVISION, *(CONVOLUTION_PARAMETERS if hp.conv_layers else ()))
    fields: dict[str, Any] = {name: getattr(hp, name) for name in names}
    return TorchImplementation(**fields, dtype="float64")


def answer(probe: Probe, terms: Terms = OURS) -> Answer:
    """Return probabilities, loss and gradients."""
    X = probe.X.astype(np.float64)
    if not terms.are_ours:
        return Autograd(probe.hp, probe.weights, terms).answer(X, probe.y)
    network = create(probe.hp)
    network.set_weights(as_float64(probe.weights))
    loss, gradients = network.loss_and_gradients(X, probe.y)
    return Answer(network.predict_proba(X), loss, gradients)


def trajectory(course: Course, terms: Terms = OURS) -> list[Weights]:
    """Return the weights after each epoch."""
    network: Any
    if terms.are_ours:
        network = create(course.hp)
        network.set_weights(as_float64(course.weights))
    else:
        network = Autograd(course.hp, course.weights, terms)
    X, after = course.X.astype(np.float64), []
    for order in course.orders:
        network.train_epoch(X, course.y, order)
        after.append(network.get_weights())
    return after


@lru_cache(maxsize=64)
def answer_to(
    hp: HyperParameters, maker: Callable[..., Probe], seed: int, terms: Terms = OURS
) -> Answer:
    """Return `answer` for a probe that is made from a seed, computed once."""
    return answer(terms.probe(maker(hp, seed=seed)), terms)


@lru_cache(maxsize=64)
def trajectory_of(
    hp: HyperParameters, plan: CoursePlan, terms: Terms = OURS
) -> list[Weights]:
    """Return `trajectory` of a planned course, computed once."""
    return trajectory(terms.course(make_course(hp, plan)), terms)


def as_float64(weights: Weights) -> Weights:
    """Return copies in float64."""
    return [(W.astype(np.float64), b.astype(np.float64)) for W, b in weights]
