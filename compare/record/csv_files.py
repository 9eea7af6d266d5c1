"""The raw measurements as CSV, for a spreadsheet or pandas."""

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from compare.files import write_text
from compare.record.results import EpochRecord, Results, Run

# Everything that a run knows of itself, but for what fills more than a cell.
RUN_COLUMNS = tuple(
    field.name
    for field in dataclasses.fields(Run)
    if field.name not in ("thread_pools", "epochs", "predictions", "confidences")
)


def write(results: Results, folder: Path) -> list[str]:
    """Write `epochs.csv` and `runs.csv` into `folder`; return their names."""
    names = ("implementation", "seed")
    fields = tuple(field.name for field in dataclasses.fields(EpochRecord))
    epochs = (
        [getattr(run, name) for name in names]
        + [getattr(record, name) for name in fields]
        for run in results.runs
        for record in run.epochs
    )
    runs = ([getattr(run, column) for column in RUN_COLUMNS] for run in results.runs)
    write_text(folder / "epochs.csv", _table((*names, *fields), epochs))
    write_text(folder / "runs.csv", _table(RUN_COLUMNS, runs))
    return ["epochs.csv", "runs.csv"]


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
