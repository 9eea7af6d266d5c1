"""The first gate: does the class keep the rules that need no arithmetic?

Shapes and types, nothing changed that is only lent, weights that come back bit for bit,
`set_weights` that forgets. Each rule is one function that returns what is wrong.
"""

from collections.abc import Callable

from compare.check.findings import Finding, Gate
from compare.check.gates.broken import Broken, raised
from compare.check.gates.call_rules import CallRules
from compare.check.gates.weight_rules import WeightRules
from compare.check.guard import UserCodeError


class ContractGate(WeightRules, CallRules):
    """Asks one small network everything that the contract promises."""

    def contract(self) -> tuple[Gate, list[Finding]]:
        """Return the gate and a finding for each rule broken by a known mistake."""
        rules: tuple[Callable[[], Broken | None], ...] = (
            self.weights_come_back,
            self.dtype_is_kept,
            self.weights_are_copied_in,
            self.weights_are_copied_out,
            self.predicting_changes_nothing,
            self.gradients_change_nothing,
            self.gradients_are_repeatable,
            self.training_only_reads,
            self.training_changes_weights,
            self.set_weights_resets,
        )
        broken: list[Broken] = []
        for n_kept, rule in enumerate(rules):
            try:
                found = rule()
            except UserCodeError as error:
                found = raised(error, broken)
            if found:
                broken.append(found)
                # Nothing else can be judged without weights in place.
                if n_kept == 0:
                    break
        gate = Gate(
            "contract",
            "contract",
            f"{len(rules)} rules",
            not broken,
            message="\n".join(dict.fromkeys(b.sentence for b in broken)),
            trace=next((b.trace for b in broken if b.trace), ""),
        )
        findings = [b.finding for b in {b.sentence: b for b in broken}.values()]
        return gate, findings
