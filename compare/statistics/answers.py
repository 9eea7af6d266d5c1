"""Answers of single trained networks: their mean over seeds, and McNemar's test of two.

What holds for these networks and not for the programs that trained them; `accuracy`
compares programs, over several seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class MeanSd:
    """Mean and sample standard deviation (n - 1); `sd` is None for a single value."""

    mean: float
    sd: float | None
    n: int


@dataclass(frozen=True)
class McNemarResult:
    """Exact McNemar test of one pair of trained networks.

    `n10` images only the first gets right, `n01` only the second; `p` is two-sided.
    """

    n01: int
    n10: int
    p: float


def mean_sd(values: Sequence[float] | NDArray[Any]) -> MeanSd:
    """Mean and sample standard deviation of one value per seed."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"values must be a list of at least one number, got shape {array.shape}"
        )
    sd = float(np.std(array, ddof=1)) if array.size > 1 else None
    return MeanSd(float(np.mean(array)), sd, int(array.size))


def mcnemar_exact(
    correct_a: Sequence[bool] | NDArray[Any], correct_b: Sequence[bool] | NDArray[Any]
) -> McNemarResult:
    """Test whether two networks err equally often on the same images.

    Given the images on which exactly one is right, each of the two is that one with
    probability 1/2: n10 ~ Binomial(n01 + n10, 1/2). It speaks of these two trained
    networks, not of the programs that trained them: another seed, another answer.

    Parameters
    ----------
    correct_a, correct_b
        Shape (n_images,), bool: whether each answer is right.
    """
    a, b = answers(correct_a, "correct_a", 1), answers(correct_b, "correct_b", 1)
    check_same_shape(a, b)
    from scipy import stats  # takes a while to import

    n10 = int(np.count_nonzero(a & ~b))
    n01 = int(np.count_nonzero(~a & b))
    p = float(stats.binomtest(n10, n10 + n01).pvalue) if n10 + n01 else 1.0
    return McNemarResult(n01=n01, n10=n10, p=p)


def answers(correct: Any, name: str, n_dims: int) -> NDArray[np.bool_]:
    """Check `correct` (called `name` in errors) and return it as a boolean array."""
    array = np.asarray(correct)
    if array.dtype != np.bool_:
        raise ValueError(
            f"{name} must be boolean (right or wrong), got dtype {array.dtype}"
        )
    if array.ndim != n_dims or array.size == 0 or array.shape[-1] < n_dims:
        raise ValueError(
            f"{name} must have {n_dims} dimension{'s' if n_dims > 1 else ''} and hold "
            f"answers, got shape {array.shape}"
        )
    return array


def check_same_shape(a: NDArray[Any], b: NDArray[Any]) -> None:
    """Raise ValueError unless both answer the same images for the same seeds."""
    if a.shape != b.shape:
        raise ValueError(
            "both must answer the same images for the same seeds, got shapes "
            f"{a.shape} and {b.shape}"
        )
