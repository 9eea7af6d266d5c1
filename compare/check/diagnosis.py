"""Which one mistake explains the numbers? Or several? Or none that is known?

A hypothesis explains a failure if the network computed *with* that mistake gives the
very numbers that were observed, on every network that was asked, to rounding. A wrong
guess is worse than none: what does not fit to the last digits is not named.

Stages follow the order of computation, and each is judged on top of the mistakes found
before it: forward, loss, gradients, training.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compare.check import hypotheses as known
from compare.check.equations import Equations
from compare.check.expected_answers import (
    fits,
    forward,
    looks_rounded,
    overflows_alike,
    predict,
)
from compare.check.function_gates import Observation
from compare.check.guard import UserCodeError
from compare.check.hypotheses import Hypothesis
from compare.check.hypotheses.training import TrainingHypothesis, training_hypotheses
from compare.check.networks import Course, make_course
from compare.check.pairs import Pair, gradient_pairs
from compare.check.report import Finding
from compare.check.steps import Training as TrainingRules
from compare.check.subject import Subject
from compare.check.tolerances import EXPLAINED
from compare.check.training_gates import Training
from compare.check.trajectories import TIE_PLAN, arrives, differ, equal, other_settings
from compare.config import HyperParameters

# Factors on the whole gradient, which a wrong learning rate looks like.
SCALES = ("mean-over-classes", "factor-two", "jacobian-missing")


@dataclass
class Diagnosis:
    """Explains observations stage by stage."""

    subject: Subject
    bases: list[Equations] = field(default_factory=lambda: [Equations()])
    findings: list[Finding] = field(default_factory=list)
    certain: bool = True  # False once forward or gradients are not explained

    @property
    def tolerance(self) -> float:
        """The largest relative difference that rounding can make."""
        return EXPLAINED[self.subject.dtype]

    # --- forward, loss, gradients ---------------------------------------------------

    def functions(self, observations: Sequence[Observation], failed: set[str]) -> None:
        """Explain failures of "forward", "loss" and "gradient", in that order."""
        smallest_first = sorted(observations, key=lambda o: o.probe.hp.n_params)
        hp = self.subject.hp
        depth, activation = len(hp.layer_sizes) - 1, hp.activation
        stages: tuple[tuple[str, str, Callable[[Equations], Iterable[Hypothesis]]], ...]
        stages = (
            (
                "forward",
                "probs",
                lambda base: known.forward_hypotheses(base, depth, activation),
            ),
            ("loss", "loss", known.loss_hypotheses),
            (
                "gradient",
                "gradients",
                lambda base: known.gradient_hypotheses(base, depth, activation),
            ),
        )
        for stage, part, candidates in stages:
            if stage in failed and self.certain:
                self._stage(stage, part, candidates, smallest_first)

    def _stage(
        self,
        stage: str,
        part: str,
        candidates: Callable[[Equations], Iterable[Hypothesis]],
        observations: Sequence[Observation],
    ) -> None:
        if stage == "loss":
            # The loss comes together with the gradients: if there is none, ask those.
            observations = [
                o for o in observations if not isinstance(o.given.loss, UserCodeError)
            ]
        bases = self.bases
        follows = [b for b in bases if self._explains(b, part, observations)]
        if follows:
            # Nothing new: the mistake found before makes this stage wrong as well.
            self.bases = follows
            return
        tried = [h for base in (*bases, Equations()) for h in candidates(base)]
        matching = [h for h in tried if self._explains(h.equations, part, observations)]
        if not matching and self._is_rounded(part, observations):
            self._conclude_float32(stage)
            return
        if not matching and stage == "gradient":
            pairs = self._pairs(candidates, observations)
            if len(pairs) == 1:
                self._conclude_pair(pairs[0], len(tried), observations)
                return
        if matching:
            self.bases = [h.equations for h in matching]
        self._conclude(
            stage, matching, {h.key for h in tried}, len(tried), observations
        )

    def _pairs(
        self,
        candidates: Callable[[Equations], Iterable[Hypothesis]],
        observations: Sequence[Observation],
    ) -> list[Pair]:
        return gradient_pairs(
            self.bases[0],
            candidates,
            lambda equations: self._explains(equations, "gradients", observations),
            observations[0],
            self.tolerance,
        )

    def _conclude_pair(
        self, pair: Pair, n_tried: int, observations: Sequence[Observation]
    ) -> None:
        self.bases = [pair[1].equations]
        networks = _listed(list(dict.fromkeys(_name_of(o) for o in observations)))
        for mine in pair:
            self.findings.append(
                Finding(
                    "gradient",
                    (mine.key,),
                    where=mine.where,
                    remark=mine.remark,
                    reason=(
                        f"None of {n_tried} variants of known mistakes gives your "
                        "numbers alone. This one does together with the other one "
                        f"named here, on {networks}, to "
                        f"{-np.log10(self.tolerance):.0f} digits, and no other two do."
                    ),
                )
            )

    def _explains(
        self, equations: Equations, part: str, observations: Sequence[Observation]
    ) -> bool:
        for o in observations:
            given = getattr(o.given, part)
            if not fits(given, predict(equations, o, part), self.tolerance):
                return False
        return True

    def _is_rounded(self, part: str, observations: Sequence[Observation]) -> bool:
        """Tell whether all differences look like the rounding of float32.

        Small, and up as often as down. One number, the loss, is too little to tell.
        """
        if part == "loss":
            return any("float32-result" in f.keys for f in self.findings)
        return any(
            all(
                looks_rounded(getattr(o.given, part), predict(base, o, part))
                for o in observations
            )
            for base in self.bases
        )

    def _conclude_float32(self, stage: str) -> None:
        self.findings.append(
            Finding(
                stage,
                ("float32-result",),
                sure=False,
                reason=(
                    "Your numbers are right to about 7 digits, as many as float32 has, "
                    "though they are stored as float64."
                ),
            )
        )

    def extremes(
        self, observations: Sequence[Observation], extremes: Sequence[Observation]
    ) -> None:
        """Explain failures at large logits, a single row, exact zeros."""
        # Each part alone: a mistake in predict_proba need not be in the gradients.
        known_so_far = (*self.bases, Equations())
        if not self.certain or all(
            any(self._explains(base, part, extremes) for base in known_so_far)
            for part in self._parts()
        ):
            return
        hp = self.subject.hp
        depth = len(hp.layer_sizes) - 1
        epsilons = self._epsilons(extremes)
        tried = [
            h
            for base in _distinct(self.bases)
            for h in (
                *known.overflow_hypotheses(base, epsilons),
                *known.all_function_hypotheses(base, depth, hp.activation),
            )
        ]
        both = [*extremes, *observations]
        matching = [h for h in tried if self._explains_all(h.equations, both)]
        if not matching:
            matching = [h for h in tried if self._overflows(h, both)]
        self._conclude("extremes", matching, {h.key for h in tried}, len(tried), both)

    def _epsilons(self, extremes: Sequence[Observation]) -> list[float]:
        """Return the ε that may stand in the loss, read off the losses at p = 0."""
        found = []
        for o in extremes:
            p = forward(self.bases[0], o)
            given = np.asarray(o.given.loss)
            if given.shape == () and np.issubdtype(given.dtype, np.floating):
                epsilon = known.epsilon_behind(p, float(given))
                found += [epsilon] if 0 < epsilon < np.inf else []
        return found

    def _explains_all(
        self, equations: Equations, observations: Sequence[Observation]
    ) -> bool:
        return all(
            self._explains(equations, part, observations) for part in self._parts()
        )

    def _overflows(self, h: Hypothesis, observations: Sequence[Observation]) -> bool:
        """Tell whether a softmax without maximum gives all numbers that it can give."""
        return h.key == "softmax-overflow" and all(
            overflows_alike(
                getattr(o.given, part), predict(h.equations, o, part), self.tolerance
            )
            for o in observations
            for part in self._parts()
        )

    def _parts(self) -> list[str]:
        """Return the parts of an answer that the subject gives."""
        parts = ["probs"]
        parts += ["loss"] if self.subject.has_loss else []
        parts += ["gradients"] if self.subject.has_gradients else []
        return parts

    def _conclude(
        self,
        stage: str,
        matching: Sequence[Hypothesis | TrainingHypothesis],
        tried: set[str],
        n_tried: int,
        observations: Sequence[Any],
    ) -> None:
        keys = tuple(dict.fromkeys(h.key for h in matching))
        if len(keys) == 1:
            networks = list(dict.fromkeys(_name_of(o) for o in observations))
            doubt = self._doubt(stage, matching[0])
            self.findings.append(
                Finding(
                    stage,
                    keys,
                    where=matching[0].where,
                    remark=matching[0].remark,
                    sure=not doubt,
                    reason=(
                        f"Of {n_tried} variants of known mistakes this is the only one "
                        f"that gives your numbers, on {_listed(networks)}, to "
                        f"{-np.log10(self.tolerance):.0f} digits.{doubt}"
                    ),
                )
            )
            return
        # The loss leads nowhere: gradients can be judged without it.
        self.certain = stage == "loss"
        if not keys and any(not f.keys for f in self.findings):
            return  # that there is something unknown has been said
        self.findings.append(
            Finding(
                stage,
                keys,
                sure=False,
                apart=self._what_tells_apart(matching, observations) if keys else "",
                reason=(
                    f"none of {n_tried} variants of {len(tried)} known mistakes gives "
                    f"the numbers of the {stage} stage. It may be two mistakes "
                    "together, or one that is not in the list."
                ),
                ruled_out=tuple(sorted(tried)) if not keys else (),
            )
        )

    def _doubt(self, stage: str, found: Hypothesis | TrainingHypothesis) -> str:
        """Return what else would lead to the same weights, if anything would."""
        if stage != "training":
            return ""
        if found.key in SCALES and not found.where:
            return (
                " But so would a learning rate, or for Adam an ε, of another value "
                "than the one asked for: look there first, if your gradients are right."
            )
        if found.key == "momentum-missing" and "momentum" not in self.subject.accepted:
            return (
                " Your class takes no `momentum`: if it is meant to have none, check "
                "with --momentum 0."
            )
        return ""

    # --- training --------------------------------------------------------------------

    def training(self, trainings: Sequence[Training]) -> None:
        """Explain where the weights went; the long courses are left out."""
        short = sorted(
            (t for t in trainings if t.course.n_steps <= 10),
            key=lambda t: (t.course.n_steps, t.course.hp.n_params),
        )
        if not self.certain or any(
            self._leads_there(TrainingRules(base), short)
            for base in (*_distinct(self.bases), Equations())
        ):
            return
        tried = [
            hypothesis
            for base in _distinct(self.bases)
            for hypothesis in self._hypotheses(base, short)
        ]
        matching = [h for h in tried if self._leads_there(h.training, short)]
        if not matching and self._ignores_order(short[-1].course):
            self.findings.append(
                Finding(
                    "training",
                    ("order-ignored",),
                    reason=(
                        "Two orders with different rows in them lead to the same "
                        "weights: train_epoch chooses rows of its own."
                    ),
                )
            )
            return
        if len({h.key for h in matching}) > 1:
            matching = self._break_tie(matching, short)
        self._conclude("training", matching, {h.key for h in tried}, len(tried), short)

    def _what_tells_apart(
        self,
        matching: Sequence[Hypothesis | TrainingHypothesis],
        observations: Sequence[Any],
    ) -> str:
        """Say which test would tell the matching mistakes apart."""
        if self.subject.dtype == "float32":
            return "In float64 they would differ: let the class take dtype."
        training = [h for h in matching if isinstance(h, TrainingHypothesis)]
        one_each = list({h.key: h for h in training}.values())
        names = [
            name
            for name, hp in other_settings(_hp_of(observations[0]))
            if name not in self.subject.accepted and differ(one_each, hp)
        ]
        if names:
            return (
                f"Another {' or '.join(names)} would tell them apart: let the class "
                "take it as a parameter, and check again."
            )
        if len(self.subject.networks) == 1:
            return (
                "A network of other sizes would tell them apart: let the class take "
                "layer_sizes and batch_size."
            )
        return "They give the same numbers everywhere: mend either, and check again."

    def _break_tie(
        self, matching: list[TrainingHypothesis], trainings: Sequence[Training]
    ) -> list[TrainingHypothesis]:
        """Train with other hyper-parameters, where hypotheses part; return who is left.

        (1 − μ) damping and a mean over ten classes are one, at μ = 0.9.
        """
        for field_name, hp in other_settings(trainings[0].course.hp):
            if field_name not in self.subject.accepted:
                continue
            course = make_course(hp, TIE_PLAN)
            try:
                given = self.subject.train(course)
            except UserCodeError:
                continue
            ran = Training(course, [], given)
            left = [h for h in matching if arrives(h.training, ran, self.subject.dtype)]
            matching = left or matching
        return matching

    def _ignores_order(self, course: Course) -> bool:
        """Tell whether training on other rows ends at the same weights."""
        order = course.orders[0]
        others = np.setdiff1d(np.arange(len(course.X)), order)
        other = np.concatenate([others, order])[: len(order)]
        try:
            first, second = (
                self.subject.train(replace(course, orders=(rows,)))[-1]
                for rows in (order, other)
            )
        except UserCodeError:
            return False
        # Where nothing has moved, no rows were used at all.
        return equal(first, second) and not equal(first, course.weights)

    def _hypotheses(
        self, base: Equations, trainings: Sequence[Training]
    ) -> Iterable[TrainingHypothesis]:
        # With L2 in one of the courses, the mistakes of L2 are possible too.
        decayed = [t.course.hp for t in trainings if t.course.hp.weight_decay > 0]
        hp = decayed[0] if decayed else trainings[0].course.hp
        return training_hypotheses(base, hp)

    def _leads_there(self, training: Any, trainings: Sequence[Training]) -> bool:
        return all(arrives(training, t, self.subject.dtype) for t in trainings)


def _hp_of(observed: Any) -> HyperParameters:
    hp: HyperParameters = (
        observed.probe.hp if isinstance(observed, Observation) else observed.course.hp
    )
    return hp


def _distinct(bases: Sequence[Equations]) -> list[Equations]:
    # Variants of one mistake, at most: a few suffice.
    return list(bases[:4])


def _name_of(observed: Observation | Training) -> str:
    if isinstance(observed, Observation):
        return observed.probe.name
    return observed.course.name


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) < 3 else ", ".join(names)
