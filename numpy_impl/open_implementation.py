"""The fast NumPy network with everything that makes a better model.

`NumpyImplementation` is the closed division: the same arithmetic for everybody. This is
the open one: schedules, label smoothing, dropout, clipping and averaged weights, each
written in `schedules.py` or `regularization.py`; here they are put in order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from numpy_impl.checks import check_data, check_finite, check_order
from numpy_impl.conv_network import MNIST_SHAPE, ConvNetwork
from numpy_impl.implementation import NumpyImplementation
from numpy_impl.layers import Array, IntArray
from numpy_impl.network import Network
from numpy_impl.regularization import (
    RegularizedNetwork,
    SmoothedCrossEntropy,
    WeightAverage,
    clip_gradient,
)
from numpy_impl.schedules import Schedule

Weights = list[tuple[Array, Array]]


class OpenNumpyImplementation(NumpyImplementation):
    """`NumpyImplementation` and the open division; each part is off by default.

    Parameters
    ----------
    label_smoothing, dropout : float
        See `RegularizedNetwork`. Masks are drawn from a generator seeded with the
        beginning of each epoch's order: repeatable, and new in every run and epoch.
        Dropout is for dense networks only.
    gradient_clip : float
        Largest global norm of a gradient, before L2 is added to it. 0: no limit.
    ema_decay : float
        d in [0, 1) of `WeightAverage`. If not 0, `get_weights` and `predict_proba`
        give the average; training itself goes on from the weights of the last step.
    schedule, n_epochs, warmup_epochs, step_epochs, step_factor
        See `Schedule`.
    conv_layers, image_shape
        Of a `ConvNetwork`; without `conv_layers`, the network is dense.
    **closed
        The parameters of `NumpyImplementation`.

    Raises
    ------
    NotImplementedError
        If a convolutional network is to have dropout.
    """

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        dropout: float = 0.0,
        gradient_clip: float = 0.0,
        ema_decay: float = 0.0,
        schedule: str = "constant",
        n_epochs: int = 0,
        warmup_epochs: float = 0.0,
        step_epochs: int = 10,
        step_factor: float = 0.1,
        conv_layers: tuple[tuple[int, int], ...] = (),
        image_shape: tuple[int, int, int] = MNIST_SHAPE,
        **closed: Any,
    ) -> None:
        self._conv_layers, self._image_shape = conv_layers, image_shape
        self._label_smoothing, self._dropout = label_smoothing, dropout
        super().__init__(**closed)
        self.gradient_clip, self.ema_decay = gradient_clip, ema_decay
        self.schedule = Schedule(
            schedule=schedule,
            n_epochs=n_epochs,
            warmup_epochs=warmup_epochs,
            step_epochs=step_epochs,
            step_factor=step_factor,
        )
        self._base_rate = self.optimizer.learning_rate
        self._start()

    def _network(self, layer_sizes: tuple[int, ...], **options: Any) -> Network:
        if not self._conv_layers:
            return RegularizedNetwork(
                layer_sizes,
                label_smoothing=self._label_smoothing,
                dropout=self._dropout,
                **options,
            )
        if self._dropout:
            raise NotImplementedError(
                "dropout is for dense networks only: leave it out, or leave out the "
                "convolutional layers"
            )
        return ConvNetwork(
            layer_sizes,
            conv_layers=self._conv_layers,
            image_shape=self._image_shape,
            objective=SmoothedCrossEntropy(self._label_smoothing),
            **options,
        )

    def _start(self) -> None:
        self._step = 0
        self._average = (
            WeightAverage(self.network.params, self.ema_decay)
            if self.ema_decay
            else None
        )

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in; forget optimizer, average, and the place in the schedule.

        Raises
        ------
        ValueError
            If the number or a shape of the arrays is not the network's.
        """
        super().set_weights(weights)
        self._start()

    def get_weights(self) -> Weights:
        """Return copies of the weights, averaged if `ema_decay` says so."""
        with self._averaged():
            return super().get_weights()

    def predict_proba(self, X: Array) -> Array:
        """Return probabilities (n_samples, n_classes), by what `get_weights` gives."""
        with self._averaged():
            return super().predict_proba(X)

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean loss against smoothed labels and its gradients.

        Of the weights in training, not of their average; without L2 and dropout.
        """
        return super().loss_and_gradients(X, y)

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        X (n_samples, n_features) and y (n_samples,) are only read.

        Raises
        ------
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        X = np.asarray(X, self.network.dtype, order="C")
        y = check_data(X, y, self.network.layer_sizes)
        order = check_order(order, len(X))
        steps_per_epoch = -(-len(order) // self.batch_size)
        rng = np.random.default_rng([self._step, *order[:8].tolist()])
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(order), self.batch_size):
                factor = self.schedule.factor(self._step, steps_per_epoch)
                self.optimizer.learning_rate = self._base_rate * factor
                self._train_open(X, y, order[start : start + self.batch_size], rng)
                self._step += 1
        check_finite(self.network.params)

    def _train_open(
        self, X: Array, y: IntArray, rows: IntArray, rng: np.random.Generator
    ) -> None:
        net = self.network
        work = net.workspace(len(rows))
        # mode="clip": with "raise", take() copies through a hidden buffer.
        X.take(rows, axis=0, out=work.X, mode="clip")
        y.take(rows, out=work.y, mode="clip")
        if isinstance(net, RegularizedNetwork):
            net.draw_masks(len(rows), rng)
        if self.gradient_clip:
            net.backpropagate(work)
            clip_gradient(net.grads, self.gradient_clip)
            self.optimizer.step()
        else:
            net.backpropagate(work, scale=self.optimizer.gradient_scale)
            self.optimizer.step_scaled()
        if self._average is not None:
            self._average.update()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Let the network hold the average for a while, if there is one."""
        if self._average is None:
            yield
            return
        in_training = self.network.params.copy()
        self.network.params[...] = self._average.average
        try:
            yield
        finally:
            self.network.params[...] = in_training
