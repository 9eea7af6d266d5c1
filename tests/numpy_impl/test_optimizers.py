"""200 steps at a high learning rate beside torch.optim and scikit-learn, step by step.

Each optimizer moves its own parameters, and its gradient depends on where they are, so
that an early difference grows instead of being averaged away. Compared inside the
loop: the first step that differs is the one that fails.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neural_network import _stochastic_optimizers as sklearn_optimizers

from numpy_impl import SGD, Adam, AdamW, textbook
from numpy_impl.optimizers import Optimizer
from tests.parity import Array, assert_parity

N_STEPS = 200
N_WEIGHTS, N_BIASES = 40, 15
N_PARAMS = N_WEIGHTS + N_BIASES

# float32: 200 steps of rounding, measured 3e-6 at most.
TRAJECTORY = {"float64": 1e-12, "float32": 2e-5}


def start(dtype: str, n_params: int = N_PARAMS) -> Array:
    return np.random.default_rng(1).normal(size=n_params).astype(dtype)


def gradient(params: Array, step: int) -> Array:
    """Return a noisy gradient of a bounded landscape, ∂/∂θ Σ log cosh θ.

    Its scale runs from 1 to 1e-9 along the vector: with Adam, the last entries show
    where ε is added, which gradients near 1 would never tell.
    """
    scale, noise = landscape(len(params), step)
    return (scale * (np.tanh(params) + noise)).astype(params.dtype)


@functools.lru_cache(2 * N_STEPS)
def landscape(n: int, step: int) -> tuple[Array, Array]:
    """Return the scale of each entry, and the noise of one step."""
    noise = np.random.default_rng([2, step]).normal(size=n)
    scale = np.logspace(0, -9, n)
    np.random.default_rng(3).shuffle(scale)
    return scale, noise


SGD_CASES = {
    "plain": {"learning_rate": 0.9},
    "momentum": {"learning_rate": 0.3, "momentum": 0.9},
    "heavy momentum": {"learning_rate": 0.1, "momentum": 0.99},
    "nesterov": {"learning_rate": 0.5, "momentum": 0.9, "nesterov": True},
    "l2": {"learning_rate": 0.9, "weight_decay": 0.3},
    "momentum, l2": {"learning_rate": 0.5, "momentum": 0.9, "weight_decay": 0.1},
    "nesterov, l2": {
        "learning_rate": 0.5,
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 0.1,
    },
}
ADAM_CASES: dict[str, dict[str, Any]] = {
    "default": {"learning_rate": 0.1},
    "betas": {"learning_rate": 0.1, "betas": (0.7, 0.95)},
    "no memory": {"learning_rate": 0.1, "betas": (0.0, 0.0)},
    "large eps": {"learning_rate": 0.1, "eps": 0.1},
    "decay": {"learning_rate": 0.1, "weight_decay": 0.2},
}
CASES: dict[str, tuple[Callable[..., Optimizer], Any, dict[str, Any]]] = {
    **{f"sgd {k}": (SGD, torch.optim.SGD, v) for k, v in SGD_CASES.items()},
    **{f"adam {k}": (Adam, torch.optim.Adam, v) for k, v in ADAM_CASES.items()},
    **{f"adamw {k}": (AdamW, torch.optim.AdamW, v) for k, v in ADAM_CASES.items()},
}


class TorchTwin:
    """torch.optim on the same flat vector: weights decayed, biases not."""

    def __init__(
        self,
        kind: Any,
        params: Array,
        options: dict[str, Any],
        n_weights: int = N_WEIGHTS,
    ) -> None:
        self.weights = torch.tensor(params[:n_weights]).requires_grad_()
        self.biases = torch.tensor(params[n_weights:]).requires_grad_()
        options = dict(options)
        groups = [
            {"params": [self.weights], "weight_decay": options.pop("weight_decay", 0)},
            {"params": [self.biases], "weight_decay": 0},
        ]
        self.optimizer = kind(groups, lr=options.pop("learning_rate"), **options)

    @property
    def params(self) -> Array:
        return torch.cat([self.weights, self.biases]).detach().numpy()

    def step(self, grads: Array) -> None:
        n_weights = len(self.weights)
        self.weights.grad = torch.tensor(grads[:n_weights])
        self.biases.grad = torch.tensor(grads[n_weights:])
        self.optimizer.step()

    def set_learning_rate(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value


def assert_same_trajectory(
    case: str, dtype: str, learning_rates: dict[int, float] | None = None
) -> None:
    """Take N_STEPS with both; from step t on with learning_rates[t]."""
    kind, torch_kind, options = CASES[case]
    params, grads = start(dtype), np.empty(N_PARAMS, dtype)
    optimizer = kind(params, grads, N_WEIGHTS, **options)
    twin = TorchTwin(torch_kind, params, options)
    for step in range(N_STEPS):
        if learning_rates and step in learning_rates:
            optimizer.learning_rate = learning_rates[step]
            twin.set_learning_rate(learning_rates[step])
        grads[:] = gradient(params, step)
        optimizer.step()
        twin.step(gradient(twin.params, step))
        assert_parity(
            params, twin.params, name=f"step {step}", tolerance=TRAJECTORY[dtype]
        )
    moved = np.abs(params - start(dtype)).max()
    assert moved > 0.5, f"only moved by {moved}: the test shows nothing"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_torch_optim(case: str, dtype: str) -> None:
    assert_same_trajectory(case, dtype)


@pytest.mark.parametrize("case", CASES)
def test_a_vector_longer_than_the_cache(case: str) -> None:
    """800 kB, so that a step may take it in pieces; weights end within a piece."""
    kind, torch_kind, options = CASES[case]
    n_params, n_weights = 100_003, 70_001
    params, grads = start("float64", n_params), np.empty(n_params)
    optimizer = kind(params, grads, n_weights, **options)
    twin = TorchTwin(torch_kind, params, options, n_weights)
    for step in range(5):
        grads[:] = gradient(params, step)
        optimizer.step()
        twin.step(gradient(twin.params, step))
        assert_parity(params, twin.params, name=f"step {step}", tolerance=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_a_learning_rate_that_changes(case: str) -> None:
    """A drop, a rise and a drop by 1000: the stored velocity keeps its meaning."""
    rate = CASES[case][2]["learning_rate"]
    changes = {50: rate / 10, 90: rate, 130: rate / 1000, 150: rate / 2}
    assert_same_trajectory(case, "float64", changes)


class SklearnTwin:
    """One of scikit-learn's own optimizers, which knows no decay."""

    def __init__(self, kind: Any, params: Array, **options: Any) -> None:
        self.params = params.copy()
        self.optimizer = kind([self.params], **options)

    def step(self, grads: Array) -> None:
        self.optimizer.update_params([self.params], [grads])


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.7, 0.95)])
@pytest.mark.parametrize("eps", [1e-8, 0.1])
def test_the_adam_of_sklearn(betas: tuple[float, float], eps: float) -> None:
    params, grads = start("float64"), np.empty(N_PARAMS)
    optimizer = Adam(
        params,
        grads,
        N_WEIGHTS,
        learning_rate=0.1,
        betas=betas,
        eps=eps,
        epsilon_hat=True,
    )
    twin = SklearnTwin(
        sklearn_optimizers.AdamOptimizer,
        params,
        learning_rate_init=0.1,
        beta_1=betas[0],
        beta_2=betas[1],
        epsilon=eps,
    )
    for step in range(N_STEPS):
        grads[:] = gradient(params, step)
        optimizer.step()
        twin.step(gradient(twin.params, step))
        assert_parity(params, twin.params, name=f"step {step}", tolerance=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_sgd_of_sklearn(nesterov: bool) -> None:
    params, grads = start("float64"), np.empty(N_PARAMS)
    options: dict[str, Any] = {"momentum": 0.9, "nesterov": nesterov}
    optimizer = SGD(params, grads, N_WEIGHTS, learning_rate=0.5, **options)
    twin = SklearnTwin(
        sklearn_optimizers.SGDOptimizer, params, learning_rate_init=0.5, **options
    )
    for step in range(N_STEPS):
        grads[:] = gradient(params, step)
        optimizer.step()
        twin.step(gradient(twin.params, step))
        assert_parity(params, twin.params, name=f"step {step}", tolerance=1e-12)


def test_the_two_epsilons_are_not_the_same_algorithm() -> None:
    """Otherwise the tests above could not tell one from the other."""
    ends = []
    for epsilon_hat in (False, True):
        params, grads = start("float64"), np.empty(N_PARAMS)
        optimizer = Adam(
            params, grads, N_WEIGHTS, learning_rate=0.1, epsilon_hat=epsilon_hat
        )
        for step in range(N_STEPS):
            grads[:] = gradient(params, step)
            optimizer.step()
        ends.append(params)
    assert np.abs(ends[0] - ends[1]).max() > 0.01


@pytest.mark.parametrize("case", CASES)
def test_the_functions_of_the_textbook(case: str) -> None:
    """One array at a time, as the textbook does it: `weights` decay, `biases` not."""
    _, torch_kind, options = CASES[case]
    options = dict(options)
    twin = TorchTwin(torch_kind, start("float64"), options)
    decay = options.pop("weight_decay", 0.0)
    theta = start("float64")
    arrays = [theta[:N_WEIGHTS].copy(), theta[N_WEIGHTS:].copy()]
    memory = [(np.zeros_like(a), np.zeros_like(a)) for a in arrays]
    for step in range(N_STEPS):
        grads = gradient(np.concatenate(arrays), step)
        parts = [grads[:N_WEIGHTS], grads[N_WEIGHTS:]]
        for i, (array, g, lam) in enumerate(
            zip(arrays, parts, (decay, 0.0), strict=True)
        ):
            m, v = memory[i]
            if case.startswith("adamw"):
                arrays[i], *new = textbook.adamw(
                    array, g, m, v, step + 1, weight_decay=lam, **options
                )
            elif case.startswith("adam"):
                g = textbook.l2(array, g, lam)
                arrays[i], *new = textbook.adam(array, g, m, v, step + 1, **options)
            else:
                g = textbook.l2(array, g, lam)
                arrays[i], velocity = textbook.sgd(array, g, m, **options)
                new = [velocity, v]
            memory[i] = (new[0], new[1])
        twin.step(gradient(twin.params, step))
        found = np.concatenate(arrays)
        assert_parity(found, twin.params, name=f"step {step}", tolerance=1e-12)


def test_first_steps_by_hand() -> None:
    """θ = 1, g = 2, η = 0.1; no framework, only arithmetic."""

    def after(kind: Callable[..., Optimizer], n_steps: int, **options: Any) -> float:
        params, grads = np.ones(1), np.empty(1)
        optimizer = kind(params, grads, 1, learning_rate=0.1, **options)
        for _ in range(n_steps):
            grads[:] = 2
            optimizer.step()
        return float(params[0])

    assert after(SGD, 1) == pytest.approx(1 - 0.1 * 2)
    # v: 2, then 0.5 · 2 + 2 = 3.
    assert after(SGD, 2, momentum=0.5) == pytest.approx(1 - 0.1 * (2 + 3))
    # g + μv: 2 + 0.5 · 2 = 3, then 2 + 0.5 · 3 = 3.5.
    assert after(SGD, 2, momentum=0.5, nesterov=True) == pytest.approx(
        1 - 0.1 * (3 + 3.5)
    )
    # g + λθ = 2 + 0.5 · 1.
    assert after(SGD, 1, weight_decay=0.5) == pytest.approx(1 - 0.1 * 2.5)
    # m̂ = g and √v̂ = |g|: each of the first steps is η, whatever the gradient.
    assert after(Adam, 3) == pytest.approx(1 - 3 * 0.1)
    # (1 − ηλ) θ first, then a step of η.
    assert after(AdamW, 1, weight_decay=0.5) == pytest.approx(0.95 - 0.1)


def moments(optimizer: Optimizer) -> list[Array]:
    """Return the arrays that the optimizer itself carries from step to step."""
    return [
        array
        for name, array in vars(optimizer).items()
        if isinstance(array, np.ndarray)
        and array.dtype.kind == "f"
        and not any(word in name for word in ("params", "grads", "scratch"))
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [(SGD, {"momentum": 0.9}), (Adam, {}), (AdamW, {"weight_decay": 0.1})],
)
def test_moments_never_stay_denormal(
    kind: Callable[..., Optimizer], options: dict[str, Any], dtype: str
) -> None:
    """A gradient that stops, as of a dead unit: its moments end at 0, not at 1e-40."""
    tiny = np.finfo(dtype).tiny
    params, grads = np.ones(8, dtype), np.empty(8, dtype)
    # Most start so small that some hundred steps lead below `tiny`: the gradient in
    # the first moment and the velocity, its square in the second moment of Adam.
    root = float(tiny) ** 0.5
    first = [
        1,
        1e-3,
        1.05 * root,
        2 * root,
        *(float(tiny) * 10.0**k for k in (6, 9, 12, 14)),
    ]
    optimizer = kind(params, grads, 8, learning_rate=0.1, **options)
    n_steps = 1200 if dtype == "float32" else 8000
    seen_small = False
    for step in range(n_steps):
        grads[:] = first if step == 0 else 0
        optimizer.step()
        if step % 128 == 127:  # the flush comes every so many steps, not each
            for moment in moments(optimizer):
                size = np.abs(moment)
                assert not ((size > 0) & (size < tiny)).any(), f"step {step}"
        seen_small |= any((np.abs(m) < 1e4 * tiny).any() for m in moments(optimizer))
    assert seen_small
    if kind is SGD:
        assert not any(m.any() for m in moments(optimizer))


def test_the_flush_does_not_change_the_training() -> None:
    """Beside torch, which keeps its denormals: gradients of one step, then none."""
    params, grads = np.ones(4, np.float32), np.empty(4, np.float32)
    first = np.array([1, 1e-4, 1e-12, 1e-30], np.float32)
    optimizer = SGD(params, grads, 4, learning_rate=0.1, momentum=0.9)
    tensor = torch.ones(4).requires_grad_()
    twin = torch.optim.SGD([tensor], lr=0.1, momentum=0.9)
    for step in range(1200):
        grads[:] = first if step == 0 else 0
        optimizer.step()
        tensor.grad = torch.tensor(first if step == 0 else 0 * first)
        twin.step()
        assert_parity(params, tensor.detach().numpy(), name=f"step {step}")
    velocity = twin.state[tensor]["momentum_buffer"].numpy()
    assert ((velocity != 0) & (np.abs(velocity) < np.finfo("float32").tiny)).any()
