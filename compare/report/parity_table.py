"""The parity gate in words: do the implementations compute the same thing?"""

from compare.measure.parity import TOLERANCE
from compare.record.plan import short
from compare.record.results import Parity, Results
from compare.show.columns import Cell, Column, Remark, Row
from compare.show.columns import render as table
from compare.show.terminal import prose
from compare.show.words import listed

COLUMNS = (
    Column("parity"),
    Column("compared with"),
    Column("max|Δθ|/max|θ|", right=True),
    Column("equal predictions", right=True),
    Column("verdict"),
)


def render(results: Results) -> str:
    """Return the table of the gate and the sentence that says what it means."""
    rows = [row(parity) for parity in results.parity]
    return f"\n{table(COLUMNS, rows)}{prose(sentence(results))}\n"


def row(parity: Parity) -> Row:
    """Return the cells of one row, or why nothing was compared."""
    if parity.status == "reference":
        return [short(parity.implementation), "", "", "", "the reference"]
    if parity.status == "unsupported":
        return Remark(short(parity.implementation), f"n/a: {parity.reason}")
    if parity.status == "failed":
        return Remark(short(parity.implementation), f"failed: {parity.reason}")
    return [
        short(parity.implementation),
        short(parity.reference),
        _difference(parity.max_relative_difference),
        f"{parity.n_agree:,} of {parity.n_predictions:,}",
        Cell("equal", mood="good")
        if parity.status == "equal"
        else Cell("DIFFERENT", mood="bad"),
    ]


def _difference(value: float | None) -> str:
    if value is None:
        return "not finite"
    return f"{value:.1e}" if value else "0"


def sentence(results: Results) -> str:
    """Return what the gate found."""
    tolerance = TOLERANCE[results.plan.hyper_parameters.optimizer]
    different = _names(results, "different")
    failed = _names(results, "failed")
    found = []
    if failed:
        found.append(f"{listed(failed)} did not come through the first epoch.")
    if different:
        found.append(
            f"{listed(different)} did not arrive at the same weights (tolerance "
            f"{tolerance:g}): something else is computed, and it is shown apart."
        )
    if not found and not _names(results, "equal"):
        return "Nothing was compared: see the reasons above."
    return " ".join(found) or (
        "One epoch in float64 from the same weights and batches: the same arithmetic, "
        f"to rounding (tolerance {tolerance:g})."
    )


def _names(results: Results, status: str) -> list[str]:
    return [short(p.implementation) for p in results.parity if p.status == status]
