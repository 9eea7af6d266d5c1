"""Which settings make a user's network and the reference equal?

Settings of two kinds are searched. What is a choice (Nesterov or not, where ε stands,
which batch size) is tried, alone, then two and three at once. What is a number
(learning rate, momentum, λ) is not guessed but solved for, by least squares on the
weights: from the first step, which is cheap and rules out nearly all choices, to both
epochs. A number that comes out as the reference's own was no difference; one that is
nearly round is round if that fits as well. Nothing is reported that does not fit to
rounding.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare.contract import Weights
from compare.explain.candidates import (
    FIRST_STEP,
    NUMBERS,
    Choice,
    Number,
    as_options,
    choices,
)
from compare.explain.observe import Course, tensor_differences
from compare.explain.variants import HABITS, Variant, VariantTrainer, weights_at

MOST_CHOICES = 3
# Beyond this a training is no better described by its settings.
NOISE = 10.0


@dataclass(frozen=True)
class Found:
    """Settings with which the network by hand does what the user's does."""

    variant: Variant
    changes: tuple[str, ...]
    """In words, each with the value it must have."""
    options: tuple[str, ...]
    """As `--second` takes them; empty if a change is none of its settings."""
    difference: float


class Search:
    """One search; `run` it.

    Parameters
    ----------
    base
        The reference.
    course
    observed
        The user's weights at every stop of the course.
    tolerances
        Of every stop, the largest difference that may be rounding.
    seconds
        When to give up.
    """

    def __init__(
        self,
        base: Variant,
        course: Course,
        observed: list[Weights],
        tolerances: Sequence[float],
        seconds: float,
    ) -> None:
        self.base, self.course, self.observed = base, course, observed
        self.tolerances = [NOISE * t for t in tolerances]
        self.until = time.monotonic() + seconds
        self.out_of_time = False
        self._X: dict[str, Any] = {}

    def run(self) -> Found | None:
        """Return the fewest changes that make both equal, or None."""
        everything = choices(self.base, len(self.course.X))
        for n in range(MOST_CHOICES + 1):
            fits = [
                found
                for chosen in _combinations(everything, n)
                if (found := self._try(chosen)) is not None
            ]
            if fits:
                return min(fits, key=lambda found: len(found.changes))
            if self.out_of_time:
                break
        return None

    def _try(self, chosen: tuple[Choice, ...]) -> Found | None:
        if time.monotonic() > self.until:
            self.out_of_time = True
            return None
        variant = self.base
        for choice in chosen:
            variant = choice.apply(variant)
        optimizer = variant.configuration.optimizer
        if any(optimizer not in HABITS[habit][1] for habit in variant.habits):
            return None
        numbers = [n for n in NUMBERS if optimizer in n.only_for]
        early = [n for n in numbers if n.field in FIRST_STEP]
        stops = list(range(len(self.course.stops)))
        if variant.configuration.batch_size < self.base.configuration.batch_size:
            early = numbers  # what the reference takes for one step is several
        stages = ((early, stops[:1]), (numbers, stops[:3]), (numbers, stops))
        for solved, until in stages:
            variant = self._solve(variant, solved, until)
            if not self._fits(variant, until):
                return None
        variant = self._tidy(variant, numbers, stops)
        variant, chosen = self._needed(variant, chosen)
        return self._describe(variant, chosen, numbers)

    def _needed(
        self, variant: Variant, chosen: tuple[Choice, ...]
    ) -> tuple[Variant, tuple[Choice, ...]]:
        """Return the variant without the choices that change nothing."""
        stops = list(range(len(self.course.stops)))
        for choice in chosen:
            without = choice.undo(variant, self.base)
            if self._fits(without, stops):
                variant = without
                chosen = tuple(c for c in chosen if c is not choice)
        return variant, chosen

    def _weights(self, variant: Variant, stop: int) -> Weights:
        dtype = variant.configuration.dtype
        if dtype not in self._X:
            self._X[dtype] = self.course.X.astype(dtype)
        trainer = VariantTrainer(variant, self.course)
        return weights_at(trainer, self.course, self._X[dtype], stop)

    def _residuals(self, variant: Variant, stops: list[int]) -> NDArray[np.float64]:
        """Return differences relative to the largest of each tensor."""
        parts = []
        for stop in stops:
            try:
                weights = self._weights(variant, stop)
            except FloatingPointError:
                return np.full(self._n_residuals(stops), 1e3)
            for mine, theirs in zip(weights, self.observed[stop], strict=True):
                for array, other in zip(mine, theirs, strict=True):
                    scale = float(np.abs(other).max()) or 1.0
                    parts.append(((array - other) / scale).ravel())
        return np.concatenate(parts).astype(np.float64)

    def _n_residuals(self, stops: list[int]) -> int:
        return len(stops) * sum(W.size + b.size for W, b in self.course.start)

    def _fits(self, variant: Variant, stops: list[int]) -> bool:
        return all(
            self._difference(variant, stop) <= self.tolerances[stop] for stop in stops
        )

    def _difference(self, variant: Variant, stop: int) -> float:
        try:
            weights = self._weights(variant, stop)
        except FloatingPointError:
            return float("inf")
        return max(tensor_differences(self.observed[stop], weights))

    def _solve(
        self, variant: Variant, numbers: list[Number], stops: list[int]
    ) -> Variant:
        """Return the variant with the numbers that fit best, if it does not fit yet."""
        from scipy import optimize

        if self._fits(variant, stops):
            return variant
        c = variant.configuration
        begin = np.array([n.to_scale(n.value(c)) for n in numbers])

        def residuals(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return self._residuals(_put(variant, numbers, x), stops)

        try:
            solved = optimize.least_squares(
                residuals,
                begin,
                method="lm",
                x_scale="jac",
                xtol=1e-15,
                ftol=1e-15,
                gtol=1e-15,
                max_nfev=200,
            )
        except ValueError:  # residuals that are not finite: nothing to be learnt here
            return variant
        return _put(variant, numbers, solved.x)

    def _tidy(
        self, variant: Variant, numbers: list[Number], stops: list[int]
    ) -> Variant:
        """Set each number to the reference's own, or a round one, where that fits."""
        for number in numbers:
            value = number.value(variant.configuration)
            own = number.value(self.base.configuration)
            round_ones = (float(f"{value:.{d}g}") for d in (1, 2, 3, 4))
            for candidate in (own, 0.0, *round_ones):
                if candidate <= 0 and number.field in ("learning_rate", "eps"):
                    continue
                configuration = number.put(variant.configuration, candidate)
                tidied = replace(variant, configuration=configuration)
                if self._fits(tidied, stops):
                    variant = tidied
                    break
        return variant

    def _describe(
        self, variant: Variant, chosen: tuple[Choice, ...], numbers: list[Number]
    ) -> Found:
        c, base = variant.configuration, self.base.configuration
        changed = [
            n
            for n in numbers
            if n.value(c) != n.value(base)
            # A rate that belongs to another optimizer is named with it.
            or (n.field == "learning_rate" and c.optimizer != base.optimizer)
        ]
        words = [choice.words for choice in chosen]
        words += [f"{n.words} {n.value(c):.6g}" for n in changed]
        stops = range(len(self.course.stops))
        return Found(
            variant,
            tuple(words),
            as_options(base, variant, self.base.activation),
            max(self._difference(variant, stop) for stop in stops),
        )


def _combinations(everything: list[Choice], n: int) -> Iterator[tuple[Choice, ...]]:
    """Yield n choices, no two about the same thing."""
    for chosen in itertools.combinations(everything, n):
        if len({choice.about for choice in chosen}) == n:
            yield chosen


def _put(variant: Variant, numbers: list[Number], x: NDArray[np.float64]) -> Variant:
    c = variant.configuration
    for number, scaled in zip(numbers, x, strict=True):
        c = number.put(c, number.from_scale(float(scaled)))
    return replace(variant, configuration=c)
