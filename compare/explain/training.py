"""Trains one `Configuration` with the network written by hand.

Every engine computes the same from the same settings, which `gate` shows anew
before anything is said. So one engine can stand for all, and what is left between two
trainings is their settings alone. Refuses to be timed: engines have their own clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from compare.architecture import Architecture
from compare.contract import Array, IntArray, Weights
from compare.explain.settings import Configuration
from compare.weights import epoch_order
from numpy_impl import SGD, Adam, AdamW, Network
from numpy_impl.conv_network import ConvNetwork
from numpy_impl.layers import cross_entropy


class Stepper(Protocol):
    """What a training needs from its optimizer."""

    weight_decay: float

    @property
    def gradient_scale(self) -> float:
        """What `step_scaled` wants the gradients multiplied with."""

    def step_scaled(self) -> None:
        """Update the parameters from the gradients, which it destroys."""


class Trainer:
    """One network with one configuration; `epoch` trains it.

    Parameters
    ----------
    configuration : Configuration
    architecture : Architecture
    activation : str
    """

    def __init__(
        self,
        configuration: Configuration,
        architecture: Architecture,
        activation: str = "relu",
    ) -> None:
        self.configuration = configuration
        self.network = _network(architecture, activation, configuration.dtype)
        self.optimizer = self._make_optimizer()

    def _vectors(self) -> tuple[Array, Array, int]:
        """Return parameters, gradients, and how many of them L2 acts on."""
        network = self.network
        everything = self.configuration.l2_on == "all"
        n_decayed = network.n_params if everything else network.n_weights
        return network.params, network.grads, n_decayed

    def _make_optimizer(self) -> Stepper:
        c, vectors = self.configuration, self._vectors()
        if c.optimizer == "sgd":
            return SGD(
                *vectors,
                learning_rate=c.learning_rate,
                momentum=c.momentum,
                nesterov=c.nesterov and c.momentum > 0,
                weight_decay=c.l2,
            )
        kind = Adam if c.optimizer == "adam" else AdamW
        return kind(
            *vectors,
            learning_rate=c.learning_rate,
            betas=c.betas,
            eps=c.eps,
            epsilon_hat=c.epsilon == "before",
            weight_decay=c.l2,
        )

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state."""
        for layer, (W, b) in enumerate(weights):
            self.network.W[layer][...] = W
            self.network.b[layer][...] = b
        self.optimizer = self._make_optimizer()

    def get_weights(self) -> Weights:
        """Return copies of the weights."""
        pairs = zip(self.network.W, self.network.b, strict=True)
        return [(W.copy(), b.copy()) for W, b in pairs]

    def epoch(
        self, X: Array, y: IntArray, order: IntArray, *, with_loss: bool = False
    ) -> float:
        """Train on each row of `order` once; return the mean loss, or 0 without.

        The loss is that before each step, with the penalty λ/2 ‖W‖², as scikit-learn
        counts it.

        Raises
        ------
        FloatingPointError
            If the parameters are no longer finite.
        """
        total, size = 0.0, self.configuration.batch_size
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                total += self._step(X, y, rows, with_loss) * len(rows)
        if not np.isfinite(self.network.params).all():
            raise FloatingPointError("training diverged: a smaller learning rate helps")
        return total / max(1, len(order))

    def _step(self, X: Array, y: IntArray, rows: IntArray, with_loss: bool) -> float:
        network, optimizer = self.network, self.optimizer
        work = network.workspace(len(rows))
        X.take(rows, axis=0, out=work.X, mode="clip")
        y.take(rows, out=work.y, mode="clip")
        if self.configuration.l2_per_batch:
            optimizer.weight_decay = self.configuration.l2 / len(rows)
        scale, loss = optimizer.gradient_scale, 0.0
        if with_loss:
            logits = network.forward(work.X)
            loss = cross_entropy(logits, work.y) + self._penalty()
            network.backward(work.y, scale=scale)
        else:
            network.backpropagate(work, scale=scale)
        optimizer.step_scaled()
        return loss

    def _penalty(self) -> float:
        decay = self.optimizer.weight_decay
        if not decay or self.configuration.optimizer == "adamw":
            return 0.0
        W = self.network.params[: self.network.n_weights]
        return 0.5 * decay * float(W @ W)

    def predict(self, X: Array) -> IntArray:
        """Return the most probable class of each row."""
        n_rows = self.network.predict_rows
        parts = [
            self.network.forward(X[start : start + n_rows]).argmax(axis=1)
            for start in range(0, len(X), n_rows)
        ]
        return np.concatenate(parts)


def _network(architecture: Architecture, activation: str, dtype: str) -> Network:
    sizes = architecture.layer_sizes
    if not architecture.conv_layers:
        return Network(sizes, activation=activation, dtype=dtype)
    return ConvNetwork(
        sizes,
        conv_layers=architecture.conv_layers,
        image_shape=architecture.image_shape,
        activation=activation,
        dtype=dtype,
    )


@dataclass(frozen=True)
class End:
    """Where a training was cut off, by the number of epochs or by its own rule."""

    n_epochs: int
    predictions: NDArray[np.uint8]


Length = tuple[int, float, int]  # n_epochs, tol, patience: `Configuration.length`


class _Rule:
    """When one length ends: after `n_epochs`, or when the loss has stalled."""

    def __init__(self, length: Length) -> None:
        self.n_epochs, self.tol, self.patience = length
        self._best, self._count = float("inf"), 0

    def ends(self, n_done: int, loss: float) -> bool:
        """Take in the loss of an epoch; say whether training is over."""
        self._count = self._count + 1 if loss > self._best - self.tol else 0
        self._best = min(self._best, loss)
        stalled = self.patience > 0 and self._count > self.patience
        return n_done >= self.n_epochs or stalled


def train(
    configuration: Configuration,
    lengths: list[Length],
    start: Weights,
    data: tuple[Array, IntArray, Array],
    *,
    architecture: Architecture,
    activation: str,
    seed: int,
    after_epoch: Callable[[int], None] = lambda n_done: None,
) -> list[End]:
    """Train once, and cut off wherever one of several lengths ends.

    Two trainings that differ only in their length are the same until the shorter ends.
    The length of `configuration` itself is not looked at.

    Parameters
    ----------
    data
        X_train, y_train and X_test.
    """
    X, y, X_test = data
    trainer = Trainer(configuration, architecture, activation)
    trainer.set_weights(start)
    rules = {i: _Rule(length) for i, length in enumerate(lengths)}
    with_loss = any(patience for _, _, patience in lengths)
    ends: dict[int, End] = {}
    natural = np.arange(len(X))
    epoch = 0
    while rules:
        order = (
            epoch_order(len(X), seed=seed, epoch=epoch)
            if configuration.shuffle
            else natural
        )
        loss = trainer.epoch(X, y, order, with_loss=with_loss)
        epoch += 1
        over = [i for i, rule in rules.items() if rule.ends(epoch, loss)]
        if over:
            end = End(epoch, trainer.predict(X_test).astype(np.uint8))
            ends |= dict.fromkeys(over, end)
            for i in over:
                del rules[i]
        after_epoch(epoch)
    return [ends[i] for i in range(len(lengths))]
