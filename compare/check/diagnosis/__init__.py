"""Which one mistake explains the numbers? Or several? Or none that is known?

A hypothesis explains a failure if the network computed *with* that mistake gives the
very numbers that were observed, on every network that was asked, to rounding. A wrong
guess is worse than none: what does not fit to the last digits is not named.

Stages follow the order of computation, and each is judged on top of the mistakes found
before it: forward, loss, gradients, extremes, training. Each is a function from what
was observed, and what is explained so far, to what is explained then.
"""

from compare.check.diagnosis.conclusions import Explained
from compare.check.diagnosis.extremes import explain_extremes
from compare.check.diagnosis.functions import explain_stage
from compare.check.diagnosis.training import explain_training
from compare.check.findings import Finding
from compare.check.gates.answers import AnswerGates
from compare.check.gates.training import TrainingGates
from compare.check.subject import Subject


def diagnose(
    subject: Subject, answers: AnswerGates, trainings: TrainingGates, failed: set[str]
) -> list[Finding]:
    """Return what explains the stages that failed."""
    explained = Explained((subject.terms.equations(),))
    smallest_first = sorted(answers.observations, key=lambda o: o.probe.hp.n_params)
    for stage in ("forward", "loss", "gradient"):
        if stage in failed and explained.certain:
            explained = explain_stage(stage, smallest_first, explained, subject)
    if "extremes" in failed and explained.certain:
        explained = explain_extremes(
            answers.observations, answers.extremes, explained, subject
        )
    if "steps" in failed and explained.certain:
        explained = explain_training(trainings.trainings, explained, subject)
    return list(explained.findings)
