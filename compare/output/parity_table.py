"""The parity gate in words: do the implementations compute the same thing?"""

from compare.measure.parity import TOLERANCE
from compare.output.columns import Column
from compare.output.columns import render as table
from compare.results import Parity, Results

COLUMNS = (
    Column("parity"),
    Column("compared with"),
    Column("max|Δθ|/max|θ|", right=True),
    Column("equal predictions", right=True),
    Column("verdict"),
)


def render(results: Results) -> str:
    """Return the table of the gate and the sentence that says what it means."""
    rows = [_row(parity) for parity in results.parity]
    return f"\n{table(COLUMNS, rows)}{_sentence(results)}\n"


def _row(parity: Parity) -> list[str]:
    if parity.status == "reference":
        return [parity.implementation, "", "", "", "the reference"]
    if parity.status == "unsupported":
        return [parity.implementation, f"n/a: {parity.reason}"]
    if parity.status == "failed":
        return [parity.implementation, f"failed: {parity.reason}"]
    difference = parity.max_relative_difference
    return [
        parity.implementation,
        parity.reference,
        "not finite" if difference is None else f"{difference:.1e}",
        f"{parity.n_agree:,} of {parity.n_predictions:,}",
        "equal" if parity.status == "equal" else "DIFFERENT",
    ]


def _sentence(results: Results) -> str:
    tolerance = TOLERANCE[results.plan.hyper_parameters.optimizer]
    different = [p.implementation for p in results.parity if p.status == "different"]
    failed = [p.implementation for p in results.parity if p.status == "failed"]
    if failed:
        return f"{' and '.join(failed)} did not come through the first epoch."
    if different:
        return (
            f"{' and '.join(different)} did not arrive at the same weights (tolerance "
            f"{tolerance:g}): something else is computed, and it is shown apart."
        )
    return (
        "One epoch in float64 from the same weights and batches: the same arithmetic, "
        f"to rounding (tolerance {tolerance:g})."
    )
