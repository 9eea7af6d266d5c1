"""The reference: PyTorch in float64, asked the same questions.

Refuses to know the user's code, and to be replaced by NumPy: two hands that wrote the
same mistake would agree.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from compare.check.observations import Answer
from compare.check.probes import Course, CoursePlan, Probe, make_course
from compare.config import HyperParameters
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
    fields: dict[str, Any] = {name: getattr(hp, name) for name in CLOSED_DIVISION}
    return TorchImplementation(**fields, dtype="float64")


def answer(probe: Probe) -> Answer:
    """Return probabilities, loss and gradients."""
    network = create(probe.hp)
    network.set_weights(as_float64(probe.weights))
    X = probe.X.astype(np.float64)
    loss, gradients = network.loss_and_gradients(X, probe.y)
    return Answer(network.predict_proba(X), loss, gradients)


def trajectory(course: Course) -> list[Weights]:
    """Return the weights after each epoch."""
    network = create(course.hp)
    network.set_weights(as_float64(course.weights))
    X, after = course.X.astype(np.float64), []
    for order in course.orders:
        network.train_epoch(X, course.y, order)
        after.append(network.get_weights())
    return after


@lru_cache(maxsize=64)
def answer_to(hp: HyperParameters, maker: Callable[..., Probe], seed: int) -> Answer:
    """Return `answer` for a probe that is made from a seed, computed once."""
    return answer(maker(hp, seed=seed))


@lru_cache(maxsize=64)
def trajectory_of(hp: HyperParameters, plan: CoursePlan) -> list[Weights]:
    """Return `trajectory` of a planned course, computed once."""
    return trajectory(make_course(hp, plan))


def as_float64(weights: Weights) -> Weights:
    """Return copies in float64."""
    return [(W.astype(np.float64), b.astype(np.float64)) for W, b in weights]
