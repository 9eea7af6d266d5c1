"""Initial weights as each framework draws them, from the same random numbers.

Two rules that differ only in their width get the same numbers on another scale: what is
left between them is the rule, not the luck of the draw. That is why this is not
`compare.weights.initial_weights`, which draws W and b of a rule from one stream.
"""

import math

import numpy as np

from compare.architecture import Architecture
from compare.contract import Array, Weights
from compare.explain.settings import Configuration

LIMITS = {
    "fan-in": lambda m, n: 1 / math.sqrt(m),
    "glorot": lambda m, n: math.sqrt(6 / (m + n)),
    "glorot-logistic": lambda m, n: math.sqrt(2 / (m + n)),
    "he-uniform": lambda m, n: math.sqrt(6 / m),
}


def draw(
    configuration: Configuration, architecture: Architecture, *, seed: int
) -> Weights:
    """Return [(W, b), ...] in the configuration's precision; one seed, one start."""
    return [
        (
            _array(configuration.weights, shape, *fans, [seed, layer, 0]).astype(
                configuration.dtype
            ),
            _array(configuration.biases, b_shape, *fans, [seed, layer, 1]).astype(
                configuration.dtype
            ),
        )
        for layer, ((shape, b_shape), fans) in enumerate(
            zip(architecture.shapes, architecture.fans, strict=True)
        )
    ]


def _array(
    rule: str, shape: tuple[int, ...], fan_in: int, fan_out: int, seed: list[int]
) -> Array:
    rng = np.random.default_rng(seed)
    if rule == "zero":
        return np.zeros(shape)
    if rule == "he-normal":
        return rng.normal(0, math.sqrt(2 / fan_in), shape)
    return LIMITS[rule](fan_in, fan_out) * rng.uniform(-1, 1, shape)
