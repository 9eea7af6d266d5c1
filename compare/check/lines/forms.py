"""How two arrays compare, and how a right one takes the form of a found one."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from compare.check.arrays import agrees
from compare.check.simulate.equations import Array

EXACT = 1e-8


def dims_of(value: Array) -> tuple[int, ...]:
    """Return its sizes without those of 1, the smaller first."""
    return tuple(sorted(n for n in value.shape if n != 1))


def in_form(right: Array, found: Array, flipped: bool) -> Array | None:
    """Return the right array in the layout and type of the found one, or None."""
    squeezed = np.asarray(right).squeeze()
    turned = squeezed.T if flipped else squeezed
    if flipped and squeezed.ndim < 2:
        return None
    if turned.shape != found.squeeze().shape:
        return None
    shaped: Array = turned.reshape(found.shape)
    if found.dtype.kind in "bi" and np.array_equal(shaped, np.rint(shaped)):
        return shaped.astype(found.dtype)
    return shaped


def typed(number: float, found: Array) -> Any:
    """Return a number as an int where an int was found."""
    if found.dtype.kind in "iu" and number == round(number):
        return round(number)
    return number


def equal(one: Any, other: Array, tolerance: float) -> bool:
    """Tell whether two have the same shape and the same values."""
    if np.shape(one) != np.shape(other):
        return False
    return agrees(one, other, tolerance)


def answer_agrees(given: Any, right: Any, tolerance: float) -> bool:
    """Tell whether an answer is the right one; none at all is not."""
    if given is None or isinstance(given, Exception):
        return False
    return agrees(given, right, tolerance)


def same_answers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two runs gave the same, to the last digit."""
    if set(one) != set(other):
        return False
    for name, value in one.items():
        twin = other[name]
        if isinstance(value, Exception) or isinstance(twin, Exception):
            if type(value) is not type(twin):
                return False
            continue
        try:
            same = np.array_equal(value, twin, equal_nan=True)
        except TypeError:
            same = np.array_equal(value, twin)
        if not same:
            return False
    return True


def like(value: Array, found: Array) -> Iterator[Array]:
    """Yield an array in the forms in which it could go with `found`."""
    squeezed = np.asarray(value, float).squeeze()
    if squeezed.ndim == 0:
        return
    forms = [squeezed, squeezed.T] if squeezed.ndim == 2 else [squeezed]
    if squeezed.ndim == 1 and found.ndim == 2:
        forms = [squeezed[None, :], squeezed[:, None]]
    for form in forms:
        if form.ndim == found.ndim and all(
            n in (1, m) for n, m in zip(form.shape, found.shape, strict=True)
        ):
            yield form


def close(one: Array, other: Array) -> bool:
    """Tell whether two agree to the last digits, measured at the largest."""
    if one.shape != other.shape:
        one, other = np.broadcast_arrays(one, other)
    scale = float(np.abs(other).max(initial=0.0)) or 1.0
    gap = np.abs(one - other).max(initial=0.0)
    return bool(gap <= EXACT * scale)


def is_flat(array: Array) -> bool:
    """Tell whether all entries are the same number."""
    return bool(np.allclose(array, array.flat[0], rtol=1e-9, atol=0))
