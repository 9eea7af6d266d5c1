"""The rungs of the ladder: programs that train the same network, each a little faster.

Every rung changes one thing beside the rung before. The first sentence of each is its
name in the table of docs/5-from-textbook-to-fast.md.
"""

import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare import HyperParameters
from compare.registry import create
from numpy_impl import textbook

Array = NDArray[Any]
Weights = list[tuple[Array, Array]]

LAYER_SIZES = (784, 128, 64, 10)
LEARNING_RATE, MOMENTUM = 0.05, 0.9


class Textbook:
    """textbook.py, in float64."""

    dtype = "float64"

    def __init__(self, weights: Weights, X: Array, y: Array, batch_size: int) -> None:
        self.X, self.y = X.astype(self.dtype, copy=False), y
        self.batch_size = batch_size
        self.W = [W.astype(self.dtype) for W, _ in weights]
        self.b = [b.astype(self.dtype) for _, b in weights]
        self.vW = [np.zeros_like(W) for W in self.W]
        self.vb = [np.zeros_like(b) for b in self.b]
        self.prepare()

    def prepare(self) -> None:
        """Allocate what this rung keeps; the textbook keeps nothing."""

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return list(zip(self.W, self.b, strict=True))

    def train(self, order: Array) -> None:
        """Take one step per batch of `order`."""
        for start in range(0, len(order), self.batch_size):
            X, y = self.gather(order[start : start + self.batch_size])
            dW, db = self.gradients(X, y)
            self.update(self.W, dW, self.vW)
            self.update(self.b, db, self.vb)

    def gather(self, rows: Array) -> tuple[Array, Array]:
        """Return the pictures and labels of a batch."""
        return self.X[rows], self.y[rows]

    def gradients(self, X: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """Return dW and db of every layer."""
        _, pairs = textbook.loss_and_gradients(self.weights(), X, y)
        return [dW for dW, _ in pairs], [db for _, db in pairs]

    def update(self, thetas: list[Array], grads: list[Array], vs: list[Array]) -> None:
        """Take a step of SGD with momentum."""
        for i, g in enumerate(grads):
            thetas[i], vs[i] = textbook.sgd(
                thetas[i], g, vs[i], learning_rate=LEARNING_RATE, momentum=MOMENTUM
            )


class Float32(Textbook):
    """Numbers of 4 bytes."""

    dtype = "float32"


class NoLoss(Float32):
    """Only gradients: no loss, no one-hot."""

    def gradients(self, X: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """Return dW and db; p − t by taking 1 off at the label."""
        zs, inputs = textbook.forward(self.weights(), X)
        dz = textbook.softmax(zs[-1])
        dz[np.arange(len(y)), y] -= 1
        dz /= len(y)
        dWs, dbs = [], []
        for layer in (2, 1, 0):
            dWs.append(inputs[layer].T @ dz)
            dbs.append(dz.sum(axis=0))
            if layer > 0:
                da = dz @ self.W[layer].T
                dz = da * (zs[layer - 1] > 0)
        return dWs[::-1], dbs[::-1]


class UpdateInPlace(NoLoss):
    """Optimizer writes into its own arrays."""

    def prepare(self) -> None:
        """Allocate nothing: the gradients are fresh arrays, and may be overwritten."""

    def update(self, thetas: list[Array], grads: list[Array], vs: list[Array]) -> None:
        """Take a step; v holds η v, which saves a pass over memory."""
        for theta, g, v in zip(thetas, grads, vs, strict=True):
            np.multiply(g, LEARNING_RATE, out=g)
            np.multiply(v, MOMENTUM, out=v)
            np.add(v, g, out=v)
            np.subtract(theta, v, out=theta)


class BuffersOnce(UpdateInPlace):
    """All arrays of a step allocated once."""

    def prepare(self) -> None:
        """Allocate for one size of batch."""
        B, widths = self.batch_size, LAYER_SIZES[1:]
        self.X_batch = np.empty((B, LAYER_SIZES[0]), self.dtype)
        self.y_batch = np.empty(B, np.int64)
        self.z = [np.empty((B, n), self.dtype) for n in widths]
        self.da = [np.empty((B, n), self.dtype) for n in widths[:-1]]
        self.mask = [np.empty((B, n), bool) for n in widths[:-1]]
        self.dW = [np.empty_like(W) for W in self.W]
        self.db = [np.empty_like(b) for b in self.b]
        self.row, self.rows = np.empty((B, 1), self.dtype), np.arange(B)

    def gather(self, rows: Array) -> tuple[Array, Array]:
        """Copy a batch into its buffer; mode="raise" would copy it twice."""
        self.X.take(rows, axis=0, out=self.X_batch, mode="clip")
        self.y.take(rows, out=self.y_batch, mode="clip")
        return self.X_batch, self.y_batch

    def gradients(self, X: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """Write every product where it belongs."""
        inputs = [X, *self.z[:2]]
        for layer in (0, 1, 2):
            z = self.z[layer]
            np.dot(inputs[layer], self.W[layer], out=z)
            np.add(z, self.b[layer], out=z)
            if layer < 2:
                self.relu(z, layer)
        dz = self.softmax_minus_one_hot(self.z[2], y)
        for layer in (2, 1, 0):
            np.dot(inputs[layer].T, dz, out=self.dW[layer])
            self.sum_over_batch(dz, self.db[layer])
            if layer > 0:
                da = self.da[layer - 1]
                np.dot(dz, self.W[layer].T, out=da)
                self.relu_backward(da, inputs[layer], layer - 1)
                dz = da
        return self.dW, self.db

    def softmax_minus_one_hot(self, logits: Array, y: Array) -> Array:
        """Overwrite logits with (p − t) / B."""
        np.max(logits, axis=1, keepdims=True, out=self.row)
        np.subtract(logits, self.row, out=logits)
        np.exp(logits, out=logits)
        np.sum(logits, axis=1, keepdims=True, out=self.row)
        np.divide(logits, self.row, out=logits)
        logits[self.rows, y] -= 1
        np.multiply(logits, 1 / len(y), out=logits)
        return logits

    def relu(self, z: Array, layer: int) -> None:
        """Overwrite z with max(z, 0)."""
        np.maximum(z, 0, out=z)

    def relu_backward(self, da: Array, a: Array, layer: int) -> None:
        """Overwrite da with da where a > 0, else 0."""
        np.greater(a, 0, out=self.mask[layer])
        np.multiply(da, self.mask[layer], out=da)

    def sum_over_batch(self, dz: Array, db: Array) -> None:
        """Write the sum of the rows."""
        np.sum(dz, axis=0, out=db)


class NoSlowPaths(BuffersOnce):
    """Around the slow paths of NumPy."""

    scale = 1.0  # of all gradients

    def prepare(self) -> None:
        """Allocate ones to multiply with and zeros to compare with."""
        super().prepare()
        B, K = self.batch_size, LAYER_SIZES[-1]
        self.zeros = [np.zeros_like(da) for da in self.da]
        self.ones_or_zeros = [np.empty_like(da) for da in self.da]
        self.ones, self.class_ones = np.ones(B, self.dtype), np.ones(K, self.dtype)
        self.transposed = np.empty((K, B), self.dtype)
        self.row_starts, self.values = self.rows * K, np.empty(B, self.dtype)
        self.positions = np.empty(B, np.intp)

    def relu(self, z: Array, layer: int) -> None:
        """Compare with an array: beside a number, there is no vector loop."""
        np.maximum(z, self.zeros[layer], out=z)

    def relu_backward(self, da: Array, a: Array, layer: int) -> None:
        """Compare into numbers: a product with bool converts it, piece by piece."""
        positive = self.ones_or_zeros[layer]
        np.greater(a, self.zeros[layer], out=positive)
        np.multiply(da, positive, out=da)

    def sum_over_batch(self, dz: Array, db: Array) -> None:
        """Let BLAS add up: a row of ones times dz."""
        np.dot(self.ones, dz, out=db)

    def softmax_minus_one_hot(self, logits: Array, y: Array) -> Array:
        """Avoid reductions along rows of ten, and the copies of logits[rows, y]."""
        row, flat = self.row, logits.reshape(-1)
        np.copyto(self.transposed, logits.T)
        np.maximum.reduce(self.transposed, axis=0, out=row[:, 0])
        np.subtract(logits, row, out=logits)
        np.exp(logits, out=logits)
        np.dot(logits, self.class_ones, out=row[:, 0])
        np.divide(logits, row, out=logits)
        np.add(self.row_starts, y, out=self.positions)
        flat.take(self.positions, out=self.values, mode="clip")
        np.subtract(self.values, 1, out=self.values)
        flat.put(self.positions, self.values, mode="clip")
        np.multiply(logits, self.scale / len(y), out=logits)
        return logits


class LearningRateInLogits(NoSlowPaths):
    """Learning rate folded into the first gradient."""

    scale = LEARNING_RATE

    def update(self, thetas: list[Array], grads: list[Array], vs: list[Array]) -> None:
        """Take a step; g is η g already."""
        for theta, g, v in zip(thetas, grads, vs, strict=True):
            np.multiply(v, MOMENTUM, out=v)
            np.add(v, g, out=v)
            np.subtract(theta, v, out=theta)


class FastTwin:
    """One flat vector: the fast twin itself."""

    engine = "numpy"

    def __init__(self, weights: Weights, X: Array, y: Array, batch_size: int) -> None:
        self.X, self.y = X.astype("float32", copy=False), y
        self.network = create(
            self.engine,
            HyperParameters(
                batch_size=batch_size, learning_rate=LEARNING_RATE, momentum=MOMENTUM
            ),
        )
        self.network.set_weights(weights)

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return self.network.get_weights()

    def train(self, order: Array) -> None:
        """Take one step per batch of `order`."""
        self.network.train_epoch(self.X, self.y, order)


class Compiled(FastTwin):
    """Loops compiled by Numba."""

    engine = "numba"


class Skipping(FastTwin):
    """Pixels that are 0 in the whole batch skipped."""

    engine = "numba-skip"


class MatrixProducts:
    """The matrix products alone: the floor."""

    def __init__(self, weights: Weights, X: Array, y: Array, batch_size: int) -> None:
        rng = np.random.default_rng(0)

        def array(*shape: int) -> Array:
            return rng.random(shape, dtype=np.float32)

        self.batch_size = batch_size
        self.products: list[tuple[Array, Array, Array]] = []
        a = array(batch_size, LAYER_SIZES[0])
        for layer, (W, _) in enumerate(weights):
            W = W.astype("float32")
            z = array(batch_size, W.shape[1])
            self.products += [(a, W, np.empty_like(z)), (a.T, z, np.empty_like(W))]
            if layer > 0:
                self.products.append((z, W.T, np.empty_like(a)))
            a = z

    def train(self, order: Array) -> None:
        """Multiply as often as a training would."""
        for _ in range(0, len(order), self.batch_size):
            for left, right, out in self.products:
                np.dot(left, right, out=out)


RUNGS = (
    Textbook,
    Float32,
    NoLoss,
    UpdateInPlace,
    BuffersOnce,
    NoSlowPaths,
    LearningRateInLogits,
    FastTwin,
)
COMPILED = (Compiled, Skipping)


def rungs() -> tuple[type, ...]:
    """Return the rungs that can be climbed here: the last two need Numba."""
    return (*RUNGS, *COMPILED) if importlib.util.find_spec("numba") else RUNGS
