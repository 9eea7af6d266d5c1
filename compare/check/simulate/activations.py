"""Activations as values: f, and f' as a function of z and of a = f(z).

The four that can be asked for by name, and those that people write in their place.
What has a free number (the slope of a leaky ReLU) is made by a function of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Activation:
    """One activation.

    Attributes
    ----------
    name : str
        As it is said: "leaky ReLU (0.01 of z below 0)".
    kind : str
        Which function it is, whatever its number: what `reference.py` asks.
    number : float
        The free number, or 0.
    from_a : callable
        f' in terms of a = f(z); None where that is no function of a alone.
    """

    name: str
    f: Callable[[Array], Array]
    from_z: Callable[[Array], Array]
    from_a: Callable[[Array], Array] | None = None
    kind: str = ""
    number: float = 0.0


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + e⁻ᶻ) without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)  # type: ignore[no-any-return]


def _sigmoid_slope(z: Array) -> Array:
    return np.asarray(sigmoid(z) * (1 - sigmoid(z)))


RELU = Activation(
    "relu",
    lambda z: np.maximum(z, 0),
    lambda z: (z > 0).astype(float),
    lambda a: (a > 0).astype(float),
    "relu",
)
SIGMOID = Activation(
    "sigmoid", sigmoid, _sigmoid_slope, lambda a: a * (1 - a), "sigmoid"
)
TANH = Activation(
    "tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda a: 1 - a**2, "tanh"
)
IDENTITY = Activation("identity", lambda z: z, np.ones_like, np.ones_like, "identity")
BY_NAME = {a.name: a for a in (RELU, SIGMOID, TANH, IDENTITY)}


def leaky(slope: float) -> Activation:
    """Return z above 0, and slope · z below."""
    return Activation(
        f"leaky ReLU ({slope:.6g} of z below 0)",
        lambda z: np.where(z > 0, z, slope * z),
        lambda z: np.where(z > 0, 1.0, slope),
        (lambda a: np.where(a > 0, 1.0, slope)) if slope > 0 else None,
        "leaky",
        slope,
    )


def elu(alpha: float) -> Activation:
    """Return z above 0, and α (eᶻ − 1) below."""
    return Activation(
        f"ELU (α = {alpha:.6g})",
        lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))),
        lambda a: np.where(a > 0, 1.0, a + alpha),
        "elu",
        alpha,
    )


def swish(beta: float) -> Activation:
    """Return z σ(βz)."""

    def slope(z: Array) -> Array:
        s = sigmoid(beta * z)
        return np.asarray(s + beta * z * s * (1 - s))

    name = "Swish (z σ(z))" if beta == 1 else f"Swish (z σ({beta:.6g} z))"
    return Activation(name, lambda z: z * sigmoid(beta * z), slope, None, "swish", beta)


def _normal_cdf(z: Array) -> Array:
    from scipy.special import ndtr  # SciPy takes a while to import, and few need it

    return np.asarray(ndtr(z))


GELU = Activation(
    "GELU",
    lambda z: z * _normal_cdf(z),
    lambda z: _normal_cdf(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    None,
    "gelu",
)
_C = np.sqrt(2 / np.pi)


def _gelu_tanh_slope(z: Array) -> Array:
    t = np.tanh(_C * (z + 0.044715 * z**3))
    inner = _C * (1 + 3 * 0.044715 * z**2)
    return np.asarray(0.5 * (1 + t) + 0.5 * z * (1 - t**2) * inner)


GELU_TANH = Activation(
    "GELU (its tanh approximation)",
    lambda z: 0.5 * z * (1 + np.tanh(_C * (z + 0.044715 * z**3))),
    _gelu_tanh_slope,
    None,
    "gelu-tanh",
)
SOFTPLUS = Activation(
    "softplus (log(1 + eᶻ))",
    lambda z: np.logaddexp(0, z),
    sigmoid,
    lambda a: -np.expm1(-a),
    "softplus",
)
SCALED_TANH = Activation(
    "scaled tanh (1.7159 tanh(2z/3))",
    lambda z: 1.7159 * np.tanh(2 / 3 * z),
    lambda z: 1.7159 * 2 / 3 * (1 - np.tanh(2 / 3 * z) ** 2),
    lambda a: 1.7159 * 2 / 3 * (1 - (a / 1.7159) ** 2),
    "scaled-tanh",
)
RELU6 = Activation(
    "ReLU6",
    lambda z: np.clip(z, 0, 6),
    lambda z: ((z > 0) & (z < 6)).astype(float),
    lambda a: ((a > 0) & (a < 6)).astype(float),
    "relu6",
)
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SELU = Activation(
    "SELU",
    lambda z: SELU_SCALE * elu(SELU_ALPHA).f(z),
    lambda z: SELU_SCALE * elu(SELU_ALPHA).from_z(z),
    None,
    "selu",
)
SINE = Activation("sine", np.sin, np.cos, None, "sine")
SOFTSIGN = Activation(
    "softsign (z / (1 + |z|))",
    lambda z: z / (1 + np.abs(z)),
    lambda z: 1 / (1 + np.abs(z)) ** 2,
    lambda a: (1 - np.abs(a)) ** 2,
    "softsign",
)


def _mish_slope(z: Array) -> Array:
    t = np.tanh(np.logaddexp(0, z))
    return np.asarray(t + z * (1 - t**2) * sigmoid(z))


MISH = Activation(
    "Mish (z tanh(log(1 + eᶻ)))",
    lambda z: z * np.tanh(np.logaddexp(0, z)),
    _mish_slope,
    None,
    "mish",
)
# Those that people write, with the numbers that they usually give them.
RELATIVES: tuple[Activation, ...] = (
    *map(leaky, (0.01, 0.1, 0.2, 0.3, 0.001, 0.05, 0.02, 0.25, 0.5)),
    elu(1.0),
    swish(1.0),
    swish(1.702),
    GELU,
    GELU_TANH,
    SOFTPLUS,
    SCALED_TANH,
    RELU6,
    SELU,
    SOFTSIGN,
    SINE,
    MISH,
)
# With a free number, to be found from what was answered.
FAMILIES: tuple[Callable[[float], Activation], ...] = (leaky, elu, swish)
