"""The convolutional network: maps, then the dense network on the last maps.

    params = [ kernels | dense W | kernels' b | dense b ]        grads alike

What `Network` says of flat vectors and workspaces holds here too, and its methods are
the same. Activations come after pooling: none of the four falls when z rises, so that
the largest f(z) is f of the largest z, and it has to be computed for a quarter of the
numbers only. `textbook_conv.py` has the usual order.
"""

import itertools
import math
from typing import cast

import numpy as np

from numpy_impl import conv
from numpy_impl.conv import MapBuffers
from numpy_impl.layers import Array, CrossEntropy, IntArray
from numpy_impl.network import Network, Workspace

MNIST_SHAPE = (1, 28, 28)


class ConvWorkspace(Workspace):
    """Every array that a batch of `n_rows` images needs, allocated once."""

    def __init__(self, n_rows: int, network: "ConvNetwork") -> None:
        super().__init__(n_rows, network.dense_sizes, network.dtype)
        dtype = network.dtype
        self.X = np.empty((n_rows, network.layer_sizes[0]), dtype)
        images = np.empty((*network.image_shape, n_rows), dtype)
        self.images = images
        self.maps: list[MapBuffers] = []
        for out_channels, kernel_size in network.conv_layers:
            self.maps.append(MapBuffers(images, out_channels, kernel_size, dtype))
            images = self.maps[-1].a
        # The last maps as the dense layers read them, (B, C H W), and their gradient.
        self.flat = images.reshape(-1, n_rows).T
        self.d_flat = self.maps[-1].da.reshape(-1, n_rows)


class ConvNetwork(Network):
    """Convolution, 2 x 2 maximum, activation, some times over; then a `Network`.

    Parameters
    ----------
    layer_sizes : tuple of int
        Features, dense hidden layers, classes: (784, 64, 10).
    conv_layers : tuple of (out_channels, kernel_size)
        At least one.
    image_shape : (channels, height, width)
        Of the n_features numbers of an image.
    activation, dtype, objective
        As for `Network`.

    Attributes
    ----------
    W, b, dW, db
        As in `Network`; the W of a convolution is (out_channels, in_channels, k, k).
    """

    # Unfolded images take 25 times the memory of images: few at a time fit the cache.
    predict_rows = 64

    def __init__(
        self,
        layer_sizes: tuple[int, ...],
        *,
        conv_layers: tuple[tuple[int, int], ...],
        image_shape: tuple[int, int, int] = MNIST_SHAPE,
        activation: str = "relu",
        dtype: str = "float32",
        objective: CrossEntropy | None = None,
    ) -> None:
        self.conv_layers, self.image_shape = conv_layers, image_shape
        self._kernel_shapes: list[tuple[int, ...]] = []
        shape = image_shape
        for out_channels, k in conv_layers:
            self._kernel_shapes.append((out_channels, shape[0], k, k))
            shape = conv.out_shape(shape, out_channels, k)
        if math.prod(image_shape) != layer_sizes[0] or min(shape) < 1:
            raise ValueError(
                f"image_shape must have {layer_sizes[0]} numbers and leave maps of at "
                f"least 1 x 1, got {image_shape} and maps of shape {shape}"
            )
        self.dense_sizes = (math.prod(shape), *layer_sizes[1:])
        super().__init__(
            layer_sizes, activation=activation, dtype=dtype, objective=objective
        )
        n = len(conv_layers)
        # The dense layers on top, over the same memory.
        self._top = Network(
            self.dense_sizes,
            activation=activation,
            dtype=dtype,
            objective=self.objective,
        )
        self._top.use(self.W[n:], self.b[n:], self.dW[n:], self.db[n:])
        # W and dW of a convolution as the matrices (O, C k k) that they are.
        self._kernels = [W.reshape(len(W), -1) for W in self.W[:n]]
        self._d_kernels = [dW.reshape(len(dW), -1) for dW in self.dW[:n]]
        self._b_maps = [b.reshape(-1, 1, 1, 1) for b in self.b[:n]]

    def _weight_shapes(self) -> list[tuple[int, ...]]:
        return [*self._kernel_shapes, *itertools.pairwise(self.dense_sizes)]

    def _new_workspace(self, n_rows: int) -> ConvWorkspace:
        return ConvWorkspace(n_rows, self)

    def _forward(self, work: Workspace, X: Array) -> None:
        work = cast(ConvWorkspace, work)
        conv.batch_last(X, work.images)
        for buffers, kernels, b in zip(
            work.maps, self._kernels, self._b_maps, strict=True
        ):
            conv.convolve(buffers, kernels)
            conv.max_pool(buffers)
            np.add(buffers.top, b, out=buffers.a)
            self._activate(buffers.a, buffers.zeros)
        self._top._forward(work, work.flat)

    def _backward(self, work: Workspace, X: Array, y: IntArray, scale: float) -> None:
        work = cast(ConvWorkspace, work)
        self._top._backward(work, work.flat, y, scale)
        self._top.W[0].dot(work.first_dz.T, out=work.d_flat)
        self._maps_backward(work)

    def _maps_backward(self, work: ConvWorkspace) -> None:
        """Go down through the maps, from the gradient in `work.d_flat`."""
        for layer in range(len(work.maps) - 1, -1, -1):
            buffers = work.maps[layer]
            self._activate_backward(
                buffers.da, buffers.a, buffers.zeros, buffers.scratch
            )
            conv.max_pool_backward(buffers)
            conv.convolve_backward(buffers, self._d_kernels[layer], self.db[layer])
            if layer > 0:
                below = work.maps[layer - 1].da
                conv.convolve_backward_input(below, buffers, self._kernels[layer])

    def _logit_gradient(self, work: Workspace, class_index: int, against: int) -> Array:
        """Return what `Network` does; overwrites the gradients of the kernels too."""
        work = cast(ConvWorkspace, work)
        work.d_flat[...] = self._top._logit_gradient(work, class_index, against).T
        self._maps_backward(work)
        return self._input_gradient(work)

    def _input_gradient(self, work: Workspace) -> Array:
        work = cast(ConvWorkspace, work)
        d_images = np.empty_like(work.images)
        conv.convolve_backward_input(d_images, work.maps[0], self._kernels[0])
        return np.ascontiguousarray(d_images.reshape(-1, len(work.X)).T)
