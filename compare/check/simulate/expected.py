"""What a network with given equations would answer, and whether that was observed."""

from typing import Any

import numpy as np

from compare.check.arrays import agrees, largest_finite
from compare.check.guard import UserCodeError
from compare.check.observations import Observation
from compare.check.reference import as_float64
from compare.check.simulate.equations import Equations, Pass
from compare.check.tolerances import EVALUATION

SHAPES_DO_NOT_FIT = object()
# An array that cancels to nothing has only rounding in it: no scale of its own.
LEAST_SCALE, NOTHING = 1e-2, 1e-4


def forward(equations: Equations, o: Observation) -> Pass:
    """Return the forward pass of a network with these equations."""
    return equations.forward(
        as_float64(o.probe.weights), o.probe.X.astype(float), o.probe.y, hp=o.probe.hp
    )


def predict(equations: Equations, o: Observation, part: str) -> Any:
    """Return what a network with these equations would answer."""
    try:
        with np.errstate(all="ignore"):
            p = forward(equations, o)
            if part == "probs":
                return p.probs
            if part == "loss":
                return equations.loss_of(p)
            return equations.gradients(p)
    except (ValueError, IndexError):
        return SHAPES_DO_NOT_FIT


def fits(given: Any, predicted: Any, tolerance: float) -> bool:
    """Tell whether an observed answer is the predicted one, to `tolerance`."""
    if predicted is SHAPES_DO_NOT_FIT:
        return isinstance(given, UserCodeError) and given.is_shape_error
    if isinstance(given, UserCodeError):
        return False
    if isinstance(predicted, list):
        least = LEAST_SCALE * max(
            (largest_finite(np.asarray(g)) for pair in predicted for g in pair),
            default=0.0,
        )
        least = max(least, NOTHING)
        return all(
            agrees(mine, theirs, tolerance, least)
            for got, expected in zip(given, predicted, strict=True)
            for mine, theirs in zip(got, expected, strict=True)
        )
    return agrees(given, predicted, tolerance)


def overflows_alike(given: Any, predicted: Any, tolerance: float) -> bool:
    """Tell whether an answer is the predicted one as far as that is finite.

    Where NaN is predicted, 0 may stand as well: `dz[z <= 0] = 0` ends what NaN · 0
    would carry on.
    """
    if isinstance(given, UserCodeError) or predicted is SHAPES_DO_NOT_FIT:
        return False
    for mine, theirs in zip(_arrays(given), _arrays(predicted), strict=True):
        got, expected = np.asarray(mine, float), np.asarray(theirs, float)
        if got.shape != expected.shape:
            return False
        finite = np.isfinite(expected)
        if not agrees(got[finite], expected[finite], tolerance):
            return False
        rest = got[~finite]
        if not (~np.isfinite(rest) | (rest == 0)).all():
            return False
    return True


def _arrays(answer: Any) -> list[Any]:
    if not _is_list(answer):
        return [answer]
    return [array for pair in answer for array in pair]


def looks_rounded(given: Any, predicted: Any) -> bool:
    """Tell whether all differences look like the rounding of float32."""
    if isinstance(given, UserCodeError) or predicted is SHAPES_DO_NOT_FIT:
        return False
    given, predicted = _arrays(given), _arrays(predicted)
    if not all(
        agrees(mine, right, EVALUATION["float32"])
        for mine, right in zip(given, predicted, strict=True)
    ):
        return False
    errors = np.concatenate(
        [np.ravel(m) - np.ravel(r) for m, r in zip(given, predicted, strict=True)]
    )
    errors = errors[np.abs(errors) > 1e-12]
    return len(errors) > 10 and bool(0.2 < (errors > 0).mean() < 0.8)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
