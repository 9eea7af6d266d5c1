"""The network and its loss as pure functions; JAX differentiates them.

`params` is a list of pairs [(W, b), ...], W (fan_in, fan_out): a pytree, which every
transformation of JAX takes as it is.
"""

from typing import Any

import jax
import jax.numpy as jnp

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
    a = X
    for W, b in params[:-1]:
        a = f(a @ W + b)
    W, b = params[-1]
    return a @ W + b


def loss(
    params: Params, X: jax.Array, y: jax.Array, weight: jax.Array, activation: str
) -> jax.Array:
    """Return Σ weight · cross-entropy over the rows; with weight 1/B, the mean.

    A batch that is shorter than the others is filled up with rows of weight 0, so that
    all batches have one shape and one compiled step serves them.
    """
    log_p = jax.nn.log_softmax(logits(params, X, activation))
    one_hot = jax.nn.one_hot(y, log_p.shape[1], dtype=log_p.dtype)
    return -(weight[:, None] * one_hot * log_p).sum()
