"""What shows late: Adam's bias correction after 1000 steps, and a bias that is none."""

from typing import Any

import numpy as np
import pytest
import torch

from numpy_impl import Adam, AdamW, TextbookImplementation
from numpy_impl.textbook import adam, adamw
from tests.parity import Array, assert_parity
from tests.problems import make_problem

N_PARAMS, N_STEPS = 6, 1500
OPTIONS: dict[str, Any] = {"learning_rate": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}
KINDS = pytest.mark.parametrize(
    ("kind", "equation", "theirs"),
    [(Adam, adam, torch.optim.Adam), (AdamW, adamw, torch.optim.AdamW)],
)


def gradients() -> list[Array]:
    return list(np.random.default_rng(0).normal(1, 1, (N_STEPS, N_PARAMS)))


@KINDS
def test_the_bias_correction_goes_on(kind: Any, equation: Any, theirs: Any) -> None:
    """β₂ = 0.999 is still a third of the step at t = 1000."""
    params, grads = np.zeros(N_PARAMS), np.empty(N_PARAMS)
    optimizer = kind(params, grads, N_PARAMS, **OPTIONS)
    theta, m, v = np.zeros((3, N_PARAMS))
    leaf = torch.zeros(N_PARAMS, dtype=torch.float64, requires_grad=True)
    twin = theirs(
        [leaf], lr=OPTIONS["learning_rate"], betas=OPTIONS["betas"], weight_decay=0
    )
    for t, g in enumerate(gradients(), start=1):
        grads[:] = g
        optimizer.step()
        decay = {"weight_decay": 0.0} if equation is adamw else {}
        theta, m, v = equation(theta, g, m, v, t, **OPTIONS, **decay)
        leaf.grad = torch.tensor(g)
        twin.step()
    expected = np.asarray(leaf.detach().numpy())
    assert_parity(params, expected, name="fast", tolerance=1e-12)
    assert_parity(theta, expected, name="textbook", tolerance=1e-12)


@pytest.mark.parametrize("array", [0, 1], ids=["W", "b"])
def test_the_textbook_looks_at_weights_and_biases(array: int) -> None:
    """One bad number of the last layer, while all others stay what they are."""
    problem = make_problem((6, 5, 4), batch_size=7)
    implementation = TextbookImplementation(
        layer_sizes=(6, 5, 4), dtype="float64", momentum=0.0
    )
    implementation.set_weights(problem.weights)
    implementation.weights[-1][array].flat[0] = np.inf
    with pytest.raises(FloatingPointError, match="training diverged"):
        implementation.train_epoch(problem.X, problem.y, np.arange(0))
