"""The fast twin's convolution and pooling: each forward beside its backward, in place.

Every function writes into arrays that the caller allocated once; none allocates an
array of its own. The same equations without tricks are in `textbook_conv.py`.

Images lie here with their channels first and the batch last, (C, H, W, B):

- a row of an image is W · B numbers in one piece, so that unfolding copies long pieces
  and each corner of the 2 x 2 pools is a view with pieces of B numbers;
- the product of kernels (O, C k k) with unfolded images (C k k, H' W' B) is already the
  next layer's images (O, H', W', B);
- the last maps, seen as (C H W, B), are the transposed input of the dense layers.

Nothing is ever transposed but the batch at the beginning.

Letters: C = channels in, O = channels out, k = kernel size, H' = H − k + 1 and W' the
size of a map, H'' = H' // 2 and W'' that of a pooled map, B = batch size.
Refuses to be: a general convolution. No padding or stride, square kernels, 2 x 2 pools.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from numpy_impl.layers import Array

POOL = 2


def out_shape(
    image_shape: tuple[int, int, int], out_channels: int, kernel_size: int
) -> tuple[int, int, int]:
    """Return (O, H'', W''): what a layer makes of images (C, H, W)."""
    _, height, width = image_shape
    rows, columns = height - kernel_size + 1, width - kernel_size + 1
    return out_channels, rows // POOL, columns // POOL


class MapBuffers:
    """Every array that one convolutional layer needs for a batch of B images."""

    def __init__(
        self, images: Array, out_channels: int, kernel_size: int, dtype: np.dtype[Any]
    ) -> None:
        channels, height, width, n_rows = images.shape
        k = kernel_size
        rows, columns = height - k + 1, width - k + 1
        self.images = images  # (C, H, W, B): what the layer reads
        # A view (C, k, k, H', W', B) of the images: element (c, i, j, y, x, n) is
        # images[c, y + i, x + j, n].
        self.windows = sliding_window_view(images, (k, k), axis=(1, 2)).transpose(
            0, 4, 5, 1, 2, 3
        )
        self.unfolded = np.empty((channels, k, k, rows, columns, n_rows), dtype)
        self.matrix = self.unfolded.reshape(channels * k * k, -1)  # the same memory
        self.z = np.empty((out_channels, rows, columns, n_rows), dtype)
        self.z_matrix = self.z.reshape(out_channels, -1)
        pooled = out_shape(images.shape[:3], out_channels, k)
        end_row, end_column = pooled[1] * POOL, pooled[2] * POOL
        # The four pixels of every pool, in the order in which a tie is decided.
        self.corners = [
            self.z[:, i:end_row:POOL, j:end_column:POOL]
            for i in range(POOL)
            for j in range(POOL)
        ]
        # The odd last row and column, which no pool reads.
        self.left_out = [self.z[:, end_row:], self.z[:, :, end_column:]]
        self.top = np.empty((*pooled, n_rows), dtype)
        self.a = np.empty((*pooled, n_rows), dtype)
        self.da = np.empty((*pooled, n_rows), dtype)
        self.da_matrix = self.da.reshape(out_channels, -1)
        self.zeros = np.zeros((*pooled, n_rows), dtype)
        self.scratch = np.empty((*pooled, n_rows), dtype)
        self.is_top = np.empty((*pooled, n_rows), np.bool_)
        self.ones = np.ones(math.prod(pooled[1:]) * n_rows, dtype)


# --- convolution: z = the sum of a window times the kernel, for every window ---------
#
# The bias is added after pooling, to a quarter of the numbers: the largest of four sums
# z + b is the largest z, plus b.


def convolve(work: MapBuffers, kernels: Array) -> None:
    """Write z (O, H' W' B) = kernels (O, C k k) @ unfolded images: one product.

    Strictly a correlation: the kernel is not flipped, as in every framework.
    """
    np.copyto(work.unfolded, work.windows)
    kernels.dot(work.matrix, out=work.z_matrix)


def convolve_backward(work: MapBuffers, d_kernels: Array, db: Array) -> None:
    """Write dW = dz @ unfoldedᵀ and db = Σ dz, for dz in `work.z`.

    Pooling hands each number of `work.da` to one pixel, so that Σ dz = Σ da.
    """
    work.z_matrix.dot(work.matrix.T, out=d_kernels)
    work.da_matrix.dot(work.ones, out=db)


def convolve_backward_input(d_images: Array, work: MapBuffers, kernels: Array) -> None:
    """Write the gradient of the images (C, H, W, B); destroys `work.unfolded`.

    One product gives, for every window, what each of its pixels receives; k · k strided
    additions then put the windows on top of each other. They are the flipped kernel of
    the equation: a pixel receives from the window that begins i rows above it what
    belongs to row i of that window.
    """
    kernels.T.dot(work.z_matrix, out=work.matrix)
    d_images.fill(0)
    _, k, _, rows, columns, _ = work.unfolded.shape
    for i in range(k):
        for j in range(k):
            part = d_images[:, i : i + rows, j : j + columns]
            np.add(part, work.unfolded[:, i, j], out=part)


# --- pooling: the largest of 2 x 2 pixels ---------------------------------------------


def max_pool(work: MapBuffers) -> None:
    """Write into `work.top` the largest of the four corners of each pool."""
    first, second, third, fourth = work.corners
    np.maximum(first, second, out=work.top)
    np.maximum(work.top, third, out=work.top)
    np.maximum(work.top, fourth, out=work.top)


def max_pool_backward(work: MapBuffers) -> None:
    """Overwrite `work.z` with dz: each da goes to the first of the largest corners.

    What one corner takes is subtracted from what the next may take: a tie gives to the
    first in the order of rows, as in PyTorch, and the last corner gets what is left.
    """
    left = work.scratch
    np.copyto(left, work.da)
    for corner in work.corners[:-1]:
        np.equal(corner, work.top, out=work.is_top)
        np.multiply(left, work.is_top, out=corner)
        np.subtract(left, corner, out=left)
    np.copyto(work.corners[-1], left)
    for pixels in work.left_out:
        pixels.fill(0)


def batch_last(X: NDArray[Any], images: Array) -> None:
    """Copy X (B, C H W) into images (C, H, W, B)."""
    np.copyto(images.reshape(-1, len(X)), X.T)
