"""What can be measured where no known mistake fits: relations, and the next step.

A relation is between what was found and what is right: a factor, a sign, zeros, equal
in some rows, a constant added, a difference of low rank. Refuses to guess at a cause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.check.arrays import agrees, describe_problem
from compare.check.guard import UserCodeError
from compare.check.simulate.activations import Array

# A relation of numbers holds to so many digits, relative to the largest.
CLOSE = 1e-7


@dataclass(frozen=True)
class Relation:
    """One array: whether it is right, how it is related, and by which factor if any."""

    name: str
    is_right: bool
    words: str = ""
    factor: float | None = None


def relation(name: str, found: Any, right: Any, tolerance: float) -> Relation:
    """Return how one array is related to the right one."""
    expected = np.asarray(right, float)
    if isinstance(found, UserCodeError):
        return Relation(name, False, found.sentence)
    problem = describe_problem(found, expected)
    if problem:
        return Relation(name, False, f"{name} {problem}")
    given = np.asarray(found, float)
    if agrees(given, expected, tolerance):
        return Relation(name, True)
    if not np.isfinite(given).all():
        n_bad = int((~np.isfinite(given)).sum())
        return Relation(name, False, f"{name} has {n_bad} entries that are not finite")
    if not given.any():
        return Relation(name, False, f"{name} is 0 everywhere", 0.0)
    factor = common_factor(given, expected)
    if factor is not None:
        words = f"{name} is {_number(factor)} times the right one"
        return Relation(name, False, words, factor)
    return Relation(name, False, _otherwise(name, given, expected, tolerance))


def common_factor(given: Array, expected: Array) -> float | None:
    """Return c with given = c · expected, or None."""
    square = float((expected**2).sum())
    if square == 0:
        return None
    factor = float((given * expected).sum()) / square
    # With little of it in common, a factor says nothing.
    if abs(factor) > 1e-12 and agrees(given, factor * expected, CLOSE):
        return factor
    return None


def _otherwise(name: str, given: Array, expected: Array, tolerance: float) -> str:
    scale = float(np.abs(expected).max())
    difference = given - expected
    if np.ptp(difference) <= CLOSE * max(scale, float(np.abs(difference).max())):
        return f"{name} has {difference.flat[0]:+.4g} added to every entry"
    wrong = np.abs(difference) > tolerance * scale
    parts = []
    if given.ndim == 4:
        return _of_kernels(name, given, expected, wrong)
    if given.ndim == 2:
        if agrees(given, expected.T, CLOSE):
            return f"{name} is the transpose of the right one"
        parts = [
            _where(name, wrong.any(axis=1), "row"),
            _where(name, wrong.any(axis=0), "column"),
        ]
    else:
        parts = [_where(name, wrong, "entry")]
    told = next((part for part in parts if part), "")
    if told:
        return told
    if given.ndim == 2 and min(given.shape) > 2:
        singular = np.linalg.svd(difference, compute_uv=False)
        rank = int((singular > CLOSE * singular[0]).sum())
        if rank < min(given.shape) // 2:
            return f"{name} differs by a matrix of rank {rank}"
    return _direction(name, given, expected)


def _of_kernels(name: str, given: Array, expected: Array, wrong: Array) -> str:
    """Say how kernels (out, in, rows, columns) are related to the right ones."""
    for words, other in (
        ("flipped: read from the last row and column", expected[:, :, ::-1, ::-1]),
        ("with rows and columns exchanged", expected.swapaxes(2, 3)),
    ):
        if agrees(given, other, CLOSE):
            return f"{name} is the right one, {words}"
    for axis, what in ((0, "output channel"), (1, "input channel")):
        others = tuple(k for k in range(4) if k != axis)
        channels = np.asarray(wrong.any(axis=others))
        told = _where(name, channels, what)
        # A channel that is 0 and has to be says nothing for the others.
        if told and not (channels | ~expected.any(axis=others)).all():
            return told
    pixels = wrong.any(axis=(0, 1))
    n_wrong = int(pixels.sum())
    if n_wrong <= pixels.size // 2:
        return f"{name} is wrong in {n_wrong} of {pixels.size} pixels of the kernels"
    return _direction(name, given, expected)


def _direction(name: str, given: Array, expected: Array) -> str:
    agree = float((np.sign(given) == np.sign(expected)).mean())
    cosine = float((given * expected).sum()) / float(
        np.linalg.norm(given) * np.linalg.norm(expected) or 1
    )
    return (
        f"{name} points {np.degrees(np.arccos(np.clip(cosine, -1, 1))):.0f}° away from "
        f"the right one; {100 * agree:.0f} % of its signs are right"
    )


def _where(name: str, wrong: Array, what: str) -> str:
    """Say which rows, columns or entries are wrong, if few are, or few are right."""
    n, n_wrong = len(wrong), int(wrong.sum())
    plural = {"entry": "entries"}.get(what, what + "s")
    if n > 2 and 0 < n_wrong <= max(1, n // 4):
        places = ", ".join(map(str, np.flatnonzero(wrong)[:4]))
        named = what if n_wrong == 1 else plural
        return f"{name} is wrong in {named} {places} alone"
    if n > 2 and 0 < n - n_wrong <= max(1, n // 4):
        places = ", ".join(map(str, np.flatnonzero(~wrong)[:4]))
        named = what if n - n_wrong == 1 else plural
        return f"{name} is right in {named} {places} alone"
    return ""


def _number(value: float) -> str:
    for n in range(2, 2000):
        if abs(value * n - round(value * n)) < 1e-7 and abs(value) < 1:
            top = round(value * n)
            return f"{'−' if top < 0 else ''}{abs(top)}/{n}"
    return f"{value:.7g}".replace("-", "−")


# --- what follows from them ------------------------------------------------------


def of_gradients(given: Any, right: Any, tolerance: float) -> list[Relation]:
    """Return the relation of each array, last layer first."""
    if isinstance(given, UserCodeError):
        return [Relation("gradients", False, given.sentence)]
    return [
        relation(f"{symbol}[{layer}]", given[layer][k], right[layer][k], tolerance)
        for layer in reversed(range(len(right)))
        for k, symbol in enumerate(("dW", "db"))
    ]


def facts(relations: Sequence[Relation], what: str) -> Iterator[str]:
    """Yield sentences about all arrays together; `what` is "gradient" or "update"."""
    wrong = [r for r in relations if not r.is_right]
    right = [r.name for r in relations if r.is_right]
    factors = [r.factor for r in wrong]
    first = factors[0] if factors else None
    if len(wrong) > 1 and first and all(f and np.isclose(f, first) for f in factors):
        which = "every" if not right else "every wrong"
        yield f"{which} {what} is {_number(first)} times the right one"
    else:
        for r in wrong:
            yield r.words
    if right:
        yield f"right: {', '.join(right)}"


def next_step(relations: Sequence[Relation]) -> str:
    """Return where to look, from the arrays that are right, last layer first."""
    by_layer = [relations[k : k + 2] for k in range(0, len(relations), 2)]
    if any(len(pair) < 2 for pair in by_layer):
        return ""
    last = len(by_layer) - 1
    for k, (dW, db) in enumerate(by_layer):
        layer = last - k
        if dW.is_right and db.is_right:
            continue
        deeper = [r for pair in by_layer[k + 1 :] for r in pair]
        if dW.is_right != db.is_right:
            wrong, fine = (db, dW) if dW.is_right else (dW, db)
            if deeper and all(r.is_right for r in deeper):
                return (
                    f"{fine.name} and all gradients before it are right, so dz is: "
                    f"look at the line of {wrong.name} alone"
                )
            return f"{fine.name} is right, so dz[{layer}] is: begin at {wrong.name}"
        if k == 0:
            return (
                f"begin at dz[{layer}], the error of the output: all others follow it"
            )
        if deeper and all(r.is_right for r in deeper):
            return (
                f"all other gradients are right: look at {dW.name} and {db.name} alone"
            )
        return (
            f"dW[{layer + 1}] and db[{layer + 1}] are right: begin at dz[{layer}], "
            f"where the error passes back through W[{layer + 1}] and f'(z[{layer}])"
        )
    return ""


def of_outputs(given: Any, right: Array) -> Iterator[str]:
    """Yield what can be seen of wrong probabilities."""
    if isinstance(given, UserCodeError):
        yield given.sentence
        return
    problem = describe_problem(given, right)
    if problem:
        yield f"the result {problem}"
        return
    p = np.asarray(given, float)
    if not np.isfinite(p).all():
        yield f"{int((~np.isfinite(p)).sum())} of {p.size} probabilities are not finite"
        return
    for axis, what in ((0, "rows"), (1, "columns")):
        order = _permutation(p, right, axis)
        if order is not None:
            yield f"the {what} are the right ones in another order: {order}"
            return
    sums = p.sum(axis=1)
    if (p < 0).any() or not np.allclose(sums, 1, atol=1e-5):
        between = f"{p.min():.3g} and {p.max():.3g}"
        yield f"they lie between {between}; rows sum to {sums[0]:.4g}, …"
        return
    yield from _of_logits(p, right)


def _of_logits(p: Array, right: Array) -> Iterator[str]:
    z, expected = (
        np.log(x) - np.log(x).mean(axis=1, keepdims=True) for x in (p, right)
    )
    factor = common_factor(z, expected)
    if factor is not None:
        yield f"the logits are {_number(factor)} times the right ones"
    difference = z - expected
    spread = float(np.abs(difference - difference[0]).max())
    if factor is None and spread < CLOSE * float(np.abs(expected).max()):
        offsets = ", ".join(f"{x:+.3g}" for x in difference[0][:4])
        yield f"a constant is added to the logits of each class ({offsets}, …): a bias"
    elif factor is None:
        agree = float((p.argmax(axis=1) == right.argmax(axis=1)).mean())
        away = float(np.abs(p - right).max())
        yield (
            f"they are off by up to {away:.2g}; {100 * agree:.0f} % of the answers are "
            "the right class"
        )


def _permutation(p: Array, right: Array, axis: int) -> list[int] | None:
    """Return the order of rows or columns of `right` that gives `p`, or None."""
    mine, theirs = (np.moveaxis(x, axis, 0) for x in (p, right))
    order = []
    for row in mine:
        distance = np.abs(theirs - row).max(axis=1)
        if distance.min() > CLOSE:
            return None
        order.append(int(distance.argmin()))
    same = sorted(order) == list(range(len(order)))
    return order if same and order != sorted(order) else None
