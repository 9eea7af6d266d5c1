"""One run each: how often chance alone makes one program better than itself."""

import itertools

import numpy as np

from compare.config import HyperParameters
from compare.explain.cases.common import Case, Part, engine_answers, load, percent
from compare.show import sentences
from compare.statistics import accuracy_verdict

SEEDS = tuple(range(12))
# The difference that such a comparison reports.
REPORTED = 0.001


def run() -> Case:
    """Train one network with many seeds, and both engines with the same seeds."""
    dataset, hp = load(), HyperParameters()
    own = engine_answers("numpy", hp, dataset, SEEDS)
    other = engine_answers("torch", hp, dataset, SEEDS)
    accuracies = own.mean(axis=1)
    gaps = [abs(a - b) for a, b in itertools.combinations(accuracies, 2)]
    often = float(np.mean([gap >= REPORTED for gap in gaps]))
    best, worst = int(accuracies.argmax()), int(other.mean(axis=1).argmin())
    equal = accuracy_verdict("numpy", "torch", own, other)
    return Case(
        claim="NumPy is more accurate than PyTorch.",
        false=Part(
            "As published: one run each; here the best and the worst seed of 12",
            ("", "seed", "test accuracy"),
            (
                ("NumPy", f"{SEEDS[best]}", percent(own[best])),
                ("PyTorch", f"{SEEDS[worst]}", percent(other[worst])),
            ),
            f"NumPy is {100 * (own[best].mean() - other[worst].mean()):.2f} points "
            f"better. But NumPy against NumPy, with two seeds, differs by "
            f"{100 * REPORTED:.1f} points or more in {100 * often:.0f} % of all pairs "
            f"({len(gaps)} pairs, up to {100 * max(gaps):.2f} points).",
        ),
        mended=Part(
            f"The same seeds for both, {len(SEEDS)} of them, and a test on the images",
            ("", "seeds", "test accuracy"),
            (
                ("NumPy", f"{len(SEEDS)}", percent(own)),
                ("PyTorch", f"{len(SEEDS)}", percent(other)),
            ),
            f"{sentences.accuracy(equal)}.",
        ),
        rows=tuple(
            {
                "seed": seed,
                "numpy_accuracy": float(own[i].mean()),
                "torch_accuracy": float(other[i].mean()),
            }
            for i, seed in enumerate(SEEDS)
        ),
    )
