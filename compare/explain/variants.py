"""Habits that people have beside settings: what is done otherwise, and not by a number.

Each is one change to the training of the network by hand, to be tried where a user's
network departs: the last batch dropped, a sum where the mean is meant, Adam without its
bias correction. Refuses to be a list of mistakes: `python -m compare check` has that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from compare.contract import Array, IntArray, Weights
from compare.explain.observe import Course
from compare.explain.odd_adam import OddAdam
from compare.explain.settings import Configuration
from compare.explain.training import Stepper, Trainer

ALL = ("sgd", "adam", "adamw")
# name -> (what the user's network does, optimizers with which it can be seen)
HABITS = {
    "drop-last": ("the short last batch is left out", ALL),
    "in-order": ("the order is not followed: all rows as they come", ALL),
    "sum": ("gradients are summed over the batch, not averaged", ("sgd",)),
    "full-size": ("a short batch is divided by the full size", ALL),
    "no-correction": ("Adam without bias correction", ("adam", "adamw")),
    "inside-root": ("Adam's epsilon is added inside the root", ("adam", "adamw")),
    "forgets": ("the optimizer starts anew with every epoch", ALL),
}


@dataclass(frozen=True)
class Variant:
    """A configuration and habits; `activation` is a setting of the network."""

    configuration: Configuration
    activation: str
    habits: frozenset[str] = frozenset()


class VariantTrainer(Trainer):
    """The network by hand with habits."""

    def __init__(self, variant: Variant, course: Course) -> None:
        self.habits = variant.habits
        super().__init__(variant.configuration, course.architecture, variant.activation)
        self._full = variant.configuration.batch_size

    def _make_optimizer(self) -> Stepper:
        """Return the optimizer, or another rule if a habit is about that."""
        if not self.habits & {"no-correction", "inside-root"}:
            return super()._make_optimizer()
        return OddAdam(
            *self._vectors(),
            configuration=self.configuration,
            corrected="no-correction" not in self.habits,
            inside_root="inside-root" in self.habits,
        )

    def train(self, X: Array, y: IntArray, orders: Iterable[IntArray]) -> None:
        """Train one epoch per order, with all habits."""
        for order in orders:
            rows = np.arange(len(X)) if "in-order" in self.habits else order
            if "drop-last" in self.habits:
                rows = rows[: len(rows) // self._full * self._full]
            if "forgets" in self.habits:
                self.optimizer = self._make_optimizer()
            self.epoch(X, y, rows)

    def _step(self, X: Array, y: IntArray, rows: IntArray, with_loss: bool) -> float:
        """Take one step; a sum over the batch is a mean times its size."""
        factor = 1.0
        if "sum" in self.habits:
            factor = float(len(rows))
        elif "full-size" in self.habits:
            factor = len(rows) / self._full
        if factor == 1.0:
            return super()._step(X, y, rows, with_loss)
        network, optimizer = self.network, self.optimizer
        work = network.workspace(len(rows))
        X.take(rows, axis=0, out=work.X, mode="clip")
        y.take(rows, out=work.y, mode="clip")
        if self.configuration.l2_per_batch:
            optimizer.weight_decay = self.configuration.l2 / len(rows)
        network.backpropagate(work, scale=factor * optimizer.gradient_scale)
        optimizer.step_scaled()
        return 0.0


def weights_at(trainer: VariantTrainer, course: Course, X: Array, stop: int) -> Weights:
    """Return the weights at one stop of the course, trained from its start."""
    _, n_epochs, n_batches = course.stops[stop]
    trainer.set_weights(course.start)
    trainer.train(X, course.y, course.orders(n_epochs, n_batches))
    return trainer.get_weights()
