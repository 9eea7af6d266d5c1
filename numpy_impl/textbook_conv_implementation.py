"""The convolutional textbook behind the comparison's five methods.

The equations are in `textbook_conv.py`; here they are only called.
"""

import itertools
import math
from typing import Any

import numpy as np

from numpy_impl import textbook_conv
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
        channels, height, width = self.image_shape
        for out_channels, k in self.conv_layers:
            found.append(((out_channels, channels, k, k), (out_channels,)))
            channels, height = out_channels, (height - k + 1) // 2
            width = (width - k + 1) // 2
        n_flat = math.prod((channels, height, width))
        sizes = (n_flat, *self.layer_sizes[1:])
        return [*found, *(((m, n), (n,)) for m, n in itertools.pairwise(sizes))]

    def _logits(self, X: Array) -> Array:
        parts = [
            self._some_logits(X[start : start + PREDICT_ROWS])
            for start in range(0, len(X), PREDICT_ROWS)
        ]
        return np.concatenate(parts)

    def _some_logits(self, X: Array) -> Array:
        *_, zs, _ = textbook_conv.forward(
            self.weights, X, self.image_shape, self.activation
        )
        logits: Array = zs[-1]
        return logits

    def _loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        loss, gradients = textbook_conv.loss_and_gradients(
            self.weights, X, y, self.image_shape, self.activation
        )
        return float(loss), gradients
