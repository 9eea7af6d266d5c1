"""What was asked of the code under test, what is right, and what it answered."""

from dataclasses import dataclass
from typing import Any

from compare.check.guard import UserCodeError
from compare.check.probes import Course, Probe
from compare.contract import Weights


@dataclass(frozen=True)
class Answer:
    """What a network says about one batch. A part that is absent is None.

    A part may also be the `UserCodeError` that came instead.
    """

    probs: Any
    loss: Any = None
    gradients: Any = None


@dataclass(frozen=True)
class Observation:
    """One question, the right answer and the given one."""

    probe: Probe
    right: Answer
    given: Answer


@dataclass(frozen=True)
class Trained:
    """One course, where it should lead, and where it led."""

    course: Course
    right: list[Weights]
    given: list[Weights] | UserCodeError
