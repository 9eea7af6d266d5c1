"""From the hypotheses that fit to a finding in words: one, several, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.check.catalogue.mistake import Hypothesis
from compare.check.diagnosis.pairs import Pair
from compare.check.findings import Finding
from compare.check.guard import UserCodeError
from compare.check.observations import Observation, Trained
from compare.check.simulate.equations import Equations

Observed = Observation | Trained


@dataclass(frozen=True)
class Explained:
    """What is explained so far.

    Attributes
    ----------
    bases : tuple of Equations
        With the mistakes found so far in them: several, if it may be one or another.
    findings : tuple of Finding
    certain : bool
        False once forward or gradients are not explained: what follows from them
        cannot be judged.
    """

    bases: tuple[Equations, ...] = (Equations(),)
    findings: tuple[Finding, ...] = ()
    certain: bool = True

    def having(self, *findings: Finding) -> "Explained":
        """Return the same with more findings."""
        return replace(self, findings=(*self.findings, *findings))


@dataclass(frozen=True)
class Trial:
    """One search through the catalogue: what was tried, on what, and what fits."""

    stage: str
    tried: Sequence[Hypothesis]
    matching: Sequence[Hypothesis]
    observed: Sequence[Observed]
    tolerance: float

    @property
    def keys(self) -> tuple[str, ...]:
        """The mistakes that fit, each once."""
        return tuple(dict.fromkeys(h.key for h in self.matching))

    @property
    def networks(self) -> str:
        """The sizes of the networks that were asked."""
        names = list(dict.fromkeys(name_of(o) for o in self.observed))
        return " and ".join(names) if len(names) < 3 else ", ".join(names)

    @property
    def digits(self) -> str:
        """How many digits agree where a hypothesis fits."""
        return f"{-np.log10(self.tolerance):.0f}"


def conclude(
    trial: Trial,
    explained: Explained,
    *,
    doubt: Callable[[Hypothesis], str] = lambda found: "",
    apart: Callable[[], str] = lambda: "",
    unknown: Callable[[Finding], Finding],
) -> Explained:
    """Return what is explained after a trial.

    `doubt` says what else would lead to the same numbers, `apart` which test would
    tell several explanations apart, and `unknown` adds what can be measured.
    """
    keys = trial.keys
    if len(keys) == 1:
        return explained.having(_named(trial, doubt(trial.matching[0])))
    # The loss leads nowhere: gradients can be judged without it.
    explained = replace(explained, certain=trial.stage == "loss")
    if not keys and any(not f.keys for f in explained.findings):
        return explained  # that there is something unknown has been said
    kinds = {h.key for h in trial.tried}
    reason = (
        f"none of {len(trial.tried)} variants of {len(kinds)} known mistakes gives "
        f"the numbers of the {trial.stage} stage. It may be two mistakes "
        "together, or one that is not in the list."
    )
    finding = Finding(
        trial.stage,
        keys,
        sure=False,
        apart=apart() if keys else "",
        reason=reason,
        ruled_out=tuple(sorted(kinds)) if not keys else (),
    )
    return explained.having(finding if keys else unknown(finding))


def _named(trial: Trial, doubt: str) -> Finding:
    found = trial.matching[0]
    reason = (
        f"Of {len(trial.tried)} variants of known mistakes this is the only one that "
        f"gives your numbers, on {trial.networks}, to {trial.digits} digits.{doubt}"
    )
    return Finding(
        trial.stage,
        trial.keys,
        where=found.where,
        remark=found.remark,
        sure=not doubt,
        reason=reason,
    )


def conclude_pair(pair: Pair, trial: Trial, explained: Explained) -> Explained:
    """Return what is explained by two mistakes of the gradient together."""
    reason = (
        f"None of {len(trial.tried)} variants of known mistakes gives your numbers "
        "alone. This one does together with the other one named here, on "
        f"{trial.networks}, to {trial.digits} digits, and no other two do."
    )
    explained = replace(explained, bases=(pair[1].equations,))
    return explained.having(
        *(
            Finding(
                trial.stage, (h.key,), where=h.where, remark=h.remark, reason=reason
            )
            for h in pair
        )
    )


def conclude_float32(stage: str, explained: Explained) -> Explained:
    """Return what is explained by rounding to float32 somewhere inside."""
    return explained.having(
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


def raised_everywhere(answers: Sequence[Any]) -> UserCodeError | None:
    """Return the exception that came instead of every answer, or None.

    There is no number then that a mistake could be known by. Where some networks do
    have numbers, an exception on the others is a fact like any other.
    """
    raised = [a for a in answers if isinstance(a, UserCodeError)]
    return raised[-1] if raised and len(raised) == len(answers) else None


def seen_to_raise(stage: str, error: UserCodeError, explained: Explained) -> Explained:
    """Return what is explained by an exception: its own lines say more than a name."""
    finding = Finding(stage, (), reason=error.as_finding, seen=True)
    return replace(explained.having(finding), certain=False)


def name_of(observed: Observed) -> str:
    """Return the sizes of the network that was asked."""
    if isinstance(observed, Observation):
        return observed.probe.name
    return observed.course.name
