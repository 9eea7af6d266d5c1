"""One check from start to end: run the gates on a subject, explain what failed."""

import contextlib
from collections.abc import Callable
from typing import Any

from compare.check.diagnosis import diagnose
from compare.check.findings import Finding, Gate, Report
from compare.check.gates.answers import AnswerGates
from compare.check.gates.contract import ContractGate
from compare.check.gates.training import TrainingGates
from compare.check.guard import UserCodeError
from compare.check.own_choices import measure_own_values
from compare.check.recognise import recognise
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.of_functions import FunctionsSubject
from compare.check.terms import Difference

RANDOM = (
    "training draws random numbers (dropout?), so none of its steps could be compared. "
    "Its batches are those of `order`. Turn the randomness off, and check again"
)
MOVING_AVERAGE = (
    "momentum is a moving average, v ← μv + (1 − μ)g, which is the usual momentum with "
    "the learning rate η(1 − μ)"
)
Data = Callable[[], tuple[Any, Any]]
Tell = Callable[[Gate], None]


def examine(
    subject: ClassSubject | FunctionsSubject,
    report: Report,
    *,
    data: Data | None,
    tell: Tell,
) -> None:
    """Fill the report; `tell` hears of each gate as it ends.

    `data` returns the X and y of the whole epoch, or is None to leave that out.
    """

    def add(gate: Gate) -> None:
        report.gates.append(gate)
        tell(gate)

    contract = ContractGate(subject) if isinstance(subject, ClassSubject) else subject
    gate, findings = contract.contract()
    add(gate)
    report.findings += findings
    with contextlib.suppress(UserCodeError):
        own = measure_own_values(subject) if isinstance(subject, ClassSubject) else None
        subject.terms = own or recognise(subject)
    report.differences = [
        d
        for d in subject.terms.differences()
        if (d.key, subject.terms.l2) != ("l2-in-loss", subject.hp.weight_decay)
    ]
    if isinstance(subject, ClassSubject) and subject.is_moving_average:
        report.differences.append(_moving_average(subject))
    answers, trainings = AnswerGates(subject), TrainingGates(subject)
    for gate in answers.run():
        add(gate)
    if subject.is_random:
        report.differences.append(Difference("random-training", RANDOM))
        reason = "not run: it draws random numbers, and PyTorch would draw others"
        add(Gate("steps", "training", "weights", None, message=reason))
    elif subject.can_train:
        for gate in trainings.run():
            add(gate)
        add(_epoch(subject, report, trainings, data))
    else:
        reason = "not run: functions have no state; a class with train_epoch has"
        add(Gate("steps", "training", "weights", None, message=reason))
    found = _explanations(subject, report, answers, trainings)
    report.findings += found
    report.notes += subject.notes


def _moving_average(subject: ClassSubject) -> Difference:
    """Return how v ← μv + (1 − μ)g is told, or what gives the same numbers."""
    words, n_classes = MOVING_AVERAGE, subject.hp.n_classes
    if abs((1 - subject.hp.momentum) * n_classes - 1) < 1e-9:
        words += (
            f"; or the loss is a mean over the {n_classes} classes: at μ = "
            f"{subject.hp.momentum:g} the numbers are the same"
        )
    return Difference("momentum-damped", words)


def _epoch(
    subject: ClassSubject | FunctionsSubject,
    report: Report,
    trainings: TrainingGates,
    data: Data | None,
) -> Gate:
    """Return the gate of a whole epoch, if everything before it passed."""
    if any(gate.passed is False for gate in report.gates):
        reason = "not run: fix the above first"
    elif data is None:
        reason = "not run: left out, as asked"
    else:
        X, y = data()
        if X.shape[1] == subject.hp.n_features:
            return trainings.epoch(X, y)
        reason = (
            f"not run: the images have {X.shape[1]} pixels, the network "
            f"{subject.hp.n_features} inputs"
        )
    return Gate("epoch", "one whole epoch", "weights", None, message=reason)


def _explanations(
    subject: ClassSubject | FunctionsSubject,
    report: Report,
    answers: AnswerGates,
    trainings: TrainingGates,
) -> list[Finding]:
    seen = report.findings
    if "weights-zeroed" in report.mistakes:
        return []  # all that follows was computed with other weights
    failed = {gate.stage for gate in report.gates if gate.passed is False}
    try:
        findings = diagnose(subject, answers, trainings, failed)
    except Exception as error:
        # Whatever the numbers were: that it is wrong is known, and must be told.
        reason = f"the diagnosis itself stopped ({type(error).__name__}: {error})."
        findings = [Finding("the diagnosis", (), reason=reason)]
    # What the contract gate saw may well explain what else is wrong.
    findings = [f for f in findings if f.keys or not seen]
    if any(f.mistake for f in findings):
        # An error with a name is not told once more as an error.
        report.findings = [f for f in seen if f.keys]
    if failed - {"contract"} and not (findings or report.findings):
        findings = [_nothing_found(report)]
    return findings


def _nothing_found(report: Report) -> Finding:
    first = next(gate for gate in report.gates if gate.passed is False)
    return Finding(
        first.name,
        (),
        reason=(
            f"no known mistake makes {first.name} ({first.compared}) fail alone."
            + (" See the message of the gate." if first.message else "")
        ),
    )
