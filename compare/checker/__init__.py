"""Is my backpropagation right, and if not, which line is wrong?

`compare.check(...)` and `python -m compare check` are the two ways in.

In the order of a check: `subject` and `functions` make one thing of a class or of two
functions; `contract_gate`, `function_gates` and `training_gates` compare it with
PyTorch (`reference`) on the numbers of `networks`; `diagnosis` tries every mistake of
the catalogue (`mistakes`, `hypotheses`, `training_hypotheses`, computed by `equations`
and `steps`); `report` tells. `guard` and `worker` keep other people's code at bay.
"""

from compare.checker.api import check
from compare.checker.report import Finding, Gate, Report

__all__ = ["Finding", "Gate", "Report", "check"]
