"""A convolutional network in plain NumPy: one line per equation.

The numbers in brackets go on where those of `textbook.py` end; docs/ has a page with
the derivations. The dense layers at the end are those of `textbook.py`. The fast twin
(`conv.py`, `conv_network.py`) does the same arithmetic and is tested against this file;
this file is tested against PyTorch. It is never optimised.

Shapes: X (B, C·H·W), an image channel by channel and row by row · a (B, C, H, W), maps
· W (O, C, k, k), one kernel for each pair of an output and an input channel · b (O,)
`weights` begins with such pairs (W, b); those of the dense layers follow.

In each letter code of `einsum` below, n is the image, o and c are the output and the
input channel, y and x the place in a map, i and j the place in a kernel. Letters that
are missing behind the arrow are summed over.

`python -m numpy_impl.textbook_conv` trains the network on MNIST, in a few minutes.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from numpy_impl import textbook
from numpy_impl.textbook import ACTIVATIONS, cross_entropy

# --- convolution ----------------------------------------------------------------------


def windows(a, k):
    """A view: windows[n, c, y, x] is the k x k piece of a[n, c] that begins at y, x."""
    return sliding_window_view(a, (k, k), axis=(2, 3))


def convolve(a, W, b):
    """z[n, o, y, x] = b[o] + Σ over c, i, j of W[o, c, i, j] a[n, c, y + i, x + j].

    A mathematician calls it a correlation: a convolution would flip the kernel. Every
    framework computes this and says convolution; for a learned kernel it is the same.
    """
    pieces = windows(a, W.shape[-1])
    z = np.einsum("ncyxij,ocij->noyx", pieces, W, optimize=True)  # z = W ⋆ a (25)
    return z + b[:, np.newaxis, np.newaxis]  # one bias for a whole map (26)


def convolve_backward(dz, a, W):
    """Return dW, db and da, from dz and what the convolution read."""
    k = W.shape[-1]
    pieces = windows(a, k)
    dW = np.einsum("noyx,ncyxij->ocij", dz, pieces, optimize=True)  # dW = dz ⋆ a (27)
    db = dz.sum(axis=(0, 2, 3))  # db = Σ over images and places of dz (28)
    border = ((0, 0), (0, 0), (k - 1, k - 1), (k - 1, k - 1))  # of zeros
    around = windows(np.pad(dz, border), k)
    flipped = W[:, :, ::-1, ::-1]  # read from the last row and column to the first
    da = np.einsum("noyxij,ocij->ncyx", around, flipped, optimize=True)  # (29)
    return dW, db, da


# --- pooling: the largest of 2 x 2 pixels ---------------------------------------------


def pools(a):
    """Return (B, C, H // 2, W // 2, 4): each pool's pixels in the order of rows.

    An odd last row or column belongs to no pool.
    """
    B, C, H, W = a.shape
    a = a[:, :, : H // 2 * 2, : W // 2 * 2].reshape(B, C, H // 2, 2, W // 2, 2)
    return a.transpose(0, 1, 2, 4, 3, 5).reshape(B, C, H // 2, W // 2, 4)


def max_pool(a):
    """The largest pixel of each pool."""
    return pools(a).max(axis=-1)  # p = max of four (30)


def max_pool_backward(dp, a):
    """Return da: each dp goes to the pixel that was the largest, all others get 0."""
    winner = pools(a).argmax(axis=-1)  # of equal pixels the first, as in PyTorch
    to = np.eye(4, dtype=dp.dtype)[winner]  # row k of eye: 1 in place k, else 0
    da = np.zeros_like(a)
    da_pools = dp[..., np.newaxis] * to  # (31)
    B, C, H, W = dp.shape
    in_place = da_pools.reshape(B, C, H, W, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    da[:, :, : 2 * H, : 2 * W] = in_place.reshape(B, C, 2 * H, 2 * W)
    return da


# --- the network: convolution, activation, pooling; some times over; then dense -------


def forward(weights, X, image_shape=(1, 28, 28), activation="relu"):
    """Return the maps (a, z, f(z)) of each convolution, and what `textbook` returns."""
    f, _ = ACTIVATIONS[activation]
    convolutions = [pair for pair in weights if pair[0].ndim == 4]
    a = X.reshape(len(X), *image_shape)
    maps = []
    for W, b in convolutions:
        z = convolve(a, W, b)
        maps.append((a, z, f(z)))
        a = max_pool(f(z))
    flat = a.reshape(len(a), -1)  # channel by channel, row by row (32)
    return maps, *textbook.forward(weights[len(maps) :], flat, activation)


def loss_and_gradients(weights, X, y, image_shape=(1, 28, 28), activation="relu"):
    """Return the mean loss and [(dW, db), ...]: forward, then backpropagation."""
    _, f_prime = ACTIVATIONS[activation]
    maps, zs, inputs = forward(weights, X, image_shape, activation)
    dense = weights[len(maps) :]
    gradients, dz = textbook.backward(dense, zs, inputs, y, activation)
    da = dz @ dense[0][0].T  # (10) again, into the flat maps
    for layer in reversed(range(len(maps))):
        a, z, f_z = maps[layer]
        n, channels, height, width = z.shape
        dp = da.reshape(n, channels, height // 2, width // 2)
        dz = max_pool_backward(dp, f_z) * f_prime(z)  # (11) again
        dW, db, da = convolve_backward(dz, a, weights[layer][0])
        gradients.insert(0, (dW, db))
    return cross_entropy(zs[-1], y), gradients


def train_epoch(weights, velocities, X, y, order, *, batch_size=64, **settings):
    """Go once through the data, as `textbook.train_epoch` does."""
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        _, gradients = loss_and_gradients(weights, X[rows], y[rows])
        for layer, (dW, db) in enumerate(gradients):
            (W, b), (vW, vb) = weights[layer], velocities[layer]
            W, vW = textbook.sgd(W, dW, vW, **settings)
            b, vb = textbook.sgd(b, db, vb, **settings)
            weights[layer], velocities[layer] = (W, b), (vW, vb)


if __name__ == "__main__":
    (X, y), (X_test, y_test) = textbook.read_mnist("train"), textbook.read_mnist("t10k")
    rng = np.random.default_rng(0)
    weights = []
    # 28 pixels → 24 → 12 → 8 → 4: sixteen maps of 4 x 4 are 256 numbers.
    for shape in [(8, 1, 5, 5), (16, 8, 5, 5), (256, 64), (64, 10)]:
        fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
        n_outputs = shape[0] if len(shape) == 4 else shape[1]
        W = rng.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)
        weights.append((W, np.zeros(n_outputs, np.float32)))
    velocities = [(0, 0)] * len(weights)
    for epoch in range(1, 6):
        order = rng.permutation(len(X))
        train_epoch(weights, velocities, X, y, order, learning_rate=0.02, momentum=0.9)
        *_, zs, _ = forward(weights, X_test)
        correct = np.mean(zs[-1].argmax(axis=1) == y_test)
        print(f"epoch {epoch}: {correct:.2%} of the 10,000 test images are recognised")
