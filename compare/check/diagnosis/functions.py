"""What explains wrong answers: probabilities, loss, gradients.

The answers to extreme inputs are a matter of `extremes`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check import reference
from compare.check.catalogue import (
    of_stage,
    scale,
)
from compare.check.catalogue.mistake import Hypothesis, Network
from compare.check.diagnosis.conclusions import (
    Explained,
    Trial,
    conclude,
    conclude_float32,
    conclude_pair,
    raised_everywhere,
    seen_to_raise,
)
from compare.check.diagnosis.measured import common_factor
from compare.check.diagnosis.pairs import gradient_pairs
from compare.check.diagnosis.unknown import with_facts
from compare.check.guard import UserCodeError
from compare.check.implied import implied_gradient
from compare.check.observations import Answer, Observation
from compare.check.probes import few_rows, make_probe
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import (
    fits,
    looks_rounded,
    predict,
)
from compare.check.subject import Subject
from compare.check.tolerances import EXPLAINED

PART = {"forward": "probs", "loss": "loss", "gradient": "gradients"}


def explain_stage(
    stage: str,
    observations: Sequence[Observation],
    explained: Explained,
    subject: Subject,
) -> Explained:
    """Return what is explained after "forward", "loss" or "gradient" failed."""
    part, tolerance = PART[stage], EXPLAINED[subject.dtype]

    def explains(equations: Equations) -> bool:
        return fits_all(equations, part, observations, tolerance)

    if subject.hp.conv_layers:
        # Hypotheses that do not fit two images need not be asked about more.
        probe = subject.terms.probe(few_rows(observations[0].probe.hp))
        asked = reference.answer(probe, subject.terms)
        few = Observation(probe, asked, subject.answer(probe))
        observations = [few, *observations]
    bases = explained.bases
    follows = tuple(filter(explains, bases))
    if follows:
        # Nothing new: the mistake found before makes this stage wrong as well.
        return replace(explained, bases=follows)
    raised = raised_everywhere([getattr(o.given, part) for o in observations])
    if raised is not None:
        agreeing = _where_shapes_agree(subject)
        if isinstance(getattr(agreeing.given, part), UserCodeError):
            return seen_to_raise(stage, raised, explained)
        observations = [agreeing, *observations]
    net = network_of(subject)
    right = subject.terms.equations()
    tried = [h for base in (*bases, right) for h in of_stage(stage, base, net)]
    matching = [h for h in tried if explains(h.equations)]
    if len({h.key for h in matching}) > 1 and stage == "gradient":
        matching = _with_the_same_zeros(matching, observations)
    if not matching and stage == "gradient":
        measured = _with_a_factor(bases[0], observations, subject)
        tried += measured
        matching = [h for h in measured if explains(h.equations)]
    if raised is not None and not matching:
        return seen_to_raise(stage, raised, explained)
    trial = Trial(stage, tried, matching, observations, tolerance)
    if not matching and _is_rounded(part, observations, explained):
        return conclude_float32(stage, explained)
    # Of convolutions there are too many pairs, and each takes too long.
    if not matching and stage == "gradient" and not net.n_convolutions:
        pairs = gradient_pairs(bases[0], net, explains, observations[0], tolerance)
        if len(pairs) == 1:
            return conclude_pair(pairs[0], trial, explained)
    if matching:
        explained = replace(explained, bases=tuple(h.equations for h in matching))
    return conclude(
        trial,
        explained,
        apart=lambda: what_tells_apart(subject),
        unknown=lambda finding: with_facts(finding, trial.observed, subject),
    )


def _where_shapes_agree(subject: Subject) -> Observation:
    """Ask as many rows as there are units in every layer: all shapes are the same.

    Code that mistakes one axis for another raises everywhere else; here it answers, and
    its numbers tell what it does.
    """
    hp = replace(subject.networks[-1], dtype=subject.dtype)
    probe = subject.terms.probe(make_probe(hp, seed=1, n_rows=hp.n_classes))
    return Observation(probe, Answer(None), subject.answer(probe))


def _with_a_factor(
    base: Equations, observations: Sequence[Observation], subject: Subject
) -> list[Hypothesis]:
    """Return what a common factor may be, if there is one: a divisor, or a constant.

    A batch of another size tells which.
    """
    o = observations[0]
    factor = _common_factor(base, o)
    if factor is None:
        return []
    found = list(scale.fitted(base, factor, len(o.probe.X)))
    n_rows, hp = max(len(o.probe.X) // 2, 1), o.probe.hp
    other: Observation | None
    if subject.has_gradients:
        probe = subject.terms.probe(make_probe(hp, seed=3, n_rows=n_rows))
        other = Observation(probe, o.right, subject.answer(probe))
    else:
        other = implied_gradient(subject, hp, n_rows)
    if other is None:
        return found
    tolerance = EXPLAINED[subject.dtype]
    return [h for h in found if fits_all(h.equations, "gradients", [other], tolerance)]


def _common_factor(base: Equations, o: Observation) -> float | None:
    """Return c if every given gradient is c times the predicted one."""
    given, predicted = o.given.gradients, predict(base, o, "gradients")
    if isinstance(given, UserCodeError) or not isinstance(predicted, list):
        return None
    try:
        x, y = (
            np.concatenate(
                [np.ravel(np.asarray(g, float)) for pair in one for g in pair]
            )
            for one in (given, predicted)
        )
        return common_factor(x, y)
    except (ValueError, TypeError):
        return None


def network_of(subject: Subject) -> Network:
    """Return what the catalogue must know of the network."""
    return Network.of(subject.hp, subject.terms.equations())


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


def _with_the_same_zeros(
    matching: list[Hypothesis], observations: Sequence[Observation]
) -> list[Hypothesis]:
    """Return those whose arrays are exactly 0 where the given ones are, or all.

    The errors of all classes sum to 0, but for rounding: a db of exact zeros was never
    computed, and one of 1e-17 was.
    """
    given = _never_computed([o.given.gradients for o in observations])
    missing = [h for h in matching if h.key == "db-missing"]
    if any(given) and missing:
        return missing
    alike = [
        h
        for h in matching
        if _never_computed([predict(h.equations, o, "gradients") for o in observations])
        == given
    ]
    return alike or matching


def _never_computed(gradients: Sequence[Any]) -> list[bool]:
    """Return for each array whether it is exactly 0 whatever the batch."""
    lists = [g for g in gradients if isinstance(g, list)]
    arrays = [[a for pair in one for a in pair] for one in lists]
    return [not any(map(np.any, same)) for same in zip(*arrays, strict=True)]


def fits_all(
    equations: Equations,
    part: str,
    observations: Sequence[Observation],
    tolerance: float,
) -> bool:
    """Tell whether the equations give every number that the user's code gave."""
    return all(
        fits(getattr(o.given, part), predict(equations, o, part), tolerance)
        for o in observations
        # The loss comes together with the gradients: an error is judged by those.
        if part != "loss" or not isinstance(o.given.loss, UserCodeError)
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
