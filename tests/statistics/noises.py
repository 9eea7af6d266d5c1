"""Kinds of noise that measured times have, as their logarithms; repeatable."""

from collections.abc import Callable
from typing import Any

import numpy as np

Noise = Callable[[np.random.Generator, int], np.ndarray[Any, np.dtype[np.float64]]]


def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


# Log noise of one measured time. Interference only ever slows, hence the spikes.
def log_normal(g: np.random.Generator, n: int) -> Any:
    return g.normal(0, 0.05, n)


def heavy_tails(g: np.random.Generator, n: int) -> Any:
    return 0.03 * g.standard_t(2, n)


def spikes(g: np.random.Generator, n: int) -> Any:
    return g.normal(0, 0.02, n) + (g.random(n) < 0.1) * g.exponential(0.4, n)
