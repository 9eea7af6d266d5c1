"""Whether a lead is that of a library: the matrix products alone, in one sentence."""

import numpy as np

from compare.record.verdicts import Verdicts
from compare.show import units
from compare.show.ratio import measured
from compare.statistics import SpeedVerdict, speed_verdict, summary

# The same resamples for the same results.
SEED = 0
# As the sentence names them.
NAMES = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "numba": "Numba"}


def sentences(found: Verdicts) -> list[str]:
    """Return what holds here: whose matrix products are faster, and what that means.

    Of two libraries each, the first of the plan's against every other.
    """
    floors = found.results.floors
    if len(floors) < 2:
        return []
    first, *others = floors
    return [_sentence(floors, first, other) for other in others]


def _sentence(floors: dict[str, list[float]], ours: str, theirs: str) -> str:
    a, b = NAMES.get(ours, ours), NAMES.get(theirs, theirs)
    verdict = speed_verdict(
        b,
        a,
        floors[theirs],
        floors[ours],
        rng=np.random.default_rng(SEED),
    )
    times = " and ".join(
        f"{units.seconds(summary(floors[name]).median)} with {word}"
        for name, word in ((ours, a), (theirs, b))
    )
    return f"the matrix products alone take {times}: {_meaning(verdict)}"


def _meaning(verdict: SpeedVerdict) -> str:
    a, b = verdict.name, verdict.baseline_name
    ratio = measured(verdict.ratio)
    match verdict.verdict:
        case "faster":
            return (
                f"on this machine {a}'s library is the faster one ({ratio}), and that "
                f"much of a lead over {b} is the library's, not the code's"
            )
        case "slower":
            return (
                f"on this machine {b}'s library is the faster one ({ratio}), so that a "
                f"lead over {b} is the code's, against a slower library"
            )
        case "same" | "no detectable difference":
            return (
                f"on this machine the libraries are alike ({ratio}), so that a lead of "
                "one over the other is the code's"
            )
        case _:
            return f"too noisy to say whose library is faster ({ratio})"
