"""One small network of a class, and how the contract gate asks it."""

from typing import Any

import numpy as np

from compare.check.arrays import agrees
from compare.check.guard import UserCodeError
from compare.check.probes import Course, CoursePlan, make_course
from compare.check.subject import copies, describe, pairs
from compare.check.subject.of_class import ClassSubject
from compare.check.tolerances import EVALUATION
from compare.contract import Weights

PLAN = CoursePlan(2, 1, short=False, seed=3)


class Asking:
    """Asks one small network for its weights, answers and training."""

    def __init__(self, subject: ClassSubject) -> None:
        self.subject = subject
        self.hp = subject.networks[1 if len(subject.networks) > 1 else 0]
        self.course = make_course(self.hp, PLAN)

    def is_deterministic(self, run: Weights) -> bool:
        """Tell whether the same training leads there once more."""
        tolerance = EVALUATION[self.subject.dtype]
        again = self.train(self.course)
        return all(agrees(y, x, tolerance) for x, y in flat(run, again))

    def start(self, weights: Weights, *, copy: bool = True) -> Any:
        """Return a new instance with these weights."""
        model = self.subject.create(self.hp)
        given = copies(weights) if copy else weights
        self.subject.guard.call("set_weights", model.set_weights, given)
        return model

    def get(self, model: Any) -> Weights:
        """Return copies of its weights, as pairs."""
        got = self.subject.guard.call("get_weights", model.get_weights)
        found = pairs(got, len(self.course.weights))
        if isinstance(found, UserCodeError):
            raise UserCodeError(f"get_weights: {found.sentence}", kind="type")
        return copies(found) if all_arrays(found) else found

    def call(self, model: Any, method: str, *args: Any) -> Any:
        """Call a method, guarded."""
        return self.subject.guard.call(method, getattr(model, method), *args)

    def gradients(self, model: Any, X: Any = None, y: Any = None) -> tuple[Any, Any]:
        """Return loss and gradients, as pairs."""
        X = self.course.X.copy() if X is None else X
        y = self.course.y.copy() if y is None else y
        both = self.call(model, "loss_and_gradients", X, y)
        if not (isinstance(both, tuple) and len(both) == 2):
            raise UserCodeError(
                "loss_and_gradients must return (loss, [(dW, db), ...]), got "
                f"{describe(both)}",
                kind="type",
            )
        found = pairs(both[1], len(self.course.weights))
        if isinstance(found, UserCodeError):
            raise UserCodeError(f"loss_and_gradients: {found.sentence}", kind="type")
        return both[0], found

    def train(self, course: Course) -> Weights:
        """Return the weights after a course."""
        return self.subject.train(course)[-1]


def all_arrays(weights: Any) -> bool:
    """Tell whether every W and b is a NumPy array."""
    return all(isinstance(a, np.ndarray) for pair in weights for a in pair)


def array_problem(observed: Any, expected: Any) -> str:
    """Return what is wrong with the type or shape of an array, or nothing."""
    if not isinstance(observed, np.ndarray):
        return f"must be a NumPy array, got {describe(observed)}"
    if not np.issubdtype(observed.dtype, np.floating):
        return f"must have a floating point dtype, got {observed.dtype}"
    if observed.shape != expected.shape:
        return f"must have shape {expected.shape}, got {observed.shape}"
    return ""


def flat(a: Weights, b: Weights) -> list[tuple[Any, Any]]:
    """Return the arrays of both, side by side."""
    return [
        (x, y)
        for first, second in zip(a, b, strict=True)
        for x, y in zip(first, second, strict=True)
    ]


def equal(a: Weights, b: Weights) -> bool:
    """Tell whether all arrays are the same, bit for bit."""
    return all(np.array_equal(x, y, equal_nan=True) for x, y in flat(a, b))
