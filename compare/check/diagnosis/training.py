"""What explains where training led; the long courses are left out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compare.check.catalogue import of_training
from compare.check.catalogue.mistake import Hypothesis
from compare.check.diagnosis.conclusions import (
    Explained,
    Trial,
    conclude,
    raised_everywhere,
    seen_to_raise,
)
from compare.check.diagnosis.extremes import MAX_BASES
from compare.check.diagnosis.functions import explain_stage, what_tells_apart
from compare.check.diagnosis.trajectories import (
    TIE_PLAN,
    arrives,
    differ,
    equal,
    other_settings,
)
from compare.check.diagnosis.unknown import with_facts
from compare.check.findings import Finding
from compare.check.guard import UserCodeError
from compare.check.implied import implied_gradients
from compare.check.observations import Trained
from compare.check.probes import Course, make_course
from compare.check.simulate.rules import Rules
from compare.check.subject import Subject
from compare.check.tolerances import EXPLAINED

# Factors on the whole gradient, which a wrong learning rate looks like.
SCALES = ("mean-over-classes", "factor-two", "jacobian-missing")


def explain_training(
    trainings: Sequence[Trained], explained: Explained, subject: Subject
) -> Explained:
    """Return what is explained after some steps led elsewhere."""
    short = sorted(
        (t for t in trainings if t.course.n_steps <= 10),
        key=lambda t: (t.course.n_steps, t.course.hp.n_params),
    )
    bases = explained.bases[:MAX_BASES]

    def leads_there(rules: Rules) -> bool:
        return all(arrives(rules, t, subject.dtype) for t in short)

    if any(leads_there(Rules(base)) for base in (*bases, subject.terms.equations())):
        return explained
    raised = raised_everywhere([t.given for t in short])
    if raised is not None:
        return seen_to_raise("training", raised, explained)
    # With L2 in one of the courses, the mistakes of L2 are possible too.
    decayed = [t.course.hp for t in short if t.course.hp.weight_decay > 0]
    hp = decayed[0] if decayed else short[0].course.hp
    tried = [h for base in bases for h in of_training(base, hp)]
    if hp.conv_layers and subject.has_gradients:
        # The gradients are shown, and judged already; a step here takes its time.
        tried = [h for h in tried if h.rules is not None]
    matching = [h for h in tried if leads_there(h.training)]
    if not matching and _ignores_order(subject, short[-1].course):
        reason = (
            "Two orders with different rows in them lead to the same weights: "
            "train_epoch chooses rows of its own."
        )
        return explained.having(Finding("training", ("order-ignored",), reason=reason))
    if not matching and not subject.has_gradients:
        by_gradient = _explain_gradient(explained, subject)
        if by_gradient is not None:
            return explain_training(trainings, by_gradient, subject)
    matching = _likelier(matching, subject)
    if len({h.key for h in matching}) > 1:
        matching = _break_tie(subject, matching, short)
    return conclude(
        Trial("training", tried, matching, short, EXPLAINED[subject.dtype]),
        explained,
        doubt=lambda found: _doubt(subject, found),
        apart=lambda: _what_tells_apart(subject, matching, short),
        unknown=lambda finding: with_facts(finding, short, subject),
    )


def _likelier(matching: list[Hypothesis], subject: Subject) -> list[Hypothesis]:
    """Return those left where a mistake of the step looks like one of the gradient."""
    in_the_step = [h for h in matching if h.rules is not None]
    if len({h.key for h in matching}) < 2 or len(in_the_step) == len(matching):
        return matching
    if subject.has_gradients and in_the_step:
        return in_the_step  # the gradients are shown, and judged already
    # Without gradients: one that is 0 is simpler than an update that is left out.
    return [h for h in matching if h.key != "layer-frozen"] or matching


def _explain_gradient(explained: Explained, subject: Subject) -> Explained | None:
    """Return what single steps tell of the gradient, if that has a name."""
    if any(f.stage == "gradient" for f in explained.findings):
        return None
    implied = list(implied_gradients(subject))
    if not implied:
        return None
    found = explain_stage("gradient", implied, explained, subject)
    new = found.findings[len(explained.findings) :]
    if not new or any(not f.mistake for f in new):
        return None
    told = [
        replace(f, reason=f"{f.reason} The gradient was taken from single steps.")
        for f in new
    ]
    return replace(found, findings=(*explained.findings, *told))


def _doubt(subject: Subject, found: Hypothesis) -> str:
    """Return what else would lead to the same weights, if anything would."""
    if found.key in SCALES and not found.where:
        return (
            " But so would a learning rate, or for Adam an ε, of another value "
            "than the one asked for: look there first, if your gradients are right."
        )
    if found.key == "momentum-missing" and "momentum" not in subject.accepted:
        return (
            " Your class takes no `momentum`: if it is meant to have none, check "
            "with --momentum 0."
        )
    return ""


def _what_tells_apart(
    subject: Subject, matching: Sequence[Hypothesis], trainings: Sequence[Trained]
) -> str:
    """Say which other setting would tell the matching mistakes apart."""
    one_each = list({h.key: h for h in matching}.values())
    names = [
        name
        for name, hp in other_settings(trainings[0].course.hp)
        if name not in subject.accepted and differ(one_each, hp)
    ]
    if names and subject.dtype != "float32":
        return (
            f"Another {' or '.join(names)} would tell them apart: let the class "
            "take it as a parameter, and check again."
        )
    return what_tells_apart(subject)


def _break_tie(
    subject: Subject, matching: list[Hypothesis], trainings: Sequence[Trained]
) -> list[Hypothesis]:
    """Train with other hyper-parameters, where hypotheses part; return who is left.

    (1 − μ) damping and a mean over ten classes are one, at μ = 0.9.
    """
    for field_name, hp in other_settings(trainings[0].course.hp):
        if field_name not in subject.accepted:
            continue
        course = make_course(hp, TIE_PLAN)
        try:
            given = subject.train(course)
        except UserCodeError:
            continue
        ran = Trained(course, [], given)
        left = [h for h in matching if arrives(h.training, ran, subject.dtype)]
        matching = left or matching
    return matching


def _ignores_order(subject: Subject, course: Course) -> bool:
    """Tell whether training on other rows ends at the same weights."""
    order = course.orders[0]
    others = np.setdiff1d(np.arange(len(course.X)), order)
    other = np.concatenate([others, order])[: len(order)]
    try:
        first, second = (
            subject.train(replace(course, orders=(rows,)))[-1]
            for rows in (order, other)
        )
    except UserCodeError:
        return False
    # Where nothing has moved, no rows were used at all.
    return equal(first, second) and not equal(first, course.weights)
