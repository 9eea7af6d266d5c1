"""Learning rates beside torch.optim.lr_scheduler, step by step."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from compare.config import HyperParameters
from compare.errors import UsageError
from numpy_impl.schedules import Schedule
from torch_impl import OpenTorchImplementation

STEPS_PER_EPOCH, N_EPOCHS = 7, 6
N_STEPS = STEPS_PER_EPOCH * N_EPOCHS
# PyTorch's own cosine multiplies the last rate on, and so gathers rounding errors.
TOLERANCE = 1e-12


def rates_of_torch(
    kind: str, *, warmup_steps: int = 0, **options: float
) -> list[float]:
    """Return the factor of each step as PyTorch's classes have it."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    with warnings.catch_warnings():
        # SequentialLR calls a deprecated form of step() itself.
        warnings.filterwarnings("ignore", "The epoch parameter", UserWarning)
        scheduler = _scheduler(kind, optimizer, warmup_steps, options)
        rates = []
        for _ in range(N_STEPS):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
    return rates


def _scheduler(
    kind: str,
    optimizer: torch.optim.Optimizer,
    warmup_steps: int,
    options: dict[str, float],
) -> lr_scheduler.LRScheduler:
    main: lr_scheduler.LRScheduler
    if kind == "step":
        return lr_scheduler.StepLR(
            optimizer,
            step_size=int(options["step_epochs"]) * STEPS_PER_EPOCH,
            gamma=options["step_factor"],
        )
    if kind == "cosine":
        main = lr_scheduler.CosineAnnealingLR(optimizer, T_max=N_STEPS - warmup_steps)
    else:
        main = lr_scheduler.ConstantLR(optimizer, factor=1.0)
    if not warmup_steps:
        return main
    rise = lr_scheduler.LinearLR(
        optimizer, start_factor=1 / warmup_steps, total_iters=warmup_steps - 1
    )
    return lr_scheduler.SequentialLR(optimizer, [rise, main], milestones=[warmup_steps])


CASES: dict[str, dict[str, Any]] = {
    "constant": {},
    "constant, warm-up": {"warmup_epochs": 2},
    "step": {"schedule": "step", "step_epochs": 2, "step_factor": 0.3},
    "cosine": {"schedule": "cosine", "n_epochs": N_EPOCHS},
    "cosine, warm-up": {
        "schedule": "cosine",
        "n_epochs": N_EPOCHS,
        "warmup_epochs": 1.5,
    },
}


def expected(case: str) -> list[float]:
    options: dict[str, Any] = dict(CASES[case])
    kind = options.pop("schedule", "constant")
    options.pop("n_epochs", None)
    # One and a half epochs are 10.5 steps, rounded to 10.
    steps = round(options.pop("warmup_epochs", 0) * STEPS_PER_EPOCH)
    return rates_of_torch(str(kind), warmup_steps=steps, **options)


@pytest.mark.parametrize("case", CASES)
def test_numpy_has_the_rates_of_pytorch(case: str) -> None:
    schedule = Schedule(**CASES[case])
    found = [schedule.factor(step, STEPS_PER_EPOCH) for step in range(N_STEPS)]
    np.testing.assert_allclose(found, expected(case), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("case", CASES)
def test_torch_impl_has_the_rates_of_pytorch(case: str) -> None:
    implementation = OpenTorchImplementation(
        layer_sizes=(2, 3),
        batch_size=2,
        learning_rate=1.0,
        **CASES[case],
    )
    found: list[float] = []
    implementation.optimizer.register_step_pre_hook(
        lambda optimizer, *_: found.append(float(optimizer.param_groups[0]["lr"]))
    )
    X, y = np.zeros((13, 2), np.float32), np.zeros(13, np.int64)  # 7 batches
    for _ in range(N_EPOCHS):
        implementation.train_epoch(X, y, np.arange(13))
    np.testing.assert_allclose(found, expected(case), rtol=0, atol=TOLERANCE)


def test_the_first_step_trains_and_the_last_does_too() -> None:
    schedule = Schedule(schedule="cosine", n_epochs=3, warmup_epochs=1)
    factors = [schedule.factor(step, 10) for step in range(30)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1
    assert 0 < factors[-1] < 0.01
    # Beyond its end, a schedule stays where it was.
    assert schedule.factor(31, 10) == schedule.factor(500, 10) == factors[-1]


def test_a_schedule_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="schedule must be one of constant, step, cos"):
        Schedule(schedule="linear")
    with pytest.raises(ValueError, match="needs n_epochs, the length of the training"):
        Schedule(schedule="cosine")
    with pytest.raises(ValueError, match="schedule must be one of constant, step, cos"):
        OpenTorchImplementation(schedule="linear")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schedule": "linear"}, "schedule must be one of constant, step, cosine"),
        ({"schedule": "cosine"}, "schedule cosine needs n_epochs"),
        (
            {"schedule": "cosine", "n_epochs": 3, "warmup_epochs": 3},
            "above warmup_epochs=3, got 3",
        ),
        ({"warmup_epochs": -1}, "warmup_epochs must be a finite number >= 0, got -1"),
        ({"step_epochs": 0}, "step_epochs must be a whole number >= 1, got 0"),
        ({"n_epochs": 1.5}, "n_epochs must be a whole number >= 0, got 1.5"),
        ({"step_factor": 0}, r"step_factor must be a finite number in \(0, 1\], got 0"),
        ({"label_smoothing": 1}, "label_smoothing must be a finite number in"),
        ({"dropout": -0.1}, "dropout must be a finite number in"),
        ({"ema_decay": 1.0}, "ema_decay must be a finite number in"),
        ({"gradient_clip": -1}, "gradient_clip must be a finite number >= 0, got -1"),
    ],
)
def test_hyper_parameters_refuse_it_too(fields: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        HyperParameters(**fields)  # type: ignore[arg-type]  # that is the test
