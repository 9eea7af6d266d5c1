"""Slopes of somebody's own loss, by shifting weights: a witness without PyTorch.

(L(θ + εd) − L(θ − εd)) / 2ε is the slope along d, to about 9 digits in float64.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.guard import UserCodeError
from compare.check.probes import Probe, smooth_probe
from compare.check.subject import Subject
from compare.check.tolerances import FINITE_DIFFERENCES
from compare.config import HyperParameters
from compare.contract import Weights

SHIFT = 1e-6


def slope_along(
    subject: Subject, probe: Probe, layer: int, k: int, direction: Any
) -> float:
    """Return the slope of its own loss along a direction of one array.

    `k` is 0 for W[layer], 1 for b[layer].
    """
    losses = []
    for sign in (1, -1):
        pair = list(probe.weights[layer])
        pair[k] = pair[k] + sign * SHIFT * direction
        weights: Weights = list(probe.weights)
        weights[layer] = (pair[0], pair[1])
        losses.append(subject.loss(replace(probe, weights=weights)))
    return (losses[0] - losses[1]) / (2 * SHIFT)


def gradient_is_slope(subject: Subject, hp: HyperParameters) -> bool:
    """Tell whether the gradients are the slope of its own loss, in every array.

    Along random directions, in which every entry takes part.
    """
    probe = smooth_probe(hp, seed=51)
    gradients = subject.answer(probe).gradients
    if isinstance(gradients, UserCodeError) or gradients is None:
        return False
    rng = np.random.default_rng(51)
    try:
        for layer, pair in enumerate(gradients):
            for k, given in enumerate(pair):
                g = np.asarray(given, float)
                if g.shape != probe.weights[layer][k].shape:
                    return False
                direction = rng.normal(0, 1, g.shape)
                expected = float((g * direction).sum())
                found = slope_along(subject, probe, layer, k, direction)
                scale = max(float(np.sqrt((g**2).sum())), 1e-9)
                if not abs(found - expected) <= FINITE_DIFFERENCES * scale:
                    return False
    except (UserCodeError, TypeError, ValueError):
        return False
    return True
