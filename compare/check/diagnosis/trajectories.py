"""Where does training by given rules lead, and under which settings would rules part?

Numbers against numbers: which rules are tried, and what follows, is `diagnosis`'s job.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compare.check.arrays import agrees
from compare.check.catalogue.mistake import Hypothesis
from compare.check.guard import UserCodeError
from compare.check.observations import Trained
from compare.check.probes import CoursePlan, make_course, unlike
from compare.check.reference import as_float64
from compare.check.simulate.rules import Rules
from compare.check.tolerances import STEPS
from compare.config import HyperParameters
from compare.contract import Weights

TIE_PLAN = CoursePlan(10, 2, short=True, seed=31)


def arrives(rules: Rules, t: Trained, dtype: str) -> bool:
    """Tell whether training by these rules ends where the observed one did."""
    course = t.course
    try:
        with np.errstate(all="ignore"):
            predicted = rules.trajectory(
                course.hp,
                as_float64(course.weights),
                course.X.astype(float),
                course.y,
                course.orders,
            )
    except (ValueError, IndexError):
        return isinstance(t.given, UserCodeError) and t.given.is_shape_error
    if isinstance(t.given, UserCodeError):
        return False
    n_steps = 1 if course.n_steps == 1 else 10
    tolerance = 10 * STEPS[dtype][n_steps]
    return all(
        agrees(mine, theirs, tolerance)
        for given, expected in zip(t.given, predicted, strict=True)
        for got, wanted in zip(given, expected, strict=True)
        for mine, theirs in zip(got, wanted, strict=True)
    )


def other_settings(hp: HyperParameters) -> list[tuple[str, HyperParameters]]:
    """Return other settings of the optimizer, each with the name of what changes."""
    settings: list[tuple[str, HyperParameters]] = [
        ("learning_rate", replace(hp, learning_rate=0.6 * hp.learning_rate)),
        ("weight_decay", replace(hp, weight_decay=0.07)),
        ("batch_size", replace(hp, batch_size=unlike(hp.layer_sizes, hp.batch_size))),
    ]
    if hp.optimizer != "sgd":
        settings.append(("eps", replace(hp, eps=30 * hp.eps)))
    if hp.optimizer == "sgd" and hp.momentum > 0:
        settings.append(("momentum", replace(hp, momentum=0.7 * hp.momentum)))
    return settings


def differ(hypotheses: Sequence[Hypothesis], hp: HyperParameters) -> bool:
    """Tell whether no two of the hypotheses lead to the same weights."""
    course = make_course(hp, TIE_PLAN)
    ends = []
    for h in hypotheses:
        try:
            with np.errstate(all="ignore"):
                after = h.training.trajectory(
                    hp, course.weights, course.X, course.y, course.orders
                )
        except (ValueError, IndexError):
            continue  # shapes that do not fit: it leads nowhere
        ends.append(np.concatenate([a.ravel() for pair in after[-1] for a in pair]))
    return (
        all(not agrees(a, b, 1e-6) for k, a in enumerate(ends) for b in ends[k + 1 :])
        and len(ends) > 1
    )


def equal(one: Weights, other: Weights) -> bool:
    """Tell whether all arrays are the same, to the last digit."""
    return all(
        np.array_equal(x, y)
        for mine, theirs in zip(one, other, strict=True)
        for x, y in zip(mine, theirs, strict=True)
    )
