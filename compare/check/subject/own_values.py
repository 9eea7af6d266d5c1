"""A class that is not told the learning rate, momentum or batch size has its own.

They are measured from its steps, and it is checked with those: another value is a
choice. More and more rows: as long as the update is the mean of what each row alone
gives, they are one batch. A second step: what it has more than the same step without a
past is the momentum. One row: the update over the gradient is the rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compare.check.guard import UserCodeError
from compare.check.probes import (
    Course,
    CoursePlan,
    Probe,
    make_course,
    make_probe,
    random_batch,
)
from compare.check.reference import trajectory
from compare.check.simulate.activations import Array
from compare.check.simulate.equations import Equations
from compare.check.subject import Subject
from compare.check.terms import LOSSES, OURS, Terms
from compare.check.tolerances import STEPS
from compare.config import HyperParameters
from compare.contract import Weights

MOST_ROWS = 1100
SOME_STEPS = CoursePlan(4, 1, short=False, seed=42)
PARALLEL = {"float64": 1e-8, "float32": 1e-3}


@dataclass
class Own:
    """The values measured: fields of the hyper-parameters, and sentences."""

    values: dict[str, Any] = field(default_factory=dict)
    terms: Terms = OURS
    words: list[str] = field(default_factory=list)
    is_moving_average: bool = False


def measure(
    subject: Subject,
    wanted: set[str],
    forwards: list[Terms],
    mistaken: Sequence[Equations] = (),
    rows_at_once: int | None = None,
) -> Own | None:
    """Return the wanted values as its steps show them; None if they show none.

    Parameters
    ----------
    subject : Subject
    wanted : set of str
    forwards : list of Terms
        Those under which its forward pass is right.
    mistaken : sequence of Equations
        If there are none: with which known mistakes its forward pass would be.
    rows_at_once : int
        How many rows of X it reads at a time, if that is known.
    """
    try:
        steps = _Steps(subject, forwards, mistaken)
        return steps.measure(wanted, rows_at_once)
    except (UserCodeError, ValueError, TypeError):
        return None


class _Steps:
    """Steps of the smallest network, from the same start.

    Batch size and momentum are measured from the steps alone, whether or not they are
    right: one row after another tells what each adds to the update of many.
    """

    def __init__(
        self, subject: Subject, forwards: list[Terms], mistaken: Sequence[Equations]
    ) -> None:
        self.subject, self.forwards = subject, forwards or [OURS]
        self.mistaken = () if forwards else mistaken
        smallest = min(subject.networks, key=lambda hp: hp.n_params)
        self.hp: HyperParameters = replace(smallest, dtype=subject.dtype)
        self.start = self.forwards[0].probe(make_probe(self.hp, seed=41, ties=False))
        rng = np.random.default_rng([41, *self.hp.layer_sizes])
        self.X, self.y = random_batch(self.hp, MOST_ROWS + 7, rng)
        self.order = rng.permutation(len(self.X))
        self.close = PARALLEL[subject.dtype]
        self.alone: list[Array] = []  # the update of each row, asked alone
        self.is_sum = False

    def measure(self, wanted: set[str], rows_at_once: int | None) -> Own | None:
        own = Own()
        if not self._moved(self.order[:2]).any():
            return None  # nothing is trained: there is nothing to measure
        adam = self._rate_of_adam() if "optimizer" in wanted else None
        if adam is not None and "learning_rate" in wanted:
            words = [f"Adam with learning rate {adam:.6g}"]
            return Own({"optimizer": "adam", "learning_rate": adam}, OURS, words)
        if adam is not None and self._is_adam():
            return Own({"optimizer": "adam"}, OURS, ["its optimizer is Adam"])
        size = self._batch_size() if "batch_size" in wanted else self.hp.batch_size
        if "batch_size" in wanted and size == 1 and not self._takes_single_rows():
            # One row alone is not the mean of many: so it is with a mistake, too.
            size = rows_at_once or size
        if size is None:
            return None
        if "batch_size" in wanted:
            own.values["batch_size"] = size
            own.words.append(f"batches of {size}")
        if "momentum" in wanted and 2 * size <= MOST_ROWS:
            momentum = self._momentum(size)
            if momentum is not None:
                own.values["momentum"] = momentum
                own.words.append(f"momentum {momentum:g}")
        if "learning_rate" in wanted:
            self._add_rate(own)
        elif own.values.get("momentum"):
            self._find_moving_average(own)
        return own if own.values else None

    def _find_moving_average(self, own: Own) -> None:
        """Note v ← μv + (1 − μ)g: then 1 − μ is a part of the rate of a step."""
        measured = Own()
        self._add_rate(measured)
        rate = self.hp.learning_rate * (1 - own.values["momentum"])
        found = measured.values.get("learning_rate", 0.0)
        own.is_moving_average = abs(found - rate) < 1e-4 * rate

    def _is_adam(self) -> bool:
        """Tell whether some steps of Adam, as PyTorch takes them, lead there."""
        hp = replace(self.hp, optimizer="adam")
        after = self.subject.train(replace(make_course(hp, SOME_STEPS), hp=self.hp))
        right = trajectory(make_course(hp, SOME_STEPS))
        close = 100 * STEPS[self.subject.dtype][10]
        return bool(np.abs(_flat(after[-1]) - _flat(right[-1])).max() < close)

    def _takes_single_rows(self) -> bool:
        """Tell whether three rows lead where three steps of one row each lead."""
        rows, weights = self.order[:3], self.start.weights
        for row in rows:
            weights = self._after(np.array([row]), weights)
        found = _flat(self._after(rows)) - _flat(weights)
        return bool(np.abs(found).max() < self.close)

    def _batch_size(self) -> int | None:
        """Return how many rows make one step; None if all do, or nothing fits."""

        def is_one_step(n: int) -> bool:
            while len(self.alone) < n:
                row = self.order[len(self.alone)]
                self.alone.append(self._moved(np.array([row])))
            mean = np.mean(self.alone[:n], axis=0)
            ratio = _along(self._moved(self.order[:n]), mean, self.close)
            if ratio is not None and n > 1:
                self.is_sum = abs(ratio / n - 1) < 1e-4
            return ratio is not None

        most, n = 1, 2
        while n < MOST_ROWS and is_one_step(n):
            most, n = n, 2 * n
        if n >= MOST_ROWS:
            return None
        low, high = most, n
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_one_step(middle) else (low, middle)
        return low

    def _momentum(self, size: int) -> float | None:
        """Return what the second step keeps of the first, or None."""
        first, second = self.order[:size], self.order[size : 2 * size]
        middle = self._after(first)
        moved = _flat(middle) - _flat(self.start.weights)
        if not moved.any():
            return None  # the whole batch is lost
        both = _flat(self._after(self.order[: 2 * size])) - _flat(middle)
        # The same second step without a past.
        anew = _flat(self._after(second, middle)) - _flat(middle)
        rest = both - anew
        kept = float(rest @ moved / (moved @ moved))
        # Relative to the step, which is a small difference of large numbers.
        if np.abs(rest - kept * moved).max() > 100 * self.close * np.abs(moved).max():
            return None
        return _rounded(kept) if abs(kept) > 1e-6 else 0.0

    def _add_rate(self, own: Own) -> None:
        """Measure the rate of one step on one row, under terms that fit."""
        rows = self.order[:1]
        moved = self._moved(rows)
        candidates = self._candidates()
        # All arrays, or if something is wrong, those of the last layer.
        n_inputs, n_classes = self.hp.architecture.dense_sizes[-2:]
        last = slice(-(n_inputs + 1) * n_classes, None)
        for part in (slice(None), last):
            for terms, equations in candidates:
                g = self._gradient(rows, equations)
                ratio = _along(moved[part], g[part], self.close)
                if ratio is None or ratio >= 0:
                    continue
                rate = _rounded(-ratio)
                own.values["learning_rate"] = rate
                own.words.insert(0, f"learning rate {rate:.6g}")
                if self.subject.has_gradients:
                    return  # which tell the terms by themselves
                if self.is_sum:
                    summed = next(x for x in LOSSES if x.key == "sum-over-batch")
                    own.terms = replace(terms, loss=summed)
                elif part == slice(None):
                    own.terms = terms
                return

    def _candidates(self) -> list[tuple[Terms, Equations]]:
        if self.subject.has_gradients:
            return [(OURS, Equations())]  # its own gradient is asked, whatever it is
        found = [
            replace(terms, loss=loss)
            for terms in self.forwards
            for loss in LOSSES
            if loss.kind != "hinge" and (loss.kind != "cross-entropy" or not loss.key)
        ]
        both = [(terms, terms.equations()) for terms in found]
        return [(OURS, equations) for equations in self.mistaken] + both

    def _rate_of_adam(self) -> float | None:
        """Return the rate of Adam: its first step is η long, whatever the gradient."""
        moved = np.abs(self._moved(self.order[:1]))
        large = moved[moved > 0.99 * moved.max(initial=0)]
        if len(large) < max(4, 0.2 * np.count_nonzero(moved)):
            return None
        return float(f"{float(moved.max()):.4g}")

    # --- asking ----------------------------------------------------------------------

    def _after(self, rows: Array, weights: Weights | None = None) -> Weights:
        start = self.start.weights if weights is None else weights
        course = Course(self.hp, start, self.X, self.y, (rows,))
        return self.subject.train(course)[-1]

    def _moved(self, rows: Array) -> Array:
        return _flat(self._after(rows)) - _flat(self.start.weights)

    def _gradient(self, rows: Array, equations: Equations) -> Array:
        weights, X, y = self.start.weights, self.X[rows], self.y[rows]
        if self.subject.has_gradients:
            answer = self.subject.answer(Probe(self.hp, weights, X, y))
            if isinstance(answer.gradients, UserCodeError):
                raise answer.gradients
            return _flat(answer.gradients)
        p = equations.forward(weights, X.astype(float), y, hp=self.hp)
        return _flat(equations.gradients(p))


def _flat(weights: Weights) -> Array:
    return np.concatenate(
        [np.ravel(np.asarray(a, float)) for pair in weights for a in pair]
    )


def _along(moved: Array, g: Array, close: float) -> float | None:
    """Return c with moved = c · g, or None."""
    square = float(g @ g)
    if square == 0 or not moved.any():
        return None
    ratio = float(moved @ g) / square
    if np.abs(moved - ratio * g).max() > close * np.abs(moved).max():
        return None
    return ratio


def _rounded(value: float) -> float:
    """Return the number that somebody wrote down: 0.1, not 0.10000000000000003."""
    short = float(f"{value:.6g}")
    return short if abs(short - value) < 1e-7 * abs(value) else value
