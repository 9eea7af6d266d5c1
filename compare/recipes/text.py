"""Recipes: the accuracy that others report beside what was measured here."""

import math

from compare.measure import shared
from compare.recipe import PARTS, Recipe
from compare.record.judging import judge
from compare.record.results import Results, Run
from compare.record.verdicts import Judged
from compare.report import notes, text
from compare.show import units
from compare.show.columns import Column
from compare.show.columns import render as table
from compare.show.terminal import bullets

TITLES = {"train": "training", "val": "validation", "test": "test"}
Measured = list[tuple[Recipe, Results]]


def render(measured: Measured) -> str:
    """Return one row for each implementation of each recipe."""
    judged = [(recipe, judge(results)) for recipe, results in measured]
    columns = [
        Column("recipe"),
        Column("implementation"),
        *(
            Column(f"{TITLES[part]} accuracy", "%: reported, measured", right=True)
            for part in PARTS
        ),
        Column("time of one training", "mean over seeds", right=True),
    ]
    rows = [
        [recipe.name, text.named(row), *_cells(recipe, found.results, row)]
        for recipe, found in judged
        for row in found.rows
    ]
    note = (
        "Measured: mean ± standard deviation over seeds, of the weights tested. "
        f"Training accuracy is that of {_sample(measured)} training images.\n"
    )
    failed = [
        f"{recipe.name}: {failure}"
        for recipe, found in judged
        for row in found.rows
        for failure in notes.failures(found, row)
    ]
    return table(columns, rows) + note + bullets(failed)


def _sample(measured: Measured) -> str:
    """Return on how many training images the recipes measured their accuracy."""
    sizes = {
        shared.sample_size(results.data["n_train"], results.data["n_val"])
        for _, results in measured
    }
    return " to ".join(f"{n:,}" for n in sorted({min(sizes), max(sizes)}))


def _cells(recipe: Recipe, results: Results, row: Judged) -> list[str]:
    runs = list(row.complete)
    if not runs:
        reason = "failed" if results.finished else "interrupted"
        return ["", "", results.unsupported.get(row.label, reason)[:40], ""]
    cells = []
    for part in PARTS:
        reported = recipe.reported.get(part)
        lead = f"{units.percent(reported)}, " if reported is not None else ""
        cells.append(f"{lead}{units.mean_sd_percent(accuracies(runs, part))}")
    seconds = math.fsum(
        record.train_seconds + record.augment_seconds
        for run in runs
        for record in run.epochs
    )
    return [*cells, units.seconds(seconds / len(runs))]


def accuracies(runs: list[Run], part: str) -> list[float]:
    """Return the accuracy of each run's tested weights on one part of the data."""
    if part == "test":
        return [run.test_accuracy or 0.0 for run in runs]
    name = {"train": "train_sample_accuracy", "val": "val_accuracy"}[part]
    return [getattr(run.kept, name) for run in runs]


def reached(recipe: Recipe, results: Results) -> bool:
    """Say whether every implementation that takes part exceeds what others report.

    With all of its seeds: the mean of those that did not fail could flatter.
    """
    return not any(run.status == "failed" for run in results.runs) and all(
        math.fsum(values) / len(values) > reported
        for label in results.plan.labels
        if label not in results.unsupported
        for part, reported in recipe.reported.items()
        for values in [accuracies(results.complete_runs_of(label), part) or [0.0]]
    )
