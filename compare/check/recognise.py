"""Which network is it? The terms under which the answers are right, if there are any.

Tried before any gate: whoever is another network, and computes it rightly, must not be
told that something is wrong. Where no terms make everything right, those of the forward
pass alone are taken, and what is wrong is judged on top of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from compare.check.catalogue import of_stage
from compare.check.catalogue.mistake import Network
from compare.check.gates.rows import row_reads
from compare.check.guard import UserCodeError
from compare.check.observations import Answer, Observation
from compare.check.own_loss import own_loss
from compare.check.probes import CoursePlan, Probe, make_course, make_probe
from compare.check.simulate.activations import BY_NAME as ASKED_BY_NAME
from compare.check.simulate.activations import FAMILIES, RELATIVES, Activation
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import fits, predict
from compare.check.subject import Subject
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.own_values import measure
from compare.check.terms import CROSS_ENTROPY, LOSSES, OURS, Loss, Terms
from compare.check.tolerances import EXPLAINED
from compare.config import HyperParameters
from compare.errors import UsageError

ONE_STEP = CoursePlan(1, 1, short=False, seed=21)
# Numbers of an activation that can be found: a slope, an α, a β.
LEAST, MOST = -1.0, 3.0
MANY = 300  # rows: more than the batches of most


MEASURABLE = ("learning_rate", "momentum", "batch_size", "optimizer")


def recognise(subject: Subject) -> Terms:
    """Return the terms of a subject: `OURS` if it is the network of the contract."""
    return _Search(subject, observe(subject)).run()


def measure_own_values(subject: ClassSubject) -> Terms | None:
    """Let a class keep the values that it is not told; return its terms if they show.

    Those that were given by hand are what it is checked with, all the same.
    """
    if subject.is_random:
        return None
    if _is_moving_average(subject):
        subject.keep_moving_average()
    wanted = set(MEASURABLE) - subject.accepted - subject.given
    if not wanted:
        return None
    forwards: list[Terms] = []
    mistaken: list[Equations] = []
    if not subject.has_gradients:
        search = _Search(subject, observe(subject))
        forwards = search.forwards()
        mistaken = [] if forwards else search.mistaken_forwards()
    own = measure(subject, wanted, forwards, mistaken, _rows_at_once(subject))
    if own is None:
        return None
    changed = {k: v for k, v in own.values.items() if v != getattr(subject.hp, k)}
    try:
        subject.adopt(changed)
    except UsageError:
        return None  # momentum above 1, say: no value that can be checked with
    if own.is_moving_average:
        subject.keep_moving_average()
    if changed:
        subject.notes.append(
            f"Its own values, measured from its steps: {', '.join(own.words)}."
        )
    return None if own.terms.are_ours else own.terms


def _rows_at_once(subject: ClassSubject) -> int | None:
    """Return how many rows of X a training takes at a time, if it takes them so."""
    hp = min(subject.networks, key=lambda hp: hp.n_params)
    course = make_course(replace(hp, batch_size=MANY, dtype=subject.dtype), ONE_STEP)
    read = row_reads(subject, replace(course, hp=replace(hp, dtype=subject.dtype)))
    order = course.orders[0]
    if not read or not np.array_equal(np.concatenate(read)[: len(order)], order):
        return None
    return len(read[0]) if len(read[0]) < len(order) else None


def _is_moving_average(subject: ClassSubject) -> bool:
    """Tell whether v ← μv + (1 − μ)g: then 1 − μ scales the first step."""
    hp = min(subject.networks, key=lambda hp: hp.n_params)
    if hp.optimizer != "sgd" or "momentum" not in subject.accepted or hp.nesterov:
        return False
    steps = []
    try:
        for mu in (0.6, 0.3):
            asked = replace(hp, momentum=mu, dtype=subject.dtype)
            course = make_course(asked, ONE_STEP)
            after = subject.train(course)[-1]
            both = zip(course.weights, after, strict=True)
            steps.append(
                np.concatenate([np.ravel(new[0] - old[0]) for old, new in both])
            )
        first, second = (np.asarray(step, float) for step in steps)
    except (UserCodeError, ValueError, TypeError):
        return False
    close = 1e-8 if subject.dtype == "float64" else 1e-3
    largest = float(np.abs(second).max(initial=0))
    return largest > 0 and bool(np.abs(first - 4 / 7 * second).max() < close * largest)


def observe(subject: Subject) -> list[Observation]:
    """Ask the two smallest networks, or what their steps tell of the gradient."""
    smallest = sorted(subject.networks, key=lambda hp: hp.n_params)[:2]
    found = []
    for hp in smallest:
        hp = replace(hp, dtype=subject.dtype)
        probe = make_probe(hp, seed=1)
        found.append(Observation(probe, Answer(None), subject.answer(probe)))
    return found


class _Search:
    def __init__(self, subject: Subject, observed: Sequence[Observation]) -> None:
        self.subject, self.observed = subject, observed
        self.tolerance = EXPLAINED[subject.dtype]
        self.with_gradients = [
            o
            for o in observed
            if o.given.gradients is not None
            and not isinstance(o.given.gradients, UserCodeError)
        ]
        if not subject.has_gradients and subject.can_train and not subject.is_random:
            self.with_gradients = list(implied_gradients(subject))

    def run(self) -> Terms:
        # Networks of no batch in common with PyTorch's cannot be compared at all.
        if any(isinstance(o.given.probs, UserCodeError) for o in self.observed):
            return OURS
        asked = OURS if self.subject.can_train else self.subject.terms
        if self._fits(asked, "gradients") and not self.subject.no_biases:
            return asked
        forwards = self.forwards()
        for terms in forwards:
            for exact in self._exact(terms):
                return exact
        return own_loss(self.subject, forwards) or self._nearest(forwards)

    def _fits(self, terms: Terms, part: str) -> bool:
        observed = self.with_gradients if part == "gradients" else self.observed
        if not observed:
            return False
        return self._agree(terms.equations(), part, observed)

    def _agree(
        self, equations: Equations, part: str, observed: Sequence[Observation]
    ) -> bool:
        return all(
            fits(getattr(o.given, part), predict(equations, o, part), self.tolerance)
            for o in observed
        )

    # --- forward -------------------------------------------------------------------

    def forwards(self) -> list[Terms]:
        """Return the terms under which the outputs are right, ours first."""
        return list(self._forwards())

    def mistaken_forwards(self) -> list[Equations]:
        """Return the equations of known mistakes that give the outputs."""
        equations = OURS.equations()
        net = Network.of(self.observed[0].probe.hp, equations)
        tried = (h.equations for h in of_stage("forward", equations, net))
        return [e for e in tried if self._agree(e, "probs", self.observed)]

    def _forwards(self) -> Iterator[Terms]:
        biases: tuple[bool, ...] = (True,)
        if self.subject.no_biases:
            biases = (False,)
        elif self._has_no_bias_gradients():
            biases = (True, False)
        for with_biases in biases:
            for output in ("softmax", "sigmoid", "linear", "tanh"):
                for activation in self._activations():
                    terms = Terms(activation, output, biases=with_biases)
                    if self._fits(terms, "probs"):
                        yield terms
            for activation in self._with_a_number(with_biases):
                yield Terms(activation, biases=with_biases)

    def _activations(self) -> Iterator[Activation | None]:
        yield None
        asked = self.subject.hp.activation
        if "activation" not in self.subject.accepted | self.subject.given:
            yield from (a for a in ASKED_BY_NAME.values() if a.name != asked)
        yield from RELATIVES

    def _has_no_bias_gradients(self) -> bool:
        return bool(self.with_gradients) and all(
            not np.any(db)
            for o in self.with_gradients
            for _, db in o.given.gradients
            if isinstance(db, np.ndarray)
        )

    def _with_a_number(self, biases: bool) -> Iterator[Activation]:
        """Yield activations whose free number makes the probabilities right."""
        from scipy.optimize import minimize_scalar  # slow to import, seldom needed

        o = self.observed[0]
        given = o.given.probs
        if np.shape(given) != (len(o.probe.X), o.probe.hp.n_classes):
            return
        for family in FAMILIES:

            def distance(number: float, family: Any = family) -> float:
                equations = Terms(family(float(number)), biases=biases).equations()
                predicted = predict(equations, o, "probs")
                return float(np.abs(np.asarray(given, float) - predicted).max())

            grid = np.linspace(LEAST, MOST, 41)
            with np.errstate(all="ignore"):
                values = [distance(x) for x in grid]
                k = int(np.nanargmin(values))
                best = minimize_scalar(
                    distance,
                    bounds=(grid[max(k - 1, 0)], grid[min(k + 1, 40)]),
                    method="bounded",
                    options={"xatol": 1e-13, "maxiter": 200},
                )
            # Rounded, because people write 0.15, and a search ends at 0.1500000001.
            for number in (float(f"{best.x:.4g}"), float(best.x)):
                if self._fits(Terms(family(number), biases=biases), "probs"):
                    yield family(number)
                    break

    # --- loss and gradient ---------------------------------------------------------

    def _exact(self, terms: Terms) -> Iterator[Terms]:
        """Yield the terms for whose loss the gradient is exact."""
        if not self.with_gradients:
            return
        for loss in LOSSES:
            if self._may_be(loss, terms):
                found = replace(terms, loss=loss, l2=self.subject.terms.l2)
                if self._fits(found, "gradients") and self._has_that_loss(found):
                    yield found
        if "weight_decay" not in self.subject.accepted | self.subject.given:
            found = replace(terms, l2=self._l2(terms))
            fits_with_l2 = found.l2 and self._fits(found, "gradients")
            if fits_with_l2 and self._has_that_loss(found):
                yield found

    def _may_be(self, loss: Loss, terms: Terms) -> bool:
        """Tell whether a loss may be somebody's own choice."""
        if loss.kind == "hinge" and terms.output != "linear":
            return False
        # A factor on the right gradient is a choice if the loss has it too.
        scaled = loss.kind == "cross-entropy" and loss != CROSS_ENTROPY
        if scaled and not self.subject.has_loss:
            return False
        return loss.kind != "cross-entropy" or terms.output in ("softmax", "sigmoid")

    def _has_that_loss(self, terms: Terms) -> bool:
        if not self.subject.has_loss:
            return True
        return self._fits(terms, "loss")

    def _l2(self, terms: Terms) -> float:
        """Return the λ of what dW contains beside the gradient of the loss."""
        o = self.with_gradients[0]
        right = predict(terms.equations(), o, "gradients")
        if not isinstance(right, list):
            return 0.0
        W = np.concatenate([W.ravel() for W, _ in o.probe.weights]).astype(float)
        both = zip(o.given.gradients, right, strict=True)
        try:
            rest = np.concatenate(
                [
                    (np.asarray(dW, float) - exact).ravel()
                    for (dW, _), (exact, _) in both
                ]
            )
            found = float(rest @ W / (W @ W))
        except (ValueError, TypeError):
            return 0.0
        return float(f"{found:.6g}") if abs(found) > 1e-7 else 0.0

    # --- where something is wrong as well --------------------------------------------

    def _nearest(self, forwards: Sequence[Terms]) -> Terms:
        """Return the terms of the forward pass, and the loss that comes nearest."""
        if not forwards:
            return self.subject.terms
        terms = replace(forwards[0], l2=self.subject.terms.l2)
        if terms.output == "softmax":
            return terms
        if not self.with_gradients:
            return OURS
        if self._fits(OURS, "loss"):
            return OURS  # the prediction alone leaves softmax out
        likely = [
            replace(terms, loss=loss)
            for loss in LOSSES
            if loss.kind in ("squares", "binary") and self._may_be(loss, terms)
        ]
        own = [t for t in likely if self.subject.has_loss and self._fits(t, "loss")]
        guesses = [replace(t, is_guess=True) for t in likely]
        return max(own or [OURS, *guesses], key=self._nearness)

    def _nearness(self, terms: Terms) -> tuple[int, float]:
        """Return how many arrays are right, and how nearly the rest points there."""
        o = self.with_gradients[0]
        right = predict(terms.equations(), o, "gradients")
        if not isinstance(right, list):
            return 0, 0.0
        n_right, cosines = 0, []
        for given, exact in zip(o.given.gradients, right, strict=True):
            for g, e in zip(given, exact, strict=True):
                if np.shape(g) != np.shape(e):
                    continue
                n_right += fits(g, e, self.tolerance)
                x, y = np.ravel(np.asarray(g, float)), np.ravel(e)
                length = float(np.linalg.norm(x) * np.linalg.norm(y))
                cosines.append(float(x @ y) / length if length > 0 else 0.0)
        return n_right, float(np.mean(cosines)) if cosines else 0.0


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
