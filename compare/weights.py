"""Initial weights: all implementations start from the same arrays."""

import math

import numpy as np

from compare.architecture import Architecture
from compare.contract import Weights
from compare.errors import UsageError

SCHEMES = ("he_normal", "he_uniform", "glorot_uniform", "torch_default")
# That of the default recipe: the best on validation, beside HyperParameters' defaults.
DEFAULT_SCHEME = "glorot_uniform"

# One seed, two streams of random numbers: the order of the first epoch tells nothing
# about the initial weights.
_WEIGHTS, _ORDER = 0, 1


def initial_weights(
    layer_sizes: tuple[int, ...] | Architecture,
    *,
    seed: int,
    scheme: str = DEFAULT_SCHEME,
    dtype: str = "float32",
) -> Weights:
    """Return [(W, b), ...], one pair per layer, drawn by one of four schemes.

    ==================  ===============================  ====================
    scheme              W                                b
    ==================  ===============================  ====================
    ``he_normal``       N(0, 2 / fan_in)                 0
    ``he_uniform``      U(±√(6 / fan_in))                0
    ``glorot_uniform``  U(±√(6 / (fan_in + fan_out)))    0
    ``torch_default``   U(±1/√fan_in)                    U(±1/√fan_in)
    ==================  ===============================  ====================

    Parameters
    ----------
    layer_sizes : tuple of int, or Architecture
        Features, hidden layers, classes; or `HyperParameters.architecture`, which says
        it of a convolutional network too. W is (fan_in, fan_out), that of a
        convolution (out_channels, in_channels, k, k), for which fan_in is in_channels
        · k · k and fan_out is out_channels · k · k.
    seed : int
        The same seed gives the same numbers; drawn in float64 and then rounded, so
        float32 and float64 start from the same point.

    References
    ----------
    He et al., ICCV 2015, equation 10. Glorot & Bengio, AISTATS 2010, equation 16.
    torch.nn.Linear.reset_parameters, torch.nn.init._calculate_fan_in_and_fan_out.
    """
    if scheme not in SCHEMES:
        raise UsageError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
    network = layer_sizes
    if not isinstance(network, Architecture):
        network = Architecture(network)
    rng = _stream(seed, _WEIGHTS)
    weights: Weights = []
    for (shape, b_shape), fans in zip(network.shapes, network.fans, strict=True):
        fan_in, fan_out = fans
        b = np.zeros(b_shape)
        if scheme == "he_normal":
            W = rng.normal(0, math.sqrt(2 / fan_in), shape)
        elif scheme == "he_uniform":
            limit = math.sqrt(6 / fan_in)
            W = rng.uniform(-limit, limit, shape)
        elif scheme == "glorot_uniform":
            limit = math.sqrt(6 / (fan_in + fan_out))
            W = rng.uniform(-limit, limit, shape)
        else:
            limit = 1 / math.sqrt(fan_in)
            W, b = (
                rng.uniform(-limit, limit, shape),
                rng.uniform(-limit, limit, b_shape),
            )
        weights.append((W.astype(dtype), b.astype(dtype)))
    return weights


def epoch_order(n_samples: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return the order of one epoch, a permutation of 0 … n_samples − 1.

    The same for every implementation; epochs count from 0. Each (seed, epoch) has its
    own generator, so that an epoch can be repeated alone.
    """
    return _stream(seed, _ORDER, epoch).permutation(n_samples)


def _stream(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
