"""`numpy_impl.layers` called as plain functions: fresh outputs in, new arrays out.

The layer functions write into buffers of the caller; here each call makes its own,
filled with NaN, so that an element that is never written cannot pass.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpy_impl import layers
from tests.parity import Array


def unwritten(shape: tuple[int, ...], dtype: Any) -> Array:
    return np.full(shape, np.nan, dtype)


def linear(a: Array, W: Array, b: Array) -> Array:
    z = unwritten((len(a), W.shape[1]), a.dtype)
    layers.linear_forward(z, a, W, b)
    return z


def linear_gradients(dz: Array, a: Array, W: Array) -> tuple[Array, Array, Array]:
    """Return da, dW, db."""
    da = unwritten(a.shape, a.dtype)
    dW = unwritten(W.shape, a.dtype)
    db = unwritten(W.shape[1:], a.dtype)
    layers.linear_backward(dW, db, dz, a, np.ones(len(a), a.dtype))
    layers.linear_backward_input(da, dz, W)
    return da, dW, db


def activate(name: str, z: Array) -> Array:
    a = z.copy()
    forward, _ = layers.ACTIVATIONS[name]
    forward(a, np.zeros_like(z))
    return a


def activation_gradient(name: str, da: Array, z: Array) -> Array:
    """Return dz."""
    a, dz = activate(name, z), da.copy()
    _, backward = layers.ACTIVATIONS[name]
    backward(dz, a, np.zeros_like(z), unwritten(z.shape, z.dtype))
    return dz


def output_buffers(logits: Array) -> layers.OutputBuffers:
    n_rows, n_classes = logits.shape
    return layers.OutputBuffers(n_rows, n_classes, logits.dtype)


def softmax(logits: Array) -> Array:
    probs = logits.copy()
    layers.softmax(probs, output_buffers(logits))
    return probs


def cross_entropy_gradient(logits: Array, y: NDArray[np.int64]) -> Array:
    """Return dlogits."""
    dlogits = logits.copy()
    work = output_buffers(logits)
    layers.softmax_cross_entropy_backward(dlogits, y, work)
    return dlogits
