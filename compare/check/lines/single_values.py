"""What may be put in the place of a number, of two numbers, or of a condition.

Refuses to put a loss where whole numbers are counted.
"""

from collections.abc import Iterator

import numpy as np

from compare.check.lines.departure import Correction, Question, Seen
from compare.check.lines.forms import equal, typed
from compare.check.lines.quantities import Quantity


def numbers(
    question: Question, events: list[Seen], turns: list[Seen]
) -> Iterator[list[Correction]]:
    """Yield numbers that have a name, in the place of single numbers."""
    quantities = question.quantities
    scales = quantities.scales
    known = {"B": scales["B"], "1/B": 1 / scales["B"], "1": 1.0, "0": 0.0}
    known |= {name: scales[name] for name in ("K", "η") if name in scales}
    known |= quantities.settings
    for name, number in known.items():
        found = [
            Correction(e, typed(number, e.event.value), None, name)
            for e in events
            if not np.isclose(float(e.event.value.flat[0]), number, rtol=1e-9)
        ]
        if found:
            yield found
    families = dict.fromkeys(q.family for q in quantities.by_dims.get((), ()))
    whole_numbers = all(e.event.value.dtype.kind in "iu" for e in events)
    for family in ("count",) if whole_numbers else families:
        members = [q for q in quantities.named(family) if not q.dims]
        found = list(_in_turn(question, events, turns, members))
        if found:
            yield found


def _in_turn(
    question: Question,
    events: list[Seen],
    turns: list[Seen],
    members: list[Quantity],
) -> Iterator[Correction]:
    """Yield single numbers, each where its turn is: the loss, t of each step."""
    for e in events if members else ():
        place = turns.index(e) * len(members) // len(turns)
        right = members[place].value.reshape(())
        if not equal(right, e.event.value.reshape(()), question.tolerance):
            number = typed(float(right), e.event.value)
            yield Correction(e, number, members[place])


def exchanged(events: list[Seen]) -> Iterator[list[Correction]]:
    """Yield two numbers the other way round: ``beta2, beta1 = self.betas``."""
    pairs = [
        e
        for e in events
        if e.event.value.shape == (2,) and e.label is None and "," in e.site.target
    ]
    for e in pairs[:1]:
        value = e.event.value[::-1].copy()
        names = " and ".join(f"{number:g}" for number in value)
        quantity = Quantity("exchanged", names, value)
        yield [Correction(e, value, quantity) for e in pairs]


def conditions(events: list[Seen]) -> Iterator[list[Correction]]:
    """Yield True for False, and False for True."""
    for answer in (True, False):
        found = [
            Correction(e, answer, None, str(answer))
            for e in events
            if e.event.value.size == 1 and bool(e.event.value.flat[0]) is not answer
        ]
        if found:
            yield found
