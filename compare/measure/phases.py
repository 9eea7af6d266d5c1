"""Splits the time of a training epoch into phases, by wrapping calls from outside.

The implementations know nothing of it. The wrappers are there only inside
`instrumented`, which is never open while an epoch is timed for a headline: two clock
readings per call cost a few microseconds per step.

========  ==========================================================================
gather    from the end of one update to the next forward pass: rows of X and y are
          picked; Python's loop over the batches is in it
forward   to the logits; for PyTorch and scikit-learn the loss as well
backward  to the gradients; softmax and, for the textbook, the loss are in it
update    the optimizer's step
rest      everything else: zeroing gradients, checks, the preparation of labels
========  ==========================================================================

The registry says which calls these are. scikit-learn has no public way to see its
phases: there, its private `_forward_pass`, `_backprop` and `_optimizer.update_params`
are wrapped.
"""

import functools
import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from compare.engine import WHOLE_STEP, Phases

PHASES = ("gather", "forward", "backward", "update", "rest")
WHOLE = WHOLE_STEP


class Clock:
    """Adds up the time of each phase; exactly one phase runs at any moment.

    Phases nest: while an inner one runs, the outer one stands still. Outside of all,
    it is `gather` until a forward pass has begun, then `rest` until an update ends.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = dict.fromkeys((*PHASES, WHOLE), 0.0)
        self._now = now
        self._stack = ["gather"]
        self._since = now()

    def start(self) -> None:
        """Begin at zero."""
        self.__init__(self._now)  # type: ignore[misc]  # a fresh clock, same object

    def enter(self, phase: str) -> None:
        """Stop the running phase and start another inside it."""
        self._book()
        if phase == "forward":
            self._stack[0] = "rest"
        self._stack.append(phase)

    def leave(self) -> None:
        """End the running phase; the one around it goes on."""
        self._book()
        if self._stack.pop() in ("update", WHOLE):
            self._stack[0] = "gather"

    def stop(self) -> dict[str, float]:
        """Return the seconds of each phase since `start`."""
        self._book()
        return {phase: value for phase, value in self.seconds.items() if value}

    def _book(self) -> None:
        now = self._now()
        self.seconds[self._stack[-1]] += now - self._since
        self._since = now

    def timed(self, function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        """Return `function`, its time booked under `phase`."""

        @functools.wraps(function, updated=())
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.enter(phase)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return wrapper


@contextmanager
def instrumented(implementation: Any, phases: Phases) -> Iterator[Clock | None]:
    """Wrap what the registry names as the phases; give None if it names none."""
    clock = Clock()
    with ExitStack() as stack:
        for owner, attribute, phase in places(implementation, phases):
            wrapper = clock.timed(getattr(owner, attribute), phase)
            stack.enter_context(mock.patch.object(owner, attribute, wrapper))
        yield clock if phases else None


def places(implementation: Any, phases: Phases) -> list[tuple[Any, str, str]]:
    """Return (owner, attribute, phase) of every call to wrap.

    ``network._forward`` is an attribute of the implementation,
    ``package.module:Class.method`` of a module.
    """
    found = []
    for path, phase in phases:
        module, colon, inside = path.rpartition(":")
        owner: Any = importlib.import_module(module) if colon else implementation
        *owners, attribute = inside.split(".")
        for name in owners:
            owner = getattr(owner, name)
        found.append((owner, attribute, phase))
    return found
