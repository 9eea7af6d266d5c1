"""Two mistakes in one stage: which two of the known ones give the numbers together?

All pairs are too many to try. Of two mistakes, one at least makes arrays right that
are wrong without it: the last layer's, say, which the other does not touch. Or both sit
in the output delta. Only such firsts are tried, each with every second on top.

A pair is named if it gives the observed numbers on every network, to rounding, and if
no other pair of mistakes does.
"""

from collections.abc import Callable, Iterator

import numpy as np

from compare.check.arrays import agrees, largest_finite
from compare.check.catalogue import of_stage, output_delta, scale
from compare.check.catalogue.mistake import Hypothesis, Network
from compare.check.guard import UserCodeError
from compare.check.observations import Observation
from compare.check.simulate.equations import Array, Equations, Pass
from compare.check.simulate.expected import LEAST_SCALE, forward

Pair = tuple[Hypothesis, Hypothesis]

# Firsts that are tried with every second: some ten thousand pairs, about a second.
MAX_FIRSTS = 40


def gradient_pairs(
    base: Equations,
    net: Network,
    explains: Callable[[Equations], bool],
    smallest: Observation,
    tolerance: float,
) -> list[Pair]:
    """Return the pairs that give the observed gradients, one for each two mistakes.

    The second of a pair has the equations of both. `explains` judges equations on all
    networks; `smallest` is the observation that is quickest to compare with.
    """
    if isinstance(smallest.given.gradients, UserCodeError):
        return []  # an error says too little for two names
    p = forward(base, smallest)  # which no mistake of the gradients changes

    def n_right(equations: Equations) -> int:
        return sum(_fits(smallest, p, equations, tolerance))

    right_alone = n_right(base)
    scored = [(n_right(h.equations), h) for h in of_stage("gradient", base, net)]
    better = sorted(
        (one for one in scored if one[0] > right_alone),
        key=lambda one: one[0],
        reverse=True,
    )
    found: dict[frozenset[str], Pair] = {}
    in_the_delta = (*scale.output_delta(base), *output_delta.gradient(base, net))
    for first in (*(h for _, h in better[:MAX_FIRSTS]), *in_the_delta):
        for second in of_stage("gradient", first.equations, net):
            keys = frozenset((first.key, second.key))
            if len(keys) == 1 or keys in found:
                continue
            if not all(_fits(smallest, p, second.equations, tolerance)):
                continue
            if explains(second.equations):
                found[keys] = (first, second)
    return list(found.values())


def _fits(
    o: Observation, p: Pass, equations: Equations, tolerance: float
) -> Iterator[bool]:
    """Yield for each array of the gradient, last layer first, whether it is given so.

    Lazy: most candidates fail at the first, and the rest is never computed.
    """
    least = 0.0
    try:
        with np.errstate(all="ignore"):
            for layer, dW, db in equations.backward(p):
                given = o.given.gradients[layer]
                least = max(least, LEAST_SCALE * largest_finite(np.asarray(dW)))
                yield _same(given[0], dW, tolerance, least)
                yield _same(given[1], db, tolerance, least)
    except (ValueError, IndexError, TypeError):
        yield False  # shapes that do not fit, or what is no array at all


def _same(given: Array, predicted: Array, tolerance: float, least: float) -> bool:
    # One number is enough to see most differences, in a fraction of the time.
    if np.shape(given) != np.shape(predicted):
        return False
    some, other = np.ravel(given)[:1], np.ravel(predicted)[:1]
    scale = max(float(np.abs(predicted).max(initial=0)), least)
    if not np.abs(some - other).max(initial=0) <= 2 * tolerance * scale:
        return False
    return agrees(given, predicted, tolerance, least)
