"""What a network consists of: the shapes of its weights and the products of a step.

The one home of this arithmetic, for the dense network and for the convolutional one.
Imports the standard library only, so that a configuration can be read before NumPy is.
Refuses to check: `HyperParameters` does, before anybody sees an `Architecture`.

A convolutional layer here is: a convolution without padding, stride 1, with a square
kernel; the activation; the maximum of each 2 x 2 pixels, stride 2, where a last odd
row or column is left out. The dense layers follow on the pixels of the last maps,
channel by channel and row by row, as PyTorch's `flatten` lays them out.
"""

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

Shapes = list[tuple[tuple[int, ...], tuple[int]]]

POOL = 2
MNIST_SHAPE = (1, 28, 28)


class Convolution(NamedTuple):
    """One convolutional layer with the size of the maps that it reads."""

    in_channels: int
    in_height: int
    in_width: int
    out_channels: int
    kernel_size: int

    @property
    def height(self) -> int:
        """Rows of a map after the convolution."""
        return self.in_height - self.kernel_size + 1

    @property
    def width(self) -> int:
        """Columns of a map after the convolution."""
        return self.in_width - self.kernel_size + 1

    @property
    def out_shape(self) -> tuple[int, int, int]:
        """Channels, rows, columns after pooling: what the next layer reads."""
        return self.out_channels, self.height // POOL, self.width // POOL

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of W: (out_channels, in_channels, k, k)."""
        k = self.kernel_size
        return self.out_channels, self.in_channels, k, k

    @property
    def unfolded(self) -> tuple[int, int, int]:
        """Sizes (O, K, P) of the product (O, K) @ (K, P) for one image.

        O output channels, K = in_channels · k · k numbers under a kernel, P places.
        """
        n_under = self.in_channels * self.kernel_size**2
        return self.out_channels, n_under, self.height * self.width


@dataclass(frozen=True)
class Architecture:
    """A network by its sizes.

    Attributes
    ----------
    layer_sizes : tuple of int
        Features, dense hidden layers, classes.
    conv_layers : tuple of (out_channels, kernel_size)
        Before the dense layers; none in the dense network.
    image_shape : (channels, height, width)
        How the features lie in an image; read only with `conv_layers`.
    """

    layer_sizes: tuple[int, ...]
    conv_layers: tuple[tuple[int, int], ...] = ()
    image_shape: tuple[int, int, int] = MNIST_SHAPE

    @property
    def convolutions(self) -> list[Convolution]:
        """The convolutional layers with their sizes, first to last."""
        shape, found = self.image_shape, []
        for out_channels, kernel_size in self.conv_layers:
            found.append(Convolution(*shape, out_channels, kernel_size))
            shape = found[-1].out_shape
        return found

    @property
    def dense_sizes(self) -> tuple[int, ...]:
        """Sizes from the input of the first dense layer to the classes."""
        if not self.conv_layers:
            return self.layer_sizes
        return math.prod(self.convolutions[-1].out_shape), *self.layer_sizes[1:]

    @property
    def shapes(self) -> Shapes:
        """Shapes of (W, b), layer by layer; a dense W is (fan_in, fan_out)."""
        convs = [(c.weight_shape, (c.out_channels,)) for c in self.convolutions]
        dense = [((m, n), (n,)) for m, n in itertools.pairwise(self.dense_sizes)]
        return [*convs, *dense]

    @property
    def depth(self) -> int:
        """Number of layers, convolutions and dense ones."""
        return len(self.conv_layers) + len(self.layer_sizes) - 1

    @property
    def fans(self) -> list[tuple[int, int]]:
        """(fan_in, fan_out) of each layer, for initial weights.

        Of a convolution, as PyTorch counts: in_channels · k · k numbers make one
        output, and each input takes part in out_channels · k · k of them.
        """
        convs = [
            (c.in_channels * c.kernel_size**2, c.out_channels * c.kernel_size**2)
            for c in self.convolutions
        ]
        return [*convs, *itertools.pairwise(self.dense_sizes)]

    @property
    def n_params(self) -> int:
        """Number of weights and biases."""
        return sum(math.prod(shape) for pair in self.shapes for shape in pair)

    def products(self, batch_size: int) -> list[tuple[int, int, int]]:
        """Return (m, k, n) of each matrix product of one training step.

        Forward, dW and, but for the first layer, the gradient of the input. A
        convolution is one product with the unfolded maps of the whole batch.
        """
        found = []
        for convolution in self.convolutions:
            out, under, places = convolution.unfolded
            n = places * batch_size
            found += [(out, under, n), (out, n, under), (under, out, n)]
        for fan_in, fan_out in itertools.pairwise(self.dense_sizes):
            found += [
                (batch_size, fan_in, fan_out),
                (fan_in, batch_size, fan_out),
                (batch_size, fan_out, fan_in),
            ]
        del found[2]  # nobody asks for the gradient of the images
        return found

    def flops(self, batch_size: int) -> int:
        """Return the multiplications and additions of those products."""
        return 2 * sum(m * k * n for m, k, n in self.products(batch_size))

    def __str__(self) -> str:
        """Name it by its sizes: 784-128-64-10, 784-conv8(5x5)-conv16(5x5)-64-10."""
        convs = [f"conv{out}({k}x{k})" for out, k in self.conv_layers]
        first, *others = self.layer_sizes
        return "-".join(map(str, [first, *convs, *others]))
