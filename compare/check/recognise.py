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
from compare.check.guard import UserCodeError
from compare.check.implied import implied_gradients
from compare.check.observations import Answer, Observation
from compare.check.own_loss import own_loss
from compare.check.probes import few_rows
from compare.check.simulate.activations import BY_NAME as ASKED_BY_NAME
from compare.check.simulate.activations import FAMILIES, RELATIVES, Activation
from compare.check.simulate.equations import Equations
from compare.check.simulate.expected import fits, predict
from compare.check.subject import Subject
from compare.check.terms import CROSS_ENTROPY, LOSSES, OURS, Loss, Terms
from compare.check.tolerances import EXPLAINED

# Numbers of an activation that can be found: a slope, an α, a β.
LEAST, MOST = -1.0, 3.0


def recognise(subject: Subject) -> Terms:
    """Return the terms of a subject: `OURS` if it is the network of the contract."""
    return Search(subject, observe(subject)).run()


def observe(subject: Subject) -> list[Observation]:
    """Ask the two smallest networks, or what their steps tell of the gradient."""
    smallest = sorted(subject.networks, key=lambda hp: hp.n_params)[:2]
    found = []
    for hp in smallest:
        hp = replace(hp, dtype=subject.dtype)
        probe = few_rows(hp)
        found.append(Observation(probe, Answer(None), subject.answer(probe)))
    return found


class Search:
    """Tries terms on what was observed, one after another."""

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
        """Return the terms under which everything is right, or the nearest."""
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
