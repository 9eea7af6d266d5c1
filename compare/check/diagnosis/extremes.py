"""What explains wrong answers to large logits, to one row and to exact zeros."""

from collections.abc import Sequence

import numpy as np

from compare.check.catalogue import of_functions, output_delta, overflow
from compare.check.catalogue.mistake import Hypothesis
from compare.check.diagnosis.conclusions import Explained, Trial, conclude
from compare.check.diagnosis.functions import fits_all, network_of, what_tells_apart
from compare.check.diagnosis.unknown import with_facts
from compare.check.observations import Observation
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import forward, overflows_alike, predict
from compare.check.subject import Subject
from compare.check.tolerances import EXPLAINED

# Several bases are forms of one mistake: a few suffice.
MAX_BASES = 4


def explain_extremes(
    observations: Sequence[Observation],
    extremes: Sequence[Observation],
    explained: Explained,
    subject: Subject,
) -> Explained:
    """Return what is explained after large logits, one row or exact zeros failed."""
    parts = ["probs"]
    parts += ["loss"] if subject.has_loss else []
    parts += ["gradients"] if subject.has_gradients else []
    tolerance = EXPLAINED[subject.dtype]
    # Each part alone: a mistake in predict_proba need not be in the gradients.
    if all(
        any(
            fits_all(base, part, extremes, tolerance)
            for base in (*explained.bases, subject.terms.equations())
        )
        for part in parts
    ):
        return explained
    epsilons = _epsilons(explained.bases[0], extremes)
    net = network_of(subject)
    tried = [
        h
        for base in explained.bases[:MAX_BASES]
        for h in (
            *overflow.extremes(base, epsilons),
            *output_delta.one_hot_of_the_largest(base),
            *of_functions(base, net),
        )
    ]
    both = [*extremes, *observations]
    matching = [
        h
        for h in tried
        if all(fits_all(h.equations, part, both, tolerance) for part in parts)
    ] or [h for h in tried if _overflows(h, parts, both, tolerance)]
    trial = Trial("extremes", tried, matching, both, tolerance)
    return conclude(
        trial,
        explained,
        apart=lambda: what_tells_apart(subject),
        unknown=lambda finding: with_facts(finding, trial.observed, subject),
    )


def _epsilons(base: Equations, extremes: Sequence[Observation]) -> list[float]:
    """Return the ε that may stand in the loss, read off the losses at p = 0."""
    found = []
    for o in extremes:
        given = np.asarray(o.given.loss)
        if given.shape == () and np.issubdtype(given.dtype, np.floating):
            epsilon = overflow.epsilon_behind(forward(base, o), float(given))
            found += [epsilon] if 0 < epsilon < np.inf else []
    return found


def _overflows(
    h: Hypothesis,
    parts: Sequence[str],
    observations: Sequence[Observation],
    tolerance: float,
) -> bool:
    """Tell whether a softmax without maximum gives all numbers that it can give."""
    return h.key == "softmax-overflow" and all(
        overflows_alike(
            getattr(o.given, part), predict(h.equations, o, part), tolerance
        )
        for o in observations
        for part in parts
    )
