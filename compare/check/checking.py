"""One check from start to end: build the subject, run the gates, explain failures."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from compare.check.contract_gate import ContractGate
from compare.check.diagnosis import Diagnosis
from compare.check.function_gates import FunctionGates
from compare.check.functions import FunctionsSubject
from compare.check.report import Finding, Gate, Report
from compare.check.subject import ClassSubject
from compare.check.training_gates import TrainingGates


@dataclass
class Check:
    """Runs all gates on one subject; `tell` hears of each gate as it ends."""

    subject: ClassSubject | FunctionsSubject
    report: Report
    data: Callable[[], tuple[Any, Any]] | None = None
    tell: Callable[[Gate], None] = lambda gate: None
    started: float = field(default_factory=time.monotonic)

    def run(self) -> Report:
        """Return the finished report."""
        subject, report = self.subject, self.report
        if isinstance(subject, ClassSubject):
            gate, findings = ContractGate(subject).run()
        else:
            gate, findings = subject.contract()
        self._add(gate)
        report.findings += findings
        functions = FunctionGates(subject)
        for gate in functions.run():
            self._add(gate)
        trainings = TrainingGates(subject)
        if subject.can_train:
            for gate in trainings.run():
                self._add(gate)
            self._epoch(trainings)
        else:
            reason = "not run: functions have no state; a class with train_epoch has"
            self._add(Gate("training", "weights", None, message=reason))
        self._diagnose(functions, trainings)
        report.notes += subject.notes
        report.seconds = time.monotonic() - self.started
        return report

    def _add(self, gate: Gate) -> None:
        self.report.gates.append(gate)
        self.tell(gate)

    def _epoch(self, trainings: TrainingGates) -> None:
        name, what = "one whole epoch", "weights"
        if any(gate.passed is False for gate in self.report.gates):
            reason = "not run: mend the above first"
        elif self.data is None:
            reason = "not run: left out, as asked"
        else:
            X, y = self.data()
            if X.shape[1] != self.subject.hp.n_features:
                reason = (
                    f"not run: the images have {X.shape[1]} pixels, the network "
                    f"{self.subject.hp.n_features} inputs"
                )
            else:
                self._add(trainings.epoch(X, y))
                return
        self._add(Gate(name, what, None, message=reason))

    def _diagnose(self, functions: FunctionGates, trainings: TrainingGates) -> None:
        if "weights-zeroed" in self.report.mistakes:
            return  # all that follows was computed with other weights
        failed = {name for gate in self.report.gates for name in _failed(gate)}
        diagnosis = Diagnosis(self.subject)
        diagnosis.functions(functions.observations, failed)
        if "extremes" in failed:
            diagnosis.extremes(functions.observations, functions.extremes)
        if "steps" in failed:
            diagnosis.training(trainings.trainings)
        seen = self.report.mistakes
        # What the contract gate saw may well explain what else is wrong.
        self.report.findings += [f for f in diagnosis.findings if f.keys or not seen]
        if failed - {"contract"} and not self.report.findings:
            self.report.findings.append(_nothing_found(self.report))


def _failed(gate: Gate) -> Iterator[str]:
    """Yield the stage of a gate that failed: its first word, or "steps"."""
    if gate.passed is False:
        yield gate.name.split()[0] if gate.name[0].isalpha() else "steps"


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
