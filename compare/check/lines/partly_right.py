"""Which parts of a found array are right, where nothing else can be said of it.

"right in row 3 only", "+0.01 everywhere", "the ones stand at other classes".
"""

from collections.abc import Iterator

import numpy as np

from compare.check.lines.forms import EXACT, is_flat
from compare.check.simulate.equations import Array


def other_classes(found: Array, right: Array) -> Iterator[str]:
    """Yield where the ones of a one-hot matrix stand instead."""
    samples = 0 if found.shape[0] > found.shape[1] else 1
    if found.ndim != 2 or not (found.sum(axis=1 - samples) == 1).all():
        return
    is_class, due = found.argmax(axis=1 - samples), right.argmax(axis=1 - samples)
    wrong = np.flatnonzero(is_class != due)
    if wrong.size:
        k = int(wrong[0])
        yield (
            f"the ones stand at other classes in {wrong.size} of {len(due)} samples: "
            f"the 1 of sample {k} is at class {is_class[k]}, not {due[k]}"
        )


def per_part(found: Array, right: Array) -> Iterator[str]:
    """Yield "right in row 0 only" and its like."""
    if found.ndim != 2 or min(found.shape) < 2:
        return
    for axis, word in ((1, "row"), (0, "column")):
        gap = np.abs(found - right).max(axis=axis)
        is_right = (gap <= EXACT * np.abs(right).max()) & right.any(axis=axis)
        good = np.flatnonzero(is_right)
        n = len(gap)
        if 0 < len(good) < n:
            which = ", ".join(map(str, good[:4])) + (", …" if len(good) > 4 else "")
            rest = found[:, gap > 0] if axis == 0 else found[gap > 0]
            tail = ", 0 elsewhere" if not rest.any() else ", wrong elsewhere"
            yield f"right in {word} {which}{tail}"
            return


def other(found: Array, right: Array) -> Iterator[str]:
    """Yield what can be said of the differences alone."""
    difference = found - right
    if found.size > 2 and is_flat(difference):
        yield f"{difference.flat[0]:+.4g} everywhere"
        return
    with np.errstate(all="ignore"):
        ratio = found / right
    good = np.isfinite(ratio) & (right != 0)
    if good.sum() > 2 and np.allclose(ratio[good], ratio[good][0], rtol=EXACT):
        yield f"{ratio[good][0]:.4g} times the right value where that is not 0"
        return
    if found.ndim == 2 and good.all() and (ratio > 0).all():
        yield from _scaled_lines(ratio)
    ok = np.isclose(found, right, rtol=EXACT, atol=EXACT * np.abs(right).max())
    if 0.2 <= ok.mean() < 1:
        n = int((~ok).sum())
        yield f"wrong in {n} of {found.size} entries, right in the others"


def _scaled_lines(ratio: Array) -> Iterator[str]:
    """Yield that rows, columns or both are right up to a factor for each."""
    log = np.log(ratio)
    if np.ptp(log) == 0:
        return
    for axis, word in ((1, "row"), (0, "column")):
        if np.ptp(log, axis=axis).max() <= EXACT:
            yield f"right up to a factor for each {word}: divided by another sum"
            return
    rest = log - log.mean(0) - log.mean(1, keepdims=True) + log.mean()
    if np.abs(rest).max() <= EXACT:
        yield "right up to a factor for each row and column: a sum over the wrong axis"


def other_shape(found: Array, right: Array) -> str:
    """Return how the shapes differ."""
    if found.size == 1:
        total = float(np.sum(right))
        what = "one number"
        if np.isclose(float(found.flat[0]), total, rtol=1e-8, atol=1e-12):
            what = "one number, the sum of all"
        return f"{what}, where {_shape(right)} are due"
    return f"its shape is {found.shape}, not {right.shape}"


def _shape(array: Array) -> str:
    return " × ".join(map(str, array.shape)) + " numbers"
