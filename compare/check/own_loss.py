"""A loss that nobody knows, whose slope the gradient is: another choice, no mistake.

Class weights, label smoothing, L1: the author's own loss is the judge, by finite
differences, and PyTorch takes the steps with the author's own gradient.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compare.check import reference
from compare.check.catalogue import BY_KEY, of_stage
from compare.check.catalogue.mistake import Network
from compare.check.finite_differences import gradient_is_slope
from compare.check.guard import UserCodeError
from compare.check.observations import Answer, Observation
from compare.check.probes import CoursePlan, Probe, make_course, make_probe
from compare.check.simulate.expected import fits, predict
from compare.check.subject import Subject, as_number
from compare.check.terms import Difference, Terms
from compare.check.tolerances import EXPLAINED, STEPS
from compare.config import HyperParameters
from compare.contract import Weights

# Mistakes of the catalogue that are a choice, if the whole network agrees with it.
CHOICES = ("label-smoothing",)
SOME_STEPS = CoursePlan(10, 2, short=True, seed=22)
UNKNOWN = Difference("own-loss", "the loss is one of your own", is_own=True)


def own_loss(subject: Subject, forwards: Sequence[Terms]) -> Terms | None:
    """Return the terms under which everything is right but the loss, or None.

    `forwards` are the terms under which the forward pass is right.
    """
    if not (subject.has_loss and subject.can_train and forwards):
        return None
    smallest = min(subject.networks, key=lambda hp: hp.n_params)
    hp = replace(smallest, dtype=subject.dtype)
    if subject.dtype == "float32" or subject.is_random:
        return None
    try:
        if not gradient_is_slope(subject, hp) or not _descends(subject, hp):
            return None
        difference = _named(subject, forwards[0], hp)
        if difference is None:
            return None

        def own(probe: Probe) -> tuple[float, Weights]:
            return _answer(subject, probe)

        terms = replace(forwards[0], own=own, own_loss=difference)
        return terms if _trains_by_it(subject, terms, hp) else None
    except (UserCodeError, TypeError, ValueError):
        return None


def _answer(subject: Subject, probe: Probe) -> tuple[float, Weights]:
    answer = subject.answer(probe)
    if isinstance(answer.gradients, UserCodeError):
        raise answer.gradients
    return as_number(answer.loss), answer.gradients


def _descends(subject: Subject, hp: HyperParameters) -> bool:
    """Tell whether it raises the output of the right class most, for each picture.

    Labels that are confused, in the loss and its gradient alike, are no choice.
    """
    batch = make_probe(hp, seed=52)
    for row in range(len(batch.X)):
        one = replace(batch, X=batch.X[[row]], y=batch.y[[row]])
        slopes = np.asarray(_answer(subject, one)[1][-1][1], float)
        if int(np.argmin(slopes)) != int(one.y[0]):
            return False
    return True


def _named(subject: Subject, terms: Terms, hp: HyperParameters) -> Difference | None:
    """Return how the loss is told; None if it is a mistake that has a name."""
    probe = terms.probe(make_probe(hp, seed=1))
    loss, _ = _answer(subject, probe)
    observed = Observation(probe, Answer(None), Answer(None, loss))
    equations = terms.equations()
    for hypothesis in of_stage("loss", equations, Network.of(hp, equations)):
        predicted = predict(hypothesis.equations, observed, "loss")
        if fits(np.asarray(loss), predicted, EXPLAINED[subject.dtype]):
            if hypothesis.key not in CHOICES:
                return None
            remark = f" ({hypothesis.remark})" if hypothesis.remark else ""
            words = BY_KEY[hypothesis.key].title + remark
            return Difference(hypothesis.key, words, is_own=True)
    return UNKNOWN


def _trains_by_it(subject: Subject, terms: Terms, hp: HyperParameters) -> bool:
    """Tell whether training follows that gradient, as PyTorch's optimizer would."""
    course = terms.course(make_course(hp, SOME_STEPS))
    given, right = subject.train(course), reference.trajectory(course, terms)
    tolerance = STEPS[subject.dtype][10]
    return all(
        fits(mine, theirs, tolerance)
        for one, other in zip(given[-1], right[-1], strict=True)
        for mine, theirs in zip(one, other, strict=True)
    )
