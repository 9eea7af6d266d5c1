"""What is under test, whichever way it came in: the questions that gates may ask it.

`of_class` and `of_functions` make one thing of a class and of two functions; `layouts`
and `guesses` find out in which form functions want their arrays.
"""

from typing import Any, Protocol

import numpy as np

from compare.check.guard import Guard, UserCodeError
from compare.check.observations import Answer
from compare.check.probes import Course, Probe
from compare.check.terms import Terms
from compare.config import HyperParameters
from compare.contract import Weights


class Subject(Protocol):
    """An implementation as the gates see it.

    Attributes
    ----------
    label : str
    hp : HyperParameters
        The configured network.
    networks : list of HyperParameters
        Those that are asked about, the configured one first.
    dtype : "float32" or "float64"
        What it computes in.
    notes : list of str
        Conventions of its own that were recognised; said, not failed.
    absent : str
        Why some gates cannot run.
    terms : Terms
        Which network it is: `recognise.py` finds that out.
    """

    label: str
    hp: HyperParameters
    networks: list[HyperParameters]
    dtype: str
    notes: list[str]
    guard: Guard
    can_train: bool
    no_biases: bool
    is_random: bool
    has_gradients: bool
    has_loss: bool
    accepted: set[str]
    given: set[str]
    absent: str  # why some gates cannot run
    terms: Terms

    def answer(self, probe: Probe) -> Answer:
        """Return what it says about one batch; parts may be a `UserCodeError`."""

    def loss(self, probe: Probe) -> float:
        """Return its own loss, or raise `UserCodeError`; asked very often."""

    def train(self, course: Course) -> list[Weights]:
        """Return its weights after each epoch, or raise `UserCodeError`."""


def copies(weights: Weights) -> Weights:
    """Return new arrays of the same values."""
    return [(np.array(W), np.array(b)) for W, b in weights]


def pairs(value: Any, depth: int) -> Any:
    """Return a list of `depth` pairs as it is, or the `UserCodeError` that it is none.

    What stands in the pairs is for the gates to judge.
    """
    problem = ""
    if isinstance(value, (list, tuple)) and len(value) == depth:
        value = [with_biases(entry) for entry in value]
    if not isinstance(value, (list, tuple)):
        problem = f"is {describe(value)}"
    elif len(value) != depth:
        problem = f"has {len(value)} entries"
    elif not all(isinstance(p, (list, tuple)) and len(p) == 2 for p in value):
        problem = "has entries that are not pairs"
    if problem:
        return UserCodeError(
            f"a list of {depth} pairs (W, b) is expected, but it {problem}", kind="type"
        )
    return [tuple(pair) for pair in value]


def with_biases(entry: Any, *, transposed: bool = False) -> Any:
    """Return (W, 0) for a bare W, or for (W, None): a network without biases."""
    if isinstance(entry, np.ndarray) and entry.ndim == 2:
        entry = (entry, None)
    if isinstance(entry, (list, tuple)) and len(entry) == 2 and entry[1] is None:
        W = entry[0]
        if isinstance(W, np.ndarray) and W.ndim == 2:
            return (W, np.zeros(W.shape[0 if transposed else 1], W.dtype))
    return entry


def as_number(value: Any) -> float:
    """Return a loss as a float; raise `UserCodeError` if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UserCodeError(
            f"the loss must be one number, got {describe(value)}", kind="type"
        ) from None


def describe(value: Any) -> str:
    """Return what a value is, in a few words."""
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"
