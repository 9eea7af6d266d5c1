"""Small networks with data that leave no mistake a place to hide.

Biases are random (at zero, a wrong db shows only later), some units have z = 0 exactly
(the tie of ReLU), some inputs are exactly zero as in MNIST, and every fan_in differs
from its fan_out unless hypothesis finds otherwise.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from compare.architecture import Architecture
from tests.parity import Array, Weights

ACTIVATIONS = ("relu", "sigmoid", "tanh", "identity")
DTYPES = ("float32", "float64")
BATCH_SIZES = (1, 7, 64)


@dataclass(frozen=True)
class Problem:
    """One network and one batch."""

    network: Architecture
    activation: str
    weights: Weights
    X: Array
    y: NDArray[np.int64]

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        return self.network.layer_sizes

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What `autograd.reference` takes."""
        shape = self.network.image_shape if self.network.conv_layers else None
        return self.weights, self.X, self.y, self.activation, shape

    @property
    def dtype(self) -> str:
        return str(self.X.dtype)


def random_weights(
    network: tuple[int, ...] | Architecture, dtype: str, rng: np.random.Generator
) -> Weights:
    """Return weights of a size that keeps activations near 1, and random biases."""
    if not isinstance(network, Architecture):
        network = Architecture(network)
    weights = []
    for (shape, b_shape), (fan_in, _) in zip(network.shapes, network.fans, strict=True):
        W = rng.normal(0, np.sqrt(1.5 / fan_in), shape)
        b = rng.normal(0, 0.3, b_shape)
        weights.append((W.astype(dtype), b.astype(dtype)))
    return weights


def make_problem(
    layer_sizes: tuple[int, ...],
    *,
    activation: str = "relu",
    dtype: str = "float64",
    batch_size: int = 7,
    seed: int = 0,
) -> Problem:
    """Return a random problem; the same arguments give the same numbers."""
    rng = np.random.default_rng(seed)
    network = Architecture(layer_sizes)
    weights = random_weights(network, dtype, rng)
    for W, b in weights[:-1]:
        # z is exactly 0 in about a quarter of the hidden units, in every row.
        ties = rng.random(b.shape) < 0.25
        W[:, ties] = 0
        b[ties] = 0
    X = rng.normal(size=(batch_size, layer_sizes[0]))
    X[rng.random(X.shape) < 0.2] = 0
    y = rng.integers(layer_sizes[-1], size=batch_size)
    return Problem(network, activation, weights, X.astype(dtype), y)


@st.composite
def problems(draw: st.DrawFn, *, max_depth: int = 4) -> Problem:
    """Any depth from 1 to 4, any small sizes, all activations and both dtypes."""
    depth = draw(st.integers(1, max_depth))
    hidden = draw(st.lists(st.integers(1, 12), min_size=depth - 1, max_size=depth - 1))
    sizes = (draw(st.integers(1, 20)), *hidden, draw(st.integers(2, 10)))
    return make_problem(
        sizes,
        activation=draw(st.sampled_from(ACTIVATIONS)),
        dtype=draw(st.sampled_from(DTYPES)),
        batch_size=draw(st.sampled_from(BATCH_SIZES)),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def separable_data(
    n_samples: int, n_features: int, n_classes: int, *, dtype: str, seed: int = 0
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return X, y and an order for a short training run: one cloud per class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n_samples)
    centres = rng.normal(size=(n_classes, n_features))
    X = centres[y] + rng.normal(0, 0.5, (n_samples, n_features))
    return X.astype(dtype), y, rng.permutation(n_samples)
