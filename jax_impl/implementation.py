"""The JAX network behind the comparison's five methods, and nothing else.

`whole_epoch` is the row `jax`: one compiled program trains the epoch. Without it, the
row `jax-step`: one call per batch, with the batch picked by NumPy, as most people write
it. Both call the same step.
"""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_impl import training
from jax_impl.checks import (
    OPTIMIZERS,
    check_data,
    check_features,
    check_finite,
    check_offered,
    check_order,
    check_shapes,
)
from jax_impl.network import ACTIVATIONS, Params
from jax_impl.optimizers import Optimizer

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]

# Row numbers handed to one compiled epoch. A fixed length: each other one would be
# compiled anew. A longer order is handed over in pieces.
ROWS_PER_CALL = 65_536


class JaxImplementation:
    """A network of pure functions, differentiated and compiled by JAX.

    Parameters
    ----------
    layer_sizes, conv_layers, image_shape, activation, dtype, batch_size, optimizer, \
learning_rate, momentum, nesterov, weight_decay, betas, eps
        The comparison's hyper-parameters.
    label_smoothing : float
        The share of each label that goes to all classes alike.
    whole_epoch : bool
        Compile the loop over the batches too.
    platform : {"cpu", "gpu"}
        Where it computes; JAX by itself would take a GPU where it finds one.

    Raises
    ------
    NotImplementedError
        At creation, if JAX finds no such device.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...],
        activation: str,
        dtype: str,
        batch_size: int,
        optimizer: str,
        learning_rate: float,
        momentum: float,
        nesterov: bool,
        weight_decay: float,
        betas: tuple[float, float],
        eps: float,
        conv_layers: tuple[tuple[int, int], ...] = (),
        image_shape: tuple[int, int, int] = (1, 28, 28),
        label_smoothing: float = 0.0,
        whole_epoch: bool = True,
        platform: str = "cpu",
    ) -> None:
        check_offered("jax_impl", activation, ACTIVATIONS)
        check_offered("jax_impl", optimizer, OPTIMIZERS)
        try:
            self._device = jax.devices(platform)[0]
        except RuntimeError:
            raise NotImplementedError(
                f"JAX finds no {platform.upper()} on this machine"
            ) from None
        self.layer_sizes, self.batch_size = tuple(layer_sizes), batch_size
        self.conv_layers, self.image_shape = conv_layers, image_shape
        self.dtype = np.dtype(dtype)
        self._whole_epoch = whole_epoch
        self._activation = activation
        # What the compiled functions are told of the loss.
        self._loss: dict[str, Any] = {
            "activation": activation,
            "label_smoothing": label_smoothing,
        }
        self._optimizer = Optimizer(
            optimizer,
            learning_rate,
            momentum,
            nesterov,
            weight_decay,
            betas,
            eps,
        )
        # The last arrays seen, and their copies in JAX's memory: moved once, not once
        # per epoch.
        self._kept: tuple[Array, IntArray, jax.Array, jax.Array] | None = None

    @contextlib.contextmanager
    def _jax(self) -> Iterator[None]:
        """Let JAX compute on our device, and in all the bits of our dtype.

        By default JAX makes float32 of every float64, and on a GPU it multiplies
        float32 with the 10 bits of TF32 where PyTorch keeps all 23. Set for these calls
        alone, so that networks of both dtypes can live in one process.
        """
        with (
            jax.enable_x64(self.dtype == np.float64),
            jax.default_matmul_precision("highest"),
            jax.default_device(self._device),
        ):
            yield

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        check_shapes(weights, self._shapes())
        with self._jax():
            params = [
                (jnp.array(W, self.dtype), jnp.array(b, self.dtype)) for W, b in weights
            ]
            self._carry = params, self._optimizer.init(params)

    def _shapes(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return the shapes of (W, b), layer by layer."""
        found: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        channels, height, width = self.image_shape
        for out, k in self.conv_layers:
            found.append(((out, channels, k, k), (out,)))
            channels, height = out, (height - k + 1) // 2
            width = (width - k + 1) // 2
        first = channels * height * width if self.conv_layers else self.layer_sizes[0]
        pairs = itertools.pairwise((first, *self.layer_sizes[1:]))
        return [*found, *(((m, n), (n,)) for m, n in pairs)]

    def _images(self, X: Array) -> Array:
        """Return X in our dtype; (B, C, H, W) for a convolution."""
        X = np.asarray(X, self.dtype)
        return X.reshape(-1, *self.image_shape) if self.conv_layers else X

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...], W (fan_in, fan_out)."""
        return [(np.array(W), np.array(b)) for W, b in self._params]

    @property
    def _params(self) -> Params:
        return self._carry[0]

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        X and y are copied into JAX's memory once per array object: pass other values
        as another object (`X.view()` will do), not by overwriting.

        Raises
        ------
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range.
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        labels = check_data(X, y, self.layer_sizes)
        rows = check_order(order, len(X))
        if len(rows) == 0:
            return
        with self._jax():
            if self._whole_epoch:
                self._train_whole(X, y, labels, rows.astype(np.int32))
            else:
                self._train_by_step(self._images(X), labels, rows)
            # XLA works while Python goes on: here the clock must wait for it.
            jax.block_until_ready(self._carry)
        for array in jax.tree.leaves(self._params):
            check_finite(np.asarray(array))

    def _train_whole(
        self, X: Array, y: IntArray, labels: IntArray, rows: IntArray
    ) -> None:
        X_all, y_all = self._on_device(X, y, labels)
        steps = max(1, ROWS_PER_CALL // self.batch_size)
        n_per_call = steps * self.batch_size
        for start in range(0, len(rows), n_per_call):
            piece = rows[start : start + n_per_call]
            self._carry = training.epoch(
                self._carry,
                X_all,
                y_all,
                # Filled up with a row that takes part, not with row 0: what does not
                # count must not bring a NaN either.
                np.pad(piece, (0, n_per_call - len(piece)), mode="edge"),
                np.int32(len(piece)),
                **self._loss,
                optimizer=self._optimizer,
                batch_size=self.batch_size,
            )

    def _train_by_step(self, X: Array, y: IntArray, rows: IntArray) -> None:
        y = y.astype(np.int32)
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            n_rows = len(batch)
            if n_rows < self.batch_size:
                batch = np.pad(batch, (0, self.batch_size - n_rows), mode="edge")
            self._carry = training.step(
                self._carry,
                X[batch],
                y[batch],
                np.int32(n_rows),
                **self._loss,
                optimizer=self._optimizer,
            )

    def _on_device(
        self, X: Array, y: IntArray, labels: IntArray
    ) -> tuple[jax.Array, jax.Array]:
        kept = self._kept
        if kept is None or kept[0] is not X or kept[1] is not y:
            same_X = kept is not None and kept[0] is X
            X_all = kept[2] if kept and same_X else jnp.array(self._images(X))
            kept = X, y, X_all, jnp.array(labels, np.int32)
            self._kept = kept
        return kept[2], kept[3]

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        check_features(X, self.layer_sizes)
        with self._jax():
            probs = training.probabilities(
                self._params, self._images(X), activation=self._activation
            )
            return np.array(probs)

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        labels = check_data(X, y, self.layer_sizes)
        with self._jax():
            loss, grads = training.loss_and_gradients(
                self._params,
                self._images(X),
                labels.astype(np.int32),
                **self._loss,
            )
            return float(loss), [(np.array(dW), np.array(db)) for dW, db in grads]
