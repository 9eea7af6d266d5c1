"""The summary of a comparison in a file of the user's choice: JSON, CSV or Markdown.

JSON and CSV hold numbers, one record per implementation, under names that page 6 of
the reference describes; Markdown is the printed tables, to be pasted into a README.
All of it is read from the verdicts: nothing is computed here that was not shown.
"""

import argparse
import dataclasses
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from compare import options
from compare.errors import UsageError
from compare.files import Outputs, check_place, write_text
from compare.record.results import costs
from compare.record.verdicts import Judged, Verdicts
from compare.report import text
from compare.show.columns import Column, Remark, Row
from compare.statistics import mean_sd

SCHEMA = 1
# What a run writes under these names into its own folder, no export may replace.
OF_THE_RUN = ("results.json", "epochs.csv", "runs.csv", "report.html")


def add_arguments(parser: argparse._ActionsContainer) -> None:
    """Add one option per format."""
    for name, what in (
        ("json", "the summary as JSON: medians, ratios, intervals, verdicts"),
        ("csv", "the same as CSV, a row per implementation"),
        ("markdown", "the two tables as Markdown, for a README"),
    ):
        parser.add_argument(
            f"--export-{name}", type=options.place, metavar="FILE", help=what
        )


Exports = dict[Path, Callable[[Verdicts], str]]


def asked(args: argparse.Namespace) -> Exports:
    """Return what is to be written where."""
    found: Exports = {}
    for place, content in (
        (args.export_json, as_json),
        (args.export_csv, as_csv),
        (args.export_markdown, as_markdown),
    ):
        if place is None:
            continue
        if place in found:
            raise UsageError(f"two exports into {place}: name another file for one")
        found[place] = content
    return found


def check(places: Sequence[Path], folder: Path | None) -> None:
    """Raise UsageError unless each can be written, and is no file of the run itself."""
    for place in places:
        check_place(place)
        if folder is None or place.name not in OF_THE_RUN:
            continue
        if place.parent.resolve() == folder.resolve():
            raise UsageError(
                f"{place} is what the run itself writes: name another file to export to"
            )


def write(found: Verdicts, wanted: Exports, outputs: Outputs) -> None:
    """Write every export; each succeeds or fails by itself."""

    def export(place: Path) -> None:
        write_text(place, wanted[place](found))

    for place in wanted:
        outputs.attempt(partial(export, place))


def written_line(wanted: Exports, outputs: Outputs) -> str:
    """Say which exports are there."""
    done = [str(place) for place in wanted if place in outputs.written]
    return f"Exported to {', '.join(done)}\n" if done else ""


def as_json(found: Verdicts) -> str:
    """Return the comparison and a record per implementation."""
    results = found.results
    content = {
        "schema": SCHEMA,
        "baseline": found.baseline.label,
        "finished": results.finished,
        "started": results.started,
        "data": results.data["source"],
        "n_train": results.data["n_train"],
        "n_test": results.data["n_test"],
        "n_epochs": results.plan.n_epochs,
        "n_threads": results.plan.n_threads,
        "rows": records(found),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def as_csv(found: Verdicts) -> str:
    """Return a row per implementation; an empty cell where there is no number."""
    import pandas as pd

    table = pd.DataFrame(records(found))
    whole = ["n_seeds", "n_epochs_timed"]
    return str(table.astype(dict.fromkeys(whole, "Int64")).to_csv(index=False))


def as_markdown(found: Verdicts) -> str:
    """Return the two tables of the terminal."""
    rows = sorted(found.rows, key=lambda row: not row.is_closed)
    training = [text.training_row(found, row) for row in rows]
    use = [text.costs_row(row) for row in rows]
    names = [text.named(row) for row in rows]
    return "\n".join(
        [
            _markdown(text.training_columns(found), training, names),
            _markdown(text.costs_columns(found), use, names),
        ]
    )


def _markdown(
    columns: Sequence[Column], rows: Sequence[Row], names: Sequence[str]
) -> str:
    heads = [", ".join(filter(None, [c.title, c.unit])) for c in columns]
    lines = [heads, ["---:" if column.right else ":---" for column in columns]]
    for name, row in zip(names, rows, strict=True):
        if isinstance(row, Remark):
            cells = [row.sentence, *[""] * (len(columns) - 2)]
        else:
            cells = [str(cell) for cell in row[1:]]
        lines.append([name, *cells])
    return "".join(f"| {' | '.join(map(_plain, line))} |\n" for line in lines)


def _plain(cell: str) -> str:
    """Return a cell that Markdown takes as one: no bar, no end of line, no tag."""
    words = " ".join(cell.split()).replace("\\", "\\\\").replace("|", "\\|")
    return words.replace("<", "&lt;")


def records(found: Verdicts) -> list[dict[str, Any]]:
    """Return a record per implementation, in the order of the plan.

    Accuracies are fractions, times seconds; what there is no number for is None.
    """
    return [_record(found, row) for row in found.rows]


def _record(found: Verdicts, row: Judged) -> dict[str, Any]:
    return {
        "implementation": row.label,
        "is_baseline": row.row == found.baseline,
        "same_computation": row.is_closed,
        "status": row.absence.kind if row.absence else "complete",
        "reason": row.absence.reason if row.absence else "",
        "n_seeds": len(row.complete),
        **_mean_sd("test_accuracy", row.tested),
        **_mean_sd("validation_accuracy", row.validated),
        **_accuracy(row),
        **_time(row),
        **_speed(row),
        **_costs(row),
    }


def _mean_sd(name: str, values: Sequence[float]) -> dict[str, float | None]:
    found = mean_sd(values) if values else None
    return {
        f"{name}_mean": found.mean if found else None,
        f"{name}_sd": found.sd if found else None,
    }


def _accuracy(row: Judged) -> dict[str, Any]:
    found = row.accuracy
    return {
        "accuracy_difference": found.difference if found else None,
        "accuracy_difference_low": found.low if found else None,
        "accuracy_difference_high": found.high if found else None,
        "accuracy_verdict": found.verdict if found else None,
    }


def _time(row: Judged) -> dict[str, Any]:
    found = row.timing
    return {
        "n_epochs_timed": found.n if found else 0,
        "epoch_seconds_median": found.median if found else None,
        "epoch_seconds_q1": found.q1 if found else None,
        "epoch_seconds_q3": found.q3 if found else None,
    }


def _speed(row: Judged) -> dict[str, Any]:
    found = row.speed
    return {
        "speedup": found.ratio.ratio if found else None,
        "speedup_low": found.ratio.low if found else None,
        "speedup_high": found.ratio.high if found else None,
        "speed_verdict": found.verdict if found else None,
    }


def _costs(row: Judged) -> dict[str, Any]:
    return dataclasses.asdict(costs(row.complete))
