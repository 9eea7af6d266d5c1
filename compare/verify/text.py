"""Whether a repeated run agrees with the stored one, as a table and one sentence."""

from compare.record.plan import short
from compare.show.columns import Cell, Column, Row
from compare.show.columns import render as table
from compare.show.words import listed
from compare.verify.verification import Finding

COLUMNS = (
    Column("implementation"),
    Column("property"),
    Column("stored", right=True),
    Column("now", right=True),
    Column("judgement"),
    Column("why", prose=True),
)
MARKS = {
    "agrees": Cell("agrees", mood="good"),
    "differs": Cell("DIFFERS", mood="bad"),
}


def render(findings: list[Finding]) -> str:
    """Return the table, a row per property; a name stands in its first row only."""
    rows: list[Row] = []
    last = ""
    for f in findings:
        name = short(f.row) if f.row != last else ""
        last = f.row
        mark = MARKS.get(f.judgement, Cell(f.judgement))
        rows.append([name, f.what, f.then, f.now, mark, f.reason])
    return table(COLUMNS, rows)


def sentence(findings: list[Finding], changed: list[str]) -> str:
    """Return the outcome in one sentence, two if something has changed since."""
    differing = [f for f in findings if f.judgement == "differs"]
    judged = [f for f in findings if f.judgement != "not judged"]
    if differing:
        what = [f"{f.what} of {short(f.row)}" for f in differing]
        outcome = f"The results do not agree: {listed(what)}."
    else:
        properties = "property" if len(judged) == 1 else "properties"
        outcome = f"The results agree: {len(judged)} {properties} judged, none differs."
    if changed:
        outcome += f" Since then has changed: {'; '.join(changed)}."
    return outcome
