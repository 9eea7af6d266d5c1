"""The arithmetic of convolutions and pooling: that of `textbook_conv`, typed.

Maps are (B, channels, rows, columns), a kernel is (out_channels, in_channels, k, k).
"""

from typing import Any

from compare.check.simulate.activations import Array
from numpy_impl import textbook_conv

_textbook: Any = textbook_conv  # written for readers, without types


def convolve(a: Array, W: Array) -> Array:
    """Return W ⋆ a, without a bias."""
    result: Array = _textbook.convolve(a, W, W[:, 0, 0, 0] * 0)
    return result


def weight_gradient(dz: Array, a: Array, W: Array) -> Array:
    """Return dW = dz ⋆ a."""
    result: Array = _textbook.convolve_backward(dz, a, W)[0]
    return result


def input_gradient(dz: Array, a: Array, W: Array) -> Array:
    """Return da: the flipped kernel on dz, with k − 1 zeros around it."""
    result: Array = _textbook.convolve_backward(dz, a, W)[2]
    return result


def pools(a: Array) -> Array:
    """Return the pixels of each pool, (B, channels, rows // 2, columns // 2, 4)."""
    result: Array = _textbook.pools(a)
    return result


def max_pool(a: Array) -> Array:
    """Return the largest pixel of each pool."""
    result: Array = _textbook.max_pool(a)
    return result


def max_pool_backward(dp: Array, a: Array) -> Array:
    """Return da: each dp goes to the first of the largest pixels."""
    result: Array = _textbook.max_pool_backward(dp, a)
    return result
