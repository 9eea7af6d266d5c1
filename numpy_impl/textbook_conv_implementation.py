"""The convolutional textbook behind the comparison's five methods.

The equations are in `textbook_conv.py`; here they are only called.
"""

import itertools
import math
from typing import Any

import numpy as np

from numpy_impl import textbook_conv
from numpy_impl.conv import out_shape
from numpy_impl.textbook_implementation import (
    Array,
    IntArray,
    TextbookImplementation,
    Weights,
)

# Images per forward pass in prediction: their unfolded windows take much memory.
PREDICT_ROWS = 1000


class ConvTextbookImplementation(TextbookImplementation):
    """`textbook_conv.py`, one array at a time. Slow, and easy to read."""

    def __init__(
        self,
        *,
        conv_layers: tuple[tuple[int, int], ...],
        image_shape: tuple[int, int, int] = (1, 28, 28),
        **dense: Any,
    ) -> None:
        self.conv_layers, self.image_shape = conv_layers, image_shape
        super().__init__(**dense)

    def _shapes(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        found: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        shape = self.image_shape
        for out_channels, k in self.conv_layers:
            found.append(((out_channels, shape[0], k, k), (out_channels,)))
            shape = out_shape(shape, out_channels, k)
        sizes = (math.prod(shape), *self.layer_sizes[1:])
        return [*found, *(((m, n), (n,)) for m, n in itertools.pairwise(sizes))]

    def _logits(self, X: Array) -> Array:
        logits = np.empty((len(X), self.layer_sizes[-1]), self.dtype)
        for start in range(0, len(X), PREDICT_ROWS):
            rows = slice(start, start + PREDICT_ROWS)
            *_, zs, _ = textbook_conv.forward(
                self.weights, X[rows], self.image_shape, self.activation
            )
            logits[rows] = zs[-1]
        return logits

    def _loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        loss, gradients = textbook_conv.loss_and_gradients(
            self.weights, X, y, self.image_shape, self.activation
        )
        return float(loss), gradients
