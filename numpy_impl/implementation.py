"""The fast NumPy network behind the comparison's five methods, and nothing else.

It takes plain numbers, so that this folder can be copied out and used alone. The plain
twin has the same methods in `textbook_implementation.py`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpy_impl.checks import (
    OPTIMIZERS,
    check_data,
    check_finite,
    check_offered,
    check_order,
    check_shapes,
)
from numpy_impl.network import Network
from numpy_impl.optimizers import SGD, Adam, AdamW, Optimizer
from numpy_impl.skipping import SkippingNetwork

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Weights = list[tuple[Array, Array]]


def make_optimizer(
    network: Network,
    *,
    optimizer: str = "sgd",
    learning_rate: float = 0.015,
    momentum: float = 0.9,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    epsilon_hat: bool = False,
) -> Optimizer:
    """Return the optimizer of that name over the network's flat vectors."""
    check_offered("numpy_impl", optimizer, OPTIMIZERS)
    vectors = (network.params, network.grads, network.n_weights)
    if optimizer == "sgd":
        return SGD(
            *vectors,
            learning_rate=learning_rate,
            momentum=momentum,
            nesterov=nesterov,
            weight_decay=weight_decay,
        )
    kind = Adam if optimizer == "adam" else AdamW
    return kind(
        *vectors,
        learning_rate=learning_rate,
        betas=betas,
        eps=eps,
        epsilon_hat=epsilon_hat,
        weight_decay=weight_decay,
    )


class NumpyImplementation:
    """The fast twin: `network.py` trained by `optimizers.py`.

    Parameters are those of `Network` and `make_optimizer`, and `batch_size`; with
    `skip_zeros`, the network is a `SkippingNetwork`.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...] = (784, 128, 64, 10),
        activation: str = "relu",
        dtype: str = "float32",
        batch_size: int = 64,
        skip_zeros: bool = False,
        **optimizer_options: Any,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be >= 1, got {batch_size}")
        self._skip_zeros, self.batch_size = skip_zeros, batch_size
        self.network = self._network(layer_sizes, activation=activation, dtype=dtype)
        self._optimizer_options = optimizer_options
        self.optimizer = make_optimizer(self.network, **optimizer_options)

    def _network(self, layer_sizes: tuple[int, ...], **options: Any) -> Network:
        kind = SkippingNetwork if self._skip_zeros else Network
        return kind(layer_sizes, **options)

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        net = self.network
        check_shapes(weights, net.shapes)
        for layer, (W, b) in enumerate(weights):
            net.W[layer][...] = W
            net.b[layer][...] = b
        self.optimizer = make_optimizer(net, **self._optimizer_options)

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...]."""
        pairs = zip(self.network.W, self.network.b, strict=True)
        return [(W.copy(), b.copy()) for W, b in pairs]

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        X (n_samples, n_features) and y (n_samples,) are only read.

        Raises
        ------
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range.
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        # In C order: take() would copy all of any other X anew, for every batch.
        X = np.asarray(X, self.network.dtype, order="C")
        y = check_data(X, y, self.network.layer_sizes)
        order = check_order(order, len(X))
        # An overflow shows in the parameters; it is reported once, below.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(order), self.batch_size):
                self._train_batch(X, y, order[start : start + self.batch_size])
        check_finite(self.network.params)

    def _train_batch(self, X: Array, y: IntArray, rows: IntArray) -> None:
        work = self.network.workspace(len(rows))
        # mode="clip": with "raise", take() copies through a hidden buffer.
        X.take(rows, axis=0, out=work.X, mode="clip")
        y.take(rows, out=work.y, mode="clip")
        self.network.backpropagate(work, scale=self.optimizer.gradient_scale)
        self.optimizer.step_scaled()

    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        X = np.asarray(X, self.network.dtype)
        n = self.network.predict_rows
        if 0 < len(X) <= n:
            return self.network.probabilities(X).copy()
        probs = np.empty((len(X), self.network.layer_sizes[-1]), self.network.dtype)
        for start in range(0, len(X), n):
            rows = slice(start, start + n)
            probs[rows] = self.network.probabilities(X[rows])
        return probs

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        net = self.network
        X = np.asarray(X, net.dtype)
        y = check_data(X, y, net.layer_sizes)
        with np.errstate(over="ignore", invalid="ignore"):
            net.forward(X)
            loss = net.loss(y)
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss}: the weights or inputs are not finite or too large"
            )
        net.backward(y)
        pairs = zip(net.dW, net.db, strict=True)
        return loss, [(dW.copy(), db.copy()) for dW, db in pairs]
