"""How a found value differs from the right one, in words.

"B times too large", "the transpose", "the activation of the layer below", "without
b[1]", "right in column 3 only". Refuses to say more than the numbers say: a relation is
named if it holds to the last digits, and otherwise only its size is told.
"""

from collections.abc import Iterator

import numpy as np

from compare.check.lines.departure import Correction, Departure
from compare.check.lines.expected import short
from compare.check.lines.forms import close, is_flat, like
from compare.check.lines.known_functions import function_of_a_known, products
from compare.check.lines.left_out import is_left_out
from compare.check.lines.lending import COPY
from compare.check.lines.naming import Namer, factor_name
from compare.check.lines.partly_right import (
    other,
    other_classes,
    other_shape,
    per_part,
)
from compare.check.lines.quantities import Quantities
from compare.check.simulate.equations import Array


def relation_of(departure: Departure, namer: Namer) -> str:
    """Return the relation between what was found and what is right."""
    first = departure.first
    found, right = first.seen.event.value, np.asarray(first.value)
    if is_left_out(first):
        return "this line is one too many"
    if departure.site.kind == "test":
        return _condition(first)
    if departure.site.kind == "changed" and first.is_number:
        return "it comes too late: in the first step t is still 0"
    if first.is_number:
        return _number(first)
    for sentence in _relations(first, found, right, namer):
        return sentence
    return _size(found, right)


def _condition(c: Correction) -> str:
    found = bool(c.seen.event.value.flat[0])
    return f"the condition is {found}, and with {not found} all is right"


def _number(c: Correction) -> str:
    found, right = float(c.seen.event.value.flat[0]), float(c.value)
    return f"it is {short(found)}, not {short(right)}"


def _relations(
    c: Correction, found: Array, right: Array, namer: Namer
) -> Iterator[str]:
    """Yield what can be said, the clearest first."""
    quantities, quantity = namer.quantities, c.quantity
    if quantity is None:
        return
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        n = int((~np.isfinite(found)).sum())
        yield f"{n} of {found.size} values are infinite or not a number (overflow)"
        return
    if c.factor_name == COPY:
        yield "the very array that you were given: what changes it changes yours"
        return
    if quantity.family == "exchanged":
        yield "the two stand the other way round"
        return
    label = c.seen.label
    if label is not None and label.quantity is not quantity:
        fetched = label.quantity
        if fetched.family == quantity.family and fetched.layer != quantity.layer:
            where = "below" if fetched.layer < quantity.layer else "above"
            yield f"it is {label}, of the layer {where}"
            return
        if fetched.family == quantity.family and fetched.step != quantity.step:
            yield f"it is {label}, of another step"
            return
        if fetched.is_whole:
            yield f"it is {label}, not {quantity.name}"
            return
    if found.shape != right.shape:
        yield other_shape(found, right)
        return
    if not np.any(found) and np.any(right):
        yield "it is zero everywhere"
        return
    if quantity.family == "t":
        yield from other_classes(found, right)
    f = found.astype(float)
    r = right.astype(float)
    yield from _factor(f, r, quantities)
    yield from _turned(f, r)
    yield from function_of_a_known(f, quantities)
    if c.factor_name in ("B", "1/B"):
        n_rows = float(quantities.n_rows)
        scaled = f / n_rows if c.factor_name == "B" else f * n_rows
        for text in function_of_a_known(scaled, quantities):
            yield f"{text}, times {c.factor_name}"
    yield from _missing(f, r, c, quantities)
    yield from per_part(f, r)
    yield from other(f, r)


def _factor(found: Array, right: Array, quantities: Quantities) -> Iterator[str]:
    top = int(np.abs(right).argmax())
    if right.flat[top] == 0:
        return
    factor = float(found.flat[top] / right.flat[top])
    if factor == 0 or not close(found, factor * right):
        return
    name = factor_name(factor, quantities.scales)
    if name == "−1":
        yield "it has the opposite sign"
        return
    sign = "with the opposite sign, and " if factor < 0 else ""
    name = name.lstrip("−")
    meaning = {
        "B": "B times too large (B: the batch size)",
        "1/B": "B times too small (B: the batch size)",
        "K": "K times too large (K: the number of classes)",
        "1/K": "K times too small (K: the number of classes)",
    }
    if name in meaning:
        yield sign + meaning[name]
    elif name.startswith("1/"):
        yield f"{sign}{name[2:].strip('()')} times too small"
    elif abs(factor) < 1:
        yield f"{sign}{name} times the right value"
    else:
        yield f"{sign}{name} times too large"


def _turned(found: Array, right: Array) -> Iterator[str]:
    if found.ndim == 2 and found.shape[0] == found.shape[1] and close(found, right.T):
        yield "it is the transpose"


def _missing(
    found: Array, right: Array, c: Correction, quantities: Quantities
) -> Iterator[str]:
    """Yield what was left out, added, or multiplied once too often."""
    step = c.quantity.step if c.quantity else 0
    fits = [
        (q.name, q.value)
        for q in quantities.found
        if q.step == step and q.is_whole and q is not c.quantity
    ]
    fits += list(products(quantities, step))
    for name, array in fits:
        for value in like(array, found):
            if close(found + value, right):
                is_target = name == "onehot(y)"
                yield f"{name} subtracted twice" if is_target else f"without {name}"
                return
            if close(found - value, right):
                is_target = name == "onehot(y)"
                yield f"without − {name}" if is_target else f"{name} is added"
                return
            if is_flat(value):
                continue
            with np.errstate(all="ignore"):
                if close(found * value, right):
                    yield f"without the factor {name}"
                    return
                if close(right * value, found):
                    yield f"multiplied by {name} once too often"
                    return


def _size(found: Array, right: Array) -> str:
    scale = float(np.abs(right).max()) or 1.0
    gap = float(np.abs(found.astype(float) - right.astype(float)).max())
    return (
        f"something else: off by up to {gap / scale:.2g} times the largest right value"
    )
