"""Where two trainings part: the first step and tensor beyond rounding.

The tolerance is not a fixed number. The reference, disturbed in its last digits, shows
how large rounding can be at that step in that tensor; what is many times larger is no
rounding.
"""

from dataclasses import dataclass

import numpy as np

from compare.contract import Weights
from compare.explain import observe
from compare.explain.observe import Course, tensor_differences, tensor_names
from compare.explain.settings import Configuration

# So many times the largest of a few disturbances, and never less than so many units in
# the last digit: sums of hundreds of terms round more often than once.
MARGIN = 30.0
LEAST_UNITS = 64.0


@dataclass(frozen=True)
class Look:
    """One comparison: where, the difference of each tensor, and what rounding does."""

    where: str
    differences: tuple[float, ...]
    rounding: tuple[float, ...]

    @property
    def beyond(self) -> list[int]:
        """The tensors whose difference is no rounding."""
        pairs = zip(self.differences, self.rounding, strict=True)
        return [i for i, (gap, most) in enumerate(pairs) if gap > most]


@dataclass(frozen=True)
class Parting:
    """What was found: left alone, and fed with the reference's weights at each step.

    `tensors` names the columns of every look.
    """

    tensors: list[str]
    alone: list[Look]
    fed: list[Look]

    @property
    def first_alone(self) -> Look | None:
        """Where they part when left alone."""
        return next((look for look in self.alone if look.beyond), None)

    @property
    def first_fed(self) -> Look | None:
        """Where a single step from the same weights differs."""
        return next((look for look in self.fed if look.beyond), None)

    @property
    def equal(self) -> bool:
        """Whether all differences are rounding."""
        return self.first_alone is None and self.first_fed is None

    @property
    def largest(self) -> float:
        """The largest difference when left alone."""
        return max(max(look.differences) for look in self.alone)


def find(
    own_alone: list[Weights],
    own_fed: list[Weights],
    states: list[Weights],
    configuration: Configuration,
    course: Course,
) -> Parting:
    """Compare what the user's network did with the network by hand."""
    names = tensor_names(len(course.start))
    stops = [words for words, _, _ in course.stops]
    reference = observe.alone(configuration, course)
    single = observe.fed(configuration, course, states)
    disturbed = range(observe.N_DISTURBED)
    rounding_alone = _rounding(
        reference,
        [observe.alone(configuration, course, disturbed=s) for s in disturbed],
    )
    rounding_fed = _rounding(
        single,
        [observe.fed(configuration, course, states, disturbed=s) for s in disturbed],
    )
    return Parting(
        names,
        _looks(stops, own_alone, reference, rounding_alone),
        _looks(
            [f"step {k + 1}" for k in range(len(states))],
            own_fed,
            single,
            rounding_fed,
        ),
    )


def _rounding(
    reference: list[Weights], disturbed: list[list[Weights]]
) -> list[tuple[float, ...]]:
    """Return for every look and tensor the difference that may still be rounding."""
    found = []
    for k, weights in enumerate(reference):
        spread = np.max(
            [tensor_differences(run[k], weights) for run in disturbed], axis=0
        )
        ulp = float(np.finfo(weights[0][0].dtype).eps)
        found.append(tuple(np.maximum(MARGIN * spread, LEAST_UNITS * ulp).tolist()))
    return found


def _looks(
    where: list[str],
    own: list[Weights],
    reference: list[Weights],
    rounding: list[tuple[float, ...]],
) -> list[Look]:
    return [
        Look(place, tuple(tensor_differences(mine, theirs)), most)
        for place, mine, theirs, most in zip(
            where, own, reference, rounding, strict=True
        )
    ]
