"""The convolutional network that the laboratory's tests use."""

from typing import Any

import numpy as np

from compare.architecture import Architecture
from compare.record.model_file import Model

NETWORK = Architecture((784, 12, 10), ((3, 5), (4, 4)))


def in_float64(model: Model) -> list[tuple[Any, Any]]:
    return [(W.astype(np.float64), b.astype(np.float64)) for W, b in model.weights]


def flat(weights: Any) -> list[float]:
    arrays = [a.ravel() for pair in weights for a in pair]
    values: list[float] = np.concatenate(arrays).astype(np.float64).tolist()
    return values
