"""The gradient that a single step of SGD took, for a class that does not show it."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from compare.check.guard import UserCodeError
from compare.check.observations import Answer, Observation
from compare.check.probes import CoursePlan, Probe, make_course
from compare.check.simulate.expected import predict
from compare.check.subject import Subject
from compare.check.terms import Terms
from compare.config import HyperParameters

ONE_STEP = CoursePlan(1, 1, short=False, seed=21)


def implied_gradients(subject: Subject) -> Iterator[Observation]:
    """Yield what single steps tell of the gradient, for a class that hides it."""
    for hp in sorted(subject.networks, key=lambda hp: hp.n_params)[:2]:
        found = implied_gradient(subject, replace(hp, dtype=subject.dtype))
        if found is not None:
            yield found


def implied_gradient(
    subject: Subject, hp: HyperParameters, n_rows: int | None = None
) -> Observation | None:
    """Return the gradient that one step of SGD took, as an observation; or None."""
    if hp.optimizer != "sgd" or hp.weight_decay:
        return None
    terms = Terms(biases=False) if subject.no_biases else subject.terms
    course = terms.course(make_course(hp, ONE_STEP))
    if n_rows is not None:
        # Of less data, too: what is divided by its size must show.
        rows = course.orders[0][:n_rows]
        X, y = course.X[rows], course.y[rows]
        course = replace(course, X=X, y=y, orders=(np.arange(n_rows)[::-1],))
    try:
        after = subject.train(course)[-1]
    except UserCodeError:
        return None
    rows = course.orders[0]
    probe = Probe(hp, course.weights, course.X[rows], course.y[rows])
    rate = hp.learning_rate * (1 + hp.momentum if hp.nesterov else 1)
    try:
        gradients = [
            (
                (np.asarray(W, float) - new_W) / rate,
                (np.asarray(b, float) - new_b) / rate,
            )
            for (W, b), (new_W, new_b) in zip(course.weights, after, strict=True)
        ]
    except (ValueError, TypeError):
        return None
    o = Observation(probe, Answer(None), Answer(None, None, gradients))
    right = predict(subject.terms.equations(), o, "gradients")
    return replace(o, right=Answer(None, None, right))
