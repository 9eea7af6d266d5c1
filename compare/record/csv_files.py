"""The raw measurements as CSV, for a spreadsheet or pandas."""

import dataclasses
from pathlib import Path

from compare.files import write_text
from compare.record.results import Results, Run

# Everything that a run knows of itself, but for what fills more than a cell.
RUN_COLUMNS = tuple(
    field.name
    for field in dataclasses.fields(Run)
    if field.name not in ("thread_pools", "epochs", "predictions", "confidences")
)


def write(results: Results, folder: Path) -> list[str]:
    """Write `epochs.csv` and `runs.csv` into `folder`; return their names."""
    import pandas as pd

    epochs = pd.DataFrame(
        {"implementation": run.implementation, "seed": run.seed}
        | dataclasses.asdict(record)
        for run in results.runs
        for record in run.epochs
    )
    runs = pd.DataFrame(
        ([getattr(run, column) for column in RUN_COLUMNS] for run in results.runs),
        columns=list(RUN_COLUMNS),  # also of no run
    ).astype({"kept_epoch": "Int64"})  # a whole number also beside an empty cell
    write_text(folder / "epochs.csv", epochs.to_csv(index=False))
    write_text(folder / "runs.csv", runs.to_csv(index=False))
    return ["epochs.csv", "runs.csv"]
