"""The network and its loss as pure functions; JAX differentiates them.

`params` is a list of pairs [(W, b), ...], W (fan_in, fan_out): a pytree, which every
transformation of JAX takes as it is. A W of shape (out_channels, in_channels, k, k) is
a convolution, followed by the activation and the maximum of 2 x 2 pixels; images are
then (B, C, H, W), and maps within (C, B, H, W).
"""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Params = list[tuple[jax.Array, jax.Array]]

ACTIVATIONS: dict[str, Any] = {
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "identity": lambda z: z,
}


def logits(params: Params, X: jax.Array, activation: str) -> jax.Array:
    """Return z = a W + b of the last layer; a = f(z) in between."""
    f = ACTIVATIONS[activation]
    a = X.swapaxes(0, 1) if X.ndim == 4 else X
    for W, b in params[:-1]:
        a = max_pool(f(convolve(a, W, b))) if W.ndim == 4 else f(dense(a, W, b))
    return dense(a, *params[-1])


def dense(a: jax.Array, W: jax.Array, b: jax.Array) -> jax.Array:
    """Return a W + b; maps are put into a row first, channel by channel."""
    if a.ndim == 4:
        channels, batch, height, width = a.shape
        a = a.swapaxes(0, 1).reshape(batch, channels * height * width)
    return a @ W + b


def convolve(a: jax.Array, W: jax.Array, b: jax.Array) -> jax.Array:
    """Return the maps (O, B, H', W'): no padding, stride 1.

    On a CPU as one product of matrices: XLA's own convolution there took a third more
    time, and eight times as much within the loop of `training.epoch`.
    """
    z = lax.platform_dependent(a, W, cpu=_convolve_unfolded, default=_convolve)
    return z + b[:, None, None, None]


def _convolve(a: jax.Array, W: jax.Array) -> jax.Array:
    numbers = ("CNHW", "OIHW", "CNHW")
    return lax.conv_general_dilated(a, W, (1, 1), "VALID", dimension_numbers=numbers)


def _convolve_unfolded(a: jax.Array, W: jax.Array) -> jax.Array:
    n_out, channels, k, _ = W.shape
    _, batch, height, width = a.shape
    rows, columns = height - k + 1, width - k + 1
    places = itertools.product(range(k), repeat=2)
    pieces = [a[:, :, i : i + rows, j : j + columns] for i, j in places]
    n_weights, n_places = channels * k * k, batch * rows * columns
    unfolded = jnp.stack(pieces, axis=1).reshape(n_weights, n_places)
    z = W.reshape(n_out, n_weights) @ unfolded
    return z.reshape(n_out, batch, rows, columns)


def max_pool(a: jax.Array) -> jax.Array:
    """Return the largest of each 2 x 2 pixels, (O, B, H' // 2, W' // 2)."""
    size = (1, 1, 2, 2)
    return lax.reduce_window(a, -jnp.inf, lax.max, size, size, "VALID")


def loss(
    params: Params,
    X: jax.Array,
    y: jax.Array,
    weight: jax.Array,
    activation: str,
    label_smoothing: float = 0.0,
) -> jax.Array:
    """Return Σ weight · cross-entropy over the rows; with weight 1/B, the mean.

    A smoothed label gives the share `label_smoothing` of its 1 to all classes alike.

    A batch that is shorter than the others is filled up with rows of weight 0, so that
    all batches have one shape and one compiled step serves them.
    """
    log_p = jax.nn.log_softmax(logits(params, X, activation))
    one_hot = jax.nn.one_hot(y, log_p.shape[1], dtype=log_p.dtype)
    if label_smoothing:
        one_hot = (1 - label_smoothing) * one_hot + label_smoothing / one_hot.shape[1]
    return -(weight[:, None] * one_hot * log_p).sum()
