"""One accuracy and one loss for everybody, from `predict_proba` alone."""

from typing import Any

import numpy as np

from compare.contract import Array, IntArray

# Probabilities below this count as this: a loss of 27.6 at most. Engines differ in how
# they clip; here the same rule holds for all.
PROBABILITY_FLOOR = 1e-12
# How far the probabilities of one image may be from 1 in all: rounding, even in half
# precision, but no logits.
SUM_TOLERANCE = 0.01


def accuracy(probs: Array, y: IntArray) -> float:
    """Return the fraction of rows whose largest probability is at y."""
    return float((probs.argmax(axis=1) == y).mean())


def cross_entropy(probs: Array, y: IntArray) -> float:
    """Return mean −log max(p[y], 1e-12), in float64."""
    chosen = probs[np.arange(len(y)), y].astype(np.float64)
    return float(-np.log(np.maximum(chosen, PROBABILITY_FLOOR)).mean())


def check_probabilities(probs: Any, n_samples: int, n_classes: int) -> Array:
    """Return probs, or raise an error that says how they break the contract.

    Raises
    ------
    FloatingPointError
        They are not finite: the training diverged.
    ValueError
        Another shape; rows that are no probabilities.
    """
    if not isinstance(probs, np.ndarray) or probs.shape != (n_samples, n_classes):
        got = getattr(probs, "shape", type(probs).__name__)
        raise ValueError(
            f"predict_proba must return an array of shape ({n_samples}, {n_classes}), "
            f"got {got}"
        )
    if not np.isfinite(probs).all():
        raise FloatingPointError(
            "diverged: predict_proba returned values that are not finite; a smaller "
            "learning rate may help"
        )
    sums = probs.sum(axis=1, dtype=np.float64)
    worst = int(np.abs(sums - 1).argmax()) if len(sums) else None
    if worst is not None and (probs.min() < 0 or abs(sums[worst] - 1) > SUM_TOLERANCE):
        raise ValueError(
            "predict_proba must return probabilities, >= 0 and 1 in all, not logits; "
            f"row {worst} sums to {sums[worst]:.4g} and the smallest is "
            f"{probs.min():.4g}"
        )
    return probs
