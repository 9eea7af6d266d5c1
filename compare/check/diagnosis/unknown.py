"""The finding where no name fits: what was measured, and what to do next."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compare.check.arrays import agrees
from compare.check.diagnosis import measured
from compare.check.findings import Finding
from compare.check.finite_differences import gradient_is_slope
from compare.check.guard import UserCodeError
from compare.check.observations import Observation, Trained
from compare.check.probes import CoursePlan, make_course
from compare.check.reference import trajectory
from compare.check.subject import Subject
from compare.check.tolerances import EVALUATION, STEPS
from compare.contract import Weights

FULL = CoursePlan(10, 1, short=False, seed=33)
MOST_FACTS = 7


def with_facts(
    finding: Finding, observed: Sequence[Observation | Trained], subject: Subject
) -> Finding:
    """Return the finding with what can be measured, and the next step."""
    stage = finding.stage
    answers = [o for o in observed if isinstance(o, Observation)]
    trainings = [t for t in observed if isinstance(t, Trained)]
    facts: list[str] = []
    step = ""
    if stage == "forward" and answers:
        o = answers[0]
        facts = list(measured.of_outputs(o.given.probs, o.right.probs))
        facts += _alone(o, subject)
        step = "print z and a of each layer for one sample, beside the textbook's"
        if _fits_its_outputs(subject):
            facts.append(
                "your gradient is exact for these very outputs: the backward pass "
                "belongs to this forward pass"
            )
            step = (
                "if this network is the one that you mean, nothing is wrong with it; "
                "if not, look at the forward pass alone"
            )
    elif stage == "loss" and answers:
        facts = _of_loss(answers)
        step = "compute the loss of one sample by hand: −log p[y]"
    elif stage == "gradient" and answers:
        facts, step = _of_gradients(answers, subject)
    elif stage == "extremes" and answers:
        facts = _of_extremes(answers)
        step = "look at exp, log and / where numbers are huge, or exactly 0"
    elif stage == "training" and trainings:
        facts, step = _of_training(trainings, subject)
    return replace(finding, facts=tuple(facts[:MOST_FACTS]), next_step=step)


def _alone(o: Observation, subject: Subject) -> list[str]:
    """Tell whether a picture alone has other probabilities than in a batch."""
    if isinstance(o.given.probs, UserCodeError):
        return []
    one = subject.answer(replace(o.probe, X=o.probe.X[:1], y=o.probe.y[:1])).probs
    try:
        together = np.asarray(o.given.probs, float)[:1]
        if np.allclose(np.asarray(one, float), together, atol=1e-6):
            return []
    except (TypeError, ValueError):
        return []
    return ["a picture alone has other probabilities than the same one in a batch"]


def _fits_its_outputs(subject: Subject) -> bool:
    """Tell whether finite differences agree with the gradient, whatever it is of."""
    if not subject.has_gradients or subject.dtype == "float32":
        return False
    return gradient_is_slope(subject, min(subject.networks, key=lambda hp: hp.n_params))


def _of_loss(answers: Sequence[Observation]) -> list[str]:
    o = answers[0]
    try:
        given, right = float(o.given.loss), float(o.right.loss)
    except (TypeError, ValueError):
        return ["the loss is not one number"]
    found = [f"the loss is {given:.6g}, right is {right:.6g}"]
    ratios = [float(o.given.loss) / float(o.right.loss) for o in answers]
    if np.ptp(ratios) < measured.CLOSE * abs(ratios[0]):
        found.append(f"on every network it is {ratios[0]:.7g} times the right one")
    return found


def _of_gradients(
    answers: Sequence[Observation], subject: Subject
) -> tuple[list[str], str]:
    tolerance = EVALUATION[subject.dtype]
    # A network whose layers all differ tells shapes apart, a small one the rest.
    o = answers[0]
    relations = measured.of_gradients(o.given.gradients, o.right.gradients, tolerance)
    facts = list(measured.facts(relations, "gradient"))
    facts += _of_samples(o, subject)
    step = measured.next_step(relations)
    if isinstance(o.given.gradients, UserCodeError):
        step = "the line above is where it stopped: print the shapes that meet there"
    return facts, step


def _of_samples(o: Observation, subject: Subject) -> list[str]:
    """Tell which samples of the batch the output's gradient is right for."""
    given, right = o.given.gradients, o.right.gradients
    if not subject.has_gradients:
        return []
    if isinstance(given, UserCodeError) or np.shape(given[-1][1]) != right[-1][1].shape:
        return []
    difference = np.asarray(given[-1][1], float) - right[-1][1]
    if not np.abs(difference).max() > 1e-9:
        return []
    found = []
    for row in range(len(o.probe.X)):
        one = replace(o.probe, X=o.probe.X[[row]], y=o.probe.y[[row]])
        answer = subject.answer(one)
        if isinstance(answer.gradients, UserCodeError):
            return []
        found.append(answer.gradients)
    try:
        mean = np.mean([g[-1][1] for g in found], axis=0)
    except ValueError:
        return []
    if np.allclose(mean, right[-1][1], atol=1e-9):
        return ["asked for one sample at a time, db of the last layer is right"]
    return []


def _of_extremes(answers: Sequence[Observation]) -> list[str]:
    found = []
    for o in answers:
        for part in ("probs", "loss"):
            value = getattr(o.given, part)
            if value is None or isinstance(value, UserCodeError):
                continue
            try:
                n_bad = int((~np.isfinite(np.asarray(value, float))).sum())
            except (TypeError, ValueError):
                continue
            if n_bad:
                found.append(f"{part}: {n_bad} values are not finite, with huge logits")
    return found


def _of_training(
    trainings: Sequence[Trained], subject: Subject
) -> tuple[list[str], str]:
    raised = [t for t in trainings if isinstance(t.given, UserCodeError)]
    if raised:
        (error,) = [t.given for t in raised[:1]]
        sentence = error.sentence if isinstance(error, UserCodeError) else ""
        some = "" if len(raised) == len(trainings) else " on some networks"
        return [f"{sentence}{some}"], "see the message and the line of the gate"
    by_steps = sorted(trainings, key=lambda t: (t.course.n_steps, t.course.hp.n_params))
    first = by_steps[0]
    relations = _updates(first, STEPS[subject.dtype][1])
    if any(not r.is_right for r in relations):
        facts = [
            f.replace("dW", "W").replace("db", "b")
            for f in measured.facts(relations, "update")
        ]
        facts.insert(0, "after one step")
        if any(r.factor == 0 for r in relations):
            return facts, "what is 0 never changes: is it updated at all?"
        step = measured.next_step(relations).replace("dW[", "the update of W[")
        if subject.has_gradients:
            step = "the gradients are right: look at the update, and at what it divides"
        return facts, step.replace("db[", "the update of b[")
    facts = ["the first step is right: the gradient and the learning rate are"]
    if _full_batches_are_right(subject):
        facts.append("ten steps with full batches are right as well")
        return facts, "look at the short last batch, and at what an epoch begins with"
    return facts, (
        "look at what is kept from one step to the next: momentum, moments, counters, "
        "and which rows the second batch takes"
    )


def _updates(t: Trained, tolerance: float) -> list[measured.Relation]:
    def moved(after: list[Weights]) -> Weights:
        return [
            (np.asarray(W, float) - old_W, np.asarray(b, float) - old_b)
            for (W, b), (old_W, old_b) in zip(after[-1], t.course.weights, strict=True)
        ]

    given = t.given
    if isinstance(given, UserCodeError):
        return []
    # What is left after subtracting has fewer digits.
    return measured.of_gradients(moved(given), moved(t.right), 1e4 * tolerance)


def _full_batches_are_right(subject: Subject) -> bool:
    smallest = min(subject.networks, key=lambda hp: hp.n_params)
    course = make_course(replace(smallest, dtype=subject.dtype), FULL)
    course = subject.terms.course(course)
    try:
        given = subject.train(course)[-1]
    except UserCodeError:
        return False
    right = trajectory(course, subject.terms)[-1]
    tolerance = STEPS[subject.dtype][10]
    return all(
        agrees(x, y, tolerance)
        for mine, theirs in zip(given, right, strict=True)
        for x, y in zip(mine, theirs, strict=True)
    )
