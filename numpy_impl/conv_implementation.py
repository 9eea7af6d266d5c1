"""The fast convolutional network behind the comparison's five methods.

All of it but the network is that of the dense one: gathering, optimizers, checks.
"""

from typing import Any

from numpy_impl.conv_network import MNIST_SHAPE, ConvNetwork
from numpy_impl.implementation import NumpyImplementation


class ConvNumpyImplementation(NumpyImplementation):
    """`ConvNetwork` trained by `optimizers.py`.

    Parameters are those of `ConvNetwork`, `make_optimizer`, and `batch_size`.
    """

    def __init__(
        self,
        *,
        conv_layers: tuple[tuple[int, int], ...],
        image_shape: tuple[int, int, int] = MNIST_SHAPE,
        **options: Any,
    ) -> None:
        self._conv_layers, self._image_shape = conv_layers, image_shape
        super().__init__(**options)

    def _network(self, layer_sizes: tuple[int, ...], **options: Any) -> ConvNetwork:
        return ConvNetwork(
            layer_sizes,
            conv_layers=self._conv_layers,
            image_shape=self._image_shape,
            **options,
        )
