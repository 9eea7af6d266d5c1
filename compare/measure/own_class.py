"""Whoever computes may be somebody's own class: its failures become one sentence.

The failures of our own code are left as they are: they are to be reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from compare import metrics
from compare.contract import Array, Implementation
from compare.errors import UnsupportedError, UsageError
from compare.registry import ENGINES


@contextmanager
def answering_for(name: str) -> Iterator[None]:
    """Name class, error, file and line if what runs in here fails.

    Raises
    ------
    UsageError
        For any exception, unless `name` is built in.
    """
    try:
        yield
    except (UsageError, UnsupportedError):
        raise
    except Exception as error:
        if name in ENGINES:
            raise
        from compare.measure.worker import origin

        reason = str(error).strip().split("\n")[0]
        what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        raise UsageError(
            f"{name} failed with {what}{origin(error)}; "
            f"`python -m compare check {name}` helps to find the mistake"
        ) from error


def probabilities(
    implementation: Implementation, X: Array, *, n_classes: int, name: str
) -> Array:
    """Return what `implementation`, called `name`, says of X, if it may be believed.

    Raises
    ------
    UsageError
        If it fails, or what it returns are no probabilities.
    """
    with answering_for(name):
        probs = implementation.predict_proba(X)
    if not isinstance(probs, np.ndarray) or probs.dtype.kind not in "iuf":
        got = getattr(probs, "dtype", type(probs).__name__)
        raise UsageError(
            f"{name}: predict_proba must return a NumPy array of numbers, got {got}"
        )
    try:
        return metrics.check_probabilities(probs, len(X), n_classes)
    except (FloatingPointError, ValueError) as error:
        raise UsageError(f"{name}: {error}") from error
