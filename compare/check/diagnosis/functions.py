"""What explains wrong answers: probabilities, loss, gradients, extremes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compare.check.catalogue import of_functions, of_stage, overflow
from compare.check.catalogue.mistake import Hypothesis, Network
from compare.check.diagnosis.conclusions import (
    Explained,
    Trial,
    conclude,
    conclude_float32,
    conclude_pair,
)
from compare.check.diagnosis.pairs import gradient_pairs
from compare.check.guard import UserCodeError
from compare.check.observations import Observation
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import (
    fits,
    forward,
    looks_rounded,
    overflows_alike,
    predict,
)
from compare.check.subject import Subject
from compare.check.tolerances import EXPLAINED

PART = {"forward": "probs", "loss": "loss", "gradient": "gradients"}
# Several bases are forms of one mistake: a few suffice.
MAX_BASES = 4


def explain_stage(
    stage: str,
    observations: Sequence[Observation],
    explained: Explained,
    subject: Subject,
) -> Explained:
    """Return what is explained after "forward", "loss" or "gradient" failed."""
    part, tolerance = PART[stage], EXPLAINED[subject.dtype]
    if stage == "loss":
        # The loss comes together with the gradients: if there is none, ask those.
        observations = [
            o for o in observations if not isinstance(o.given.loss, UserCodeError)
        ]

    def explains(equations: Equations) -> bool:
        return _explains(equations, part, observations, tolerance)

    bases = explained.bases
    follows = tuple(filter(explains, bases))
    if follows:
        # Nothing new: the mistake found before makes this stage wrong as well.
        return replace(explained, bases=follows)
    net = network_of(subject)
    tried = [h for base in (*bases, Equations()) for h in of_stage(stage, base, net)]
    matching = [h for h in tried if explains(h.equations)]
    trial = Trial(stage, tried, matching, observations, tolerance)
    if not matching and _is_rounded(part, observations, explained):
        return conclude_float32(stage, explained)
    if not matching and stage == "gradient":
        pairs = gradient_pairs(bases[0], net, explains, observations[0], tolerance)
        if len(pairs) == 1:
            return conclude_pair(pairs[0], trial, explained)
    if matching:
        explained = replace(explained, bases=tuple(h.equations for h in matching))
    return conclude(trial, explained, apart=lambda: what_tells_apart(subject))


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
            _explains(base, part, extremes, tolerance)
            for base in (*explained.bases, Equations())
        )
        for part in parts
    ):
        return explained
    epsilons = _epsilons(explained.bases[0], extremes)
    net = network_of(subject)
    tried = [
        h
        for base in explained.bases[:MAX_BASES]
        for h in (*overflow.extremes(base, epsilons), *of_functions(base, net))
    ]
    both = [*extremes, *observations]
    matching = [
        h
        for h in tried
        if all(_explains(h.equations, part, both, tolerance) for part in parts)
    ] or [h for h in tried if _overflows(h, parts, both, tolerance)]
    trial = Trial("extremes", tried, matching, both, tolerance)
    return conclude(trial, explained, apart=lambda: what_tells_apart(subject))


def network_of(subject: Subject) -> Network:
    """Return what the catalogue must know of the network."""
    hp = subject.hp
    return Network(len(hp.layer_sizes) - 1, hp.activation)


def what_tells_apart(subject: Subject) -> str:
    """Say which test would tell mistakes apart that give the same numbers."""
    if subject.dtype == "float32":
        return "In float64 they would differ: let the class take dtype."
    if len(subject.networks) == 1:
        return (
            "A network of other sizes would tell them apart: let the class take "
            "layer_sizes and batch_size."
        )
    return "They give the same numbers everywhere: mend either, and check again."


def _explains(
    equations: Equations,
    part: str,
    observations: Sequence[Observation],
    tolerance: float,
) -> bool:
    return all(
        fits(getattr(o.given, part), predict(equations, o, part), tolerance)
        for o in observations
    )


def _is_rounded(
    part: str, observations: Sequence[Observation], explained: Explained
) -> bool:
    """Tell whether all differences look like the rounding of float32.

    Small, and up as often as down. One number, the loss, is too little to tell.
    """
    if part == "loss":
        return any("float32-result" in f.keys for f in explained.findings)
    return any(
        all(
            looks_rounded(getattr(o.given, part), predict(base, o, part))
            for o in observations
        )
        for base in explained.bases
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
