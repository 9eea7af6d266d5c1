"""Two arrays side by side: how far apart, where, and how many digits agree.

The measure is max|observed − expected| / max|expected|, per array: a mean would
flatter, because much of dW[0] is exactly zero on images with black borders.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.check.simulate.equations import Array

# Nobody computes more than these, and log10(0) has no value.
MAX_DIGITS = {"float64": 16.0, "float32": 7.5}


@dataclass(frozen=True)
class Comparison:
    """What came of comparing one array.

    `error` is relative, infinite if the arrays cannot be compared; `problem` then says
    why. `index` is where the two are farthest apart.
    """

    name: str
    error: float
    index: tuple[int, ...] = ()
    observed: float = math.nan
    expected: float = math.nan
    problem: str = ""
    network: str = ""

    @property
    def where(self) -> str:
        """Return the name with the index, as in dW[0][3, 5]."""
        inside = ", ".join(map(str, self.index))
        return f"{self.name}[{inside}]" if self.index else self.name

    @property
    def digits(self) -> float:
        """Return how many significant digits agree, 0 to 16."""
        if self.error == 0:
            return MAX_DIGITS["float64"]
        if not math.isfinite(self.error):
            return 0.0
        return min(MAX_DIGITS["float64"], max(0.0, -math.log10(self.error)))


def compare(name: str, observed: Any, expected: Any) -> Comparison:
    """Return how far `observed` is from `expected`, a NumPy array or a number."""
    expected = np.asarray(expected, float)
    problem = describe_problem(observed, expected)
    if problem:
        return Comparison(name, math.inf, problem=f"{name} {problem}")
    observed = np.asarray(observed, float)
    distance = _distance(observed, expected)
    if distance.size == 0:
        return Comparison(name, 0.0)
    index = np.unravel_index(int(np.argmax(distance)), distance.shape)
    here = tuple(int(i) for i in index)
    largest = float(distance[here])
    scale = largest_finite(expected)
    problem = "" if math.isfinite(largest) else f"{name} {_not_finite(observed)}"
    return Comparison(
        name,
        largest / scale if scale > 0 else largest,
        here,
        float(observed[here]),
        float(expected[here]),
        problem,
    )


def describe_problem(observed: Any, expected: Array) -> str:
    """Return why the two cannot be compared, or an empty string."""
    if observed is None:
        return "is None: is a return missing?"
    if isinstance(observed, (list, tuple)):
        return f"is a {type(observed).__name__}, not a NumPy array"
    try:
        array = np.asarray(observed)
    except Exception:
        return f"is a {type(observed).__name__}, not a NumPy array"
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        return f"has dtype {array.dtype}, not a floating point type"
    if array.shape != expected.shape:
        return f"has shape {array.shape}, expected {expected.shape}"
    return ""


def _distance(observed: Array, expected: Array) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(observed - expected)
    # The same infinity, or NaN in the same place, is agreement.
    same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))


def largest_finite(array: Array) -> float:
    """Return the largest absolute value that is finite, 0 if there is none."""
    largest = float(np.abs(array).max(initial=0.0))
    if math.isfinite(largest):
        return largest
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def _not_finite(observed: Array) -> str:
    n_nan, n_inf = int(np.isnan(observed).sum()), int(np.isinf(observed).sum())
    kind = "NaN (not a number)" if n_nan else "infinite"
    return f"holds {n_nan or n_inf} of {observed.size} values that are {kind}"


def agrees(
    observed: Any, expected: Any, tolerance: float, least_scale: float = 0.0
) -> bool:
    """Tell whether two arrays have one shape and agree to `tolerance`.

    Relative to the largest entry, or to `least_scale` if that is larger.
    """
    expected = np.asarray(expected, float)
    if describe_problem(observed, expected):
        return False
    observed = np.asarray(observed, float)
    scale = max(largest_finite(expected), least_scale)
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.abs(observed - expected).max(initial=0.0)
    if not math.isfinite(largest):
        largest = _distance(observed, expected).max()
    return bool(largest <= tolerance * (scale if scale > 0 else 1.0))
