"""The model as `keras.Sequential`, and its weights in and out in our layout.

A dense weight is (fan_in, fan_out) in Keras as everywhere in this project. With
convolutions, two things differ. Keras keeps the channels of an image last, where its
convolution on a CPU is fastest:

- A kernel is (k, k, in_channels, out_channels), ours (out_channels, in_channels, k, k).
- `Flatten` puts the last maps into a row pixel by pixel, we channel by channel: the
  rows of the first dense weight are in another order.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_impl import backend

backend.choose()
import keras  # noqa: E402  # it reads its backend when it is imported

Array = NDArray[np.floating[Any]]
Weights = list[tuple[Array, Array]]


def build(
    layer_sizes: tuple[int, ...],
    *,
    conv_layers: tuple[tuple[int, int], ...],
    image_shape: tuple[int, int, int],
    activation: str,
    l2: float,
    dtype: str,
) -> Any:
    """Return Dense, Dense, …, Dense: the last layer gives logits.

    Before them come Conv2D and MaxPooling2D for each (out_channels, kernel_size) of
    `conv_layers`, then Flatten.
    """
    options: dict[str, Any] = {"dtype": dtype}
    if l2:
        options["kernel_regularizer"] = keras.regularizers.L2(l2)
    model = keras.Sequential([keras.Input((layer_sizes[0],), dtype=dtype)])
    if conv_layers:
        model.add(keras.layers.Reshape(image_shape, dtype=dtype))
        model.add(keras.layers.Permute((2, 3, 1), dtype=dtype))
        for channels, k in conv_layers:
            model.add(
                keras.layers.Conv2D(channels, k, activation=activation, **options)
            )
            model.add(keras.layers.MaxPooling2D(2, dtype=dtype))
        model.add(keras.layers.Flatten(dtype=dtype))
    for width in layer_sizes[1:-1]:
        model.add(keras.layers.Dense(width, activation=activation, **options))
    model.add(keras.layers.Dense(layer_sizes[-1], **options))
    return model


class Layout:
    """Where the numbers of a weight lie, in Keras and here.

    Parameters
    ----------
    conv_layers, image_shape
        As for `build`; without convolutions, both layouts are the same.

    Attributes
    ----------
    maps : (channels, height, width) or None
        What the first dense layer reads.
    """

    def __init__(
        self,
        conv_layers: tuple[tuple[int, int], ...],
        image_shape: tuple[int, int, int],
    ) -> None:
        _, height, width = image_shape
        for _, k in conv_layers:
            height, width = (height - k + 1) // 2, (width - k + 1) // 2
        self.n_conv = len(conv_layers)
        self.maps = (conv_layers[-1][0], height, width) if conv_layers else None

    def to_keras(self, weights: Weights) -> list[Array]:
        """Return [W, b, W, b, ...] as `Model.set_weights` takes them."""
        arrays: list[Array] = []
        for layer, (W, b) in enumerate(weights):
            if layer < self.n_conv:
                W = W.transpose(2, 3, 1, 0)
            elif layer == self.n_conv and self.maps:
                by_channel = W.reshape(*self.maps, -1)
                W = by_channel.transpose(1, 2, 0, 3).reshape(W.shape)
            arrays += [W, b]
        return arrays

    def from_keras(self, arrays: list[Array]) -> Weights:
        """Return copies [(W, b), ...] of what `Model.get_weights` gives."""
        weights: Weights = []
        for layer, (W, b) in enumerate(zip(arrays[0::2], arrays[1::2], strict=True)):
            if layer < self.n_conv:
                W = W.transpose(3, 2, 0, 1)
            elif layer == self.n_conv and self.maps:
                channels, height, width = self.maps
                by_pixel = W.reshape(height, width, channels, -1)
                W = by_pixel.transpose(2, 0, 1, 3).reshape(W.shape)
            weights.append((np.array(W, order="C"), np.array(b)))
        return weights
