"""Without a mistake planted, the simulated network is PyTorch's.

Otherwise a hypothesis would be judged against a second mistake of our own.
"""

import numpy as np
import pytest

from compare.check import reference
from compare.check.arrays import agrees
from compare.check.probes import CoursePlan, make_course, make_probe
from compare.check.simulate.equations import Equations
from compare.check.simulate.rules import Rules
from compare.config import HyperParameters

SIZES = (7, 6, 5, 4)


def small(**changes: object) -> HyperParameters:
    options: dict[str, object] = {
        "layer_sizes": SIZES,
        "batch_size": 9,
        "dtype": "float64",
    }
    return HyperParameters(**(options | changes))  # type: ignore[arg-type]  # names vary


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "identity"])
def test_forward_loss_and_gradients(activation: str) -> None:
    hp = small(activation=activation)
    probe = make_probe(hp, seed=1)
    right = reference.answer(probe)
    p = Equations().forward(probe.weights, probe.X, probe.y, hp=hp)
    assert agrees(p.probs, right.probs, 1e-13)
    assert agrees(Equations().loss_of(p), right.loss, 1e-13)
    for mine, theirs in zip(Equations().gradients(p), right.gradients, strict=True):
        assert agrees(mine[0], theirs[0], 1e-13)
        assert agrees(mine[1], theirs[1], 1e-13)


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.0},
        {"momentum": 0.8},
        {"nesterov": True},
        {"weight_decay": 0.1},
        {"optimizer": "adam", "learning_rate": 0.01},
        {"optimizer": "adam", "weight_decay": 0.1, "betas": (0.8, 0.95)},
        {"optimizer": "adamw", "weight_decay": 0.1, "eps": 1e-3},
    ],
    ids=str,
)
def test_training(options: dict[str, object]) -> None:
    course = make_course(small(**options), CoursePlan(10, 2, short=True, seed=4))
    right = reference.trajectory(course)
    mine = Rules().trajectory(
        course.hp, course.weights, course.X, course.y, course.orders
    )
    assert len(mine) == len(right) == 2
    for after, expected in zip(mine, right, strict=True):
        for (W, b), (W_right, b_right) in zip(after, expected, strict=True):
            assert agrees(W, W_right, 1e-11)
            assert agrees(b, b_right, 1e-11)


def test_probes_tell_mistakes_apart() -> None:
    """Zeros, ties, all labels, a batch size that is no layer size."""
    probe = make_probe(small(), seed=1)
    p = Equations().forward(probe.weights, probe.X, probe.y, hp=probe.hp)
    for z in p.zs[:-1]:
        assert (z[:, 0] == 0).all()
        assert (z[:, 1:] != 0).all()
    assert (probe.X == 0).any()
    assert set(probe.y) == set(range(SIZES[-1]))
    assert len(probe.X) not in (*SIZES, probe.hp.batch_size)
    assert all(np.abs(b[1:]).min() > 0 for _, b in probe.weights)
