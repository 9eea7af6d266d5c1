"""A user's network and a reference on the same batches: weights after every step.

The user's own code runs in a process of its own and is asked through the four methods
of the contract alone. Twice over: left alone, from one start through two epochs; and
step by step, each from the weights of the reference, so that nothing can spread. A
reference that is disturbed in its last digits shows what rounding alone would do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compare.architecture import Architecture
from compare.contract import Array, IntArray, Weights
from compare.explain.settings import Configuration
from compare.explain.training import Trainer
from compare.measure import shared
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.weights import epoch_order

SEED = 0
# Prefixes of the first epoch, in batches; then all of it, and a second epoch.
PREFIXES = (1, 2, 3, 5, 10)
N_FED = 5
N_DISTURBED = 4


@dataclass(frozen=True)
class Course:
    """Data, network and start of both, and how far each training goes.

    Attributes
    ----------
    folder : Path
        The data as `shared.write` left it.
    start : Weights
        In float64.
    batch_size : int
        Of the reference; prefixes are counted in its batches.
    """

    folder: Path
    X: Array
    y: IntArray
    architecture: Architecture
    start: Weights
    batch_size: int
    activation: str

    @property
    def stops(self) -> list[tuple[str, int, int | None]]:
        """Where weights are looked at: words, number of whole epochs, more batches."""
        n_batches = -(-len(self.X) // self.batch_size)
        found: list[tuple[str, int, int | None]] = [
            (f"step {k}", 0, k) for k in PREFIXES if k < n_batches
        ]
        return [*found, ("epoch 1", 1, None), ("epoch 2", 2, None)]

    def order(self, epoch: int) -> IntArray:
        """Return the rows of an epoch."""
        return epoch_order(len(self.X), seed=SEED, epoch=epoch)

    def orders(self, n_epochs: int, n_batches: int | None) -> list[IntArray]:
        """Return the orders that lead to one stop."""
        if n_batches is not None:
            return [self.order(0)[: n_batches * self.batch_size]]
        return [self.order(epoch) for epoch in range(n_epochs)]


class Own:
    """The user's implementation, in its process."""

    def __init__(self, name: str, course: Course, configuration: Configuration) -> None:
        self.name, self.course = name, course
        self._path = course.folder / "own.npz"
        self._worker = RemoteImplementation(name, n_threads=1)
        try:
            self._worker.create(
                configuration.hyper_parameters(
                    course.architecture, activation=course.activation
                )
            )
            self._worker.ask("load", folder=str(course.folder))
        except BaseException:
            self._worker.kill()
            raise

    def __enter__(self) -> "Own":
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.kill()

    def train(self, weights: Weights, calls: list[tuple[int, int | None]]) -> Weights:
        """Return the weights after calls of `train_epoch`: (epoch, batches or all).

        Raises
        ------
        WorkerFailedError
            If it raises, or its weights have other shapes than it was given.
        """
        shared.write_weights(self._path, weights)
        self._worker.ask("set_weights", path=str(self._path))
        for epoch, n_steps in calls:
            # Batches are cut by the reference's size: `train` reckons with hp's.
            self._worker.ask("train", seed=SEED, epoch=epoch, n_steps=n_steps)
        self._worker.ask("save_weights", path=str(self._path))
        found = shared.read_weights(self._path)
        shapes = [(W.shape, b.shape) for W, b in found]
        wanted = [(W.shape, b.shape) for W, b in weights]
        if shapes != wanted:
            raise WorkerFailedError(
                "error", f"get_weights must return shapes {wanted}, got {shapes}"
            )
        return found

    def alone(self) -> list[Weights]:
        """Return the weights at every stop of the course, each from the start."""
        found = []
        for _, n_epochs, n_batches in self.course.stops:
            calls: list[tuple[int, int | None]] = (
                [(0, n_batches)] if n_batches else [(e, None) for e in range(n_epochs)]
            )
            found.append(self.train(self.course.start, calls))
        return found

    def fed(self, states: list[Weights]) -> list[Weights]:
        """Return the weights after one step from each state of the reference."""
        return [self.train(state, [(k, 1)]) for k, state in enumerate(states)]


TrainerOf = Callable[[Configuration], Trainer]


def alone(
    configuration: Configuration, course: Course, *, disturbed: int | None = None
) -> list[Weights]:
    """Return the weights of the network by hand at every stop.

    With `disturbed`, a seed, every weight is changed by up to one unit in its last
    digit before every step.
    """
    found = []
    for _, n_epochs, n_batches in course.stops:
        trainer = Trainer(configuration, course.architecture, course.activation)
        trainer.set_weights(course.start)
        rng = None if disturbed is None else np.random.default_rng([disturbed])
        for order in course.orders(n_epochs, n_batches):
            _train(trainer, course, order, rng)
        found.append(trainer.get_weights())
    return found


def fed(
    configuration: Configuration,
    course: Course,
    states: list[Weights],
    *,
    disturbed: int | None = None,
) -> list[Weights]:
    """Return the weights of the network by hand one step after each state."""
    found = []
    for epoch, state in enumerate(states):
        trainer = Trainer(configuration, course.architecture, course.activation)
        trainer.set_weights(state)
        rng = None if disturbed is None else np.random.default_rng([disturbed, epoch])
        _train(trainer, course, course.order(epoch)[: course.batch_size], rng)
        found.append(trainer.get_weights())
    return found


def _train(
    trainer: Trainer, course: Course, order: IntArray, rng: np.random.Generator | None
) -> None:
    X = course.X.astype(trainer.configuration.dtype, copy=False)
    if rng is None:
        trainer.epoch(X, course.y, order)
        return
    size, params = trainer.configuration.batch_size, trainer.network.params
    ulp = float(np.finfo(params.dtype).eps)
    for start in range(0, len(order), size):
        shift = rng.uniform(-ulp, ulp, len(params))
        params *= 1 + shift.astype(params.dtype)
        trainer.epoch(X, course.y, order[start : start + size])


def tensor_differences(weights: Weights, reference: Weights) -> list[float]:
    """Return max |Δ| / max |reference| of W1, b1, W2, …; infinite if not finite."""
    found = []
    for pair, theirs in zip(weights, reference, strict=True):
        for array, other in zip(pair, theirs, strict=True):
            scale = float(np.abs(other).max()) or 1.0
            gap = float(np.abs(array - other).max()) / scale
            found.append(gap if np.isfinite(gap) else float("inf"))
    return found


def tensor_names(n_layers: int) -> list[str]:
    """Return W1, b1, W2, b2, …"""
    return [f"{letter}{layer + 1}" for layer in range(n_layers) for letter in "Wb"]
