"""Where the time of a step goes: what the profile command measured, on the page."""

import shlex
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.profile import figures as drawing
from compare.profile import text as time_split_table
from compare.profile import time_split
from compare.record.plan import short
from compare.record.results import Results
from compare.report import pictures, tables
from compare.report.sections import Section
from compare.show import units
from compare.show.words import listed

ANCHOR, NAME, TITLE = "split", "Time split", "Where the time goes"
HERE = "The profile in this folder"
# Hyper-parameters that the command line can set.
OPTIONS = {
    "layer_sizes": "--layers",
    "conv_layers": "--conv",
    "activation": "--activation",
    "optimizer": "--optimizer",
    "momentum": "--momentum",
    "nesterov": "--nesterov",
    "weight_decay": "--weight-decay",
    "batch_size": "--batch-size",
    "dtype": "--dtype",
}


def present(results: Results, path: Path) -> Section:
    """Return what the profile in `path` says of the run's network."""
    profile = time_split.read(path)
    if not profile.has_steps_of(results.plan.hyper_parameters):
        return _missing(results, f"{HERE} is of another network or training.")
    if profile.n_threads != results.plan.n_threads:
        return _missing(results, f"{HERE} is of another number of threads.")
    found = time_split.splits(profile.rows)
    if not found:
        return _missing(results, f"{HERE} was interrupted at its beginning.")
    cells = [time_split_table.line(split, found) for split in found]
    places = {label: i for i, label in enumerate(results.plan.labels)}
    steps = [_step(split) for split in found]
    return Section(
        anchor=ANCHOR,
        name=NAME,
        title=TITLE,
        sentence=time_split_table.headline(found).strip(),
        figure=pictures.draw(
            lambda axes: _draw(axes, found),
            1.9 + 0.55 * len(found),
            f"Stacked bars: one training step takes {listed(steps)}.",
        ),
        caption="One training step, in microseconds, beside the matrix products alone.",
        heads=[(places.get(split.name), short(split.name)) for split in found],
        lines=tables.turned(time_split_table.columns(found), cells),
        notes=time_split_table.notes(found, profile.hyper_parameters.architecture),
    )


def absent(results: Results) -> Section:
    """Return how to get a profile."""
    return _missing(results, "Splitting an epoch into its parts would slow it down.")


def _missing(results: Results, why: str) -> Section:
    return Section(
        anchor=ANCHOR,
        name=NAME,
        title=TITLE,
        sentence=f"{why} It is measured apart, and shown here when the page is made "
        "again:",
        commands=f"{command(results)}\npython -m compare report FOLDER",
    )


def _step(split: time_split.Split) -> str:
    """Return how long a step takes, for those who cannot see the bars."""
    step = f"{short(split.name)} {units.seconds(split.step.median)}"
    if split.floor_seconds is None:
        return step
    return f"{step} ({units.seconds(split.floor_seconds)} of it matrix products)"


def command(results: Results) -> str:
    """Return the command whose profile the report of these results would show."""
    plan, default = results.plan, HyperParameters()
    words = ["python", "-m", "compare", "profile", "--out", "FOLDER"]
    for name, value in plan.hyper_parameters.to_dict().items():
        option = OPTIONS.get(name)
        if option is None or value == getattr(default, name):
            continue
        if value is True:
            words.append(option)
        elif name == "layer_sizes":
            words += [option, "-".join(map(str, value))]
        elif name == "conv_layers":
            words += [option, "-".join(f"{out}x{kernel}" for out, kernel in value)]
        else:
            words += [option, str(value)]
    if plan.n_threads != 1:
        words += ["--threads", str(plan.n_threads)]
    return shlex.join(words)


def _draw(axes: Any, found: list[time_split.Split]) -> None:
    drawing.bars(axes, found)
    axes.set_title("One training step")
    axes.figure.legend(
        handles=drawing.legend(found),
        loc="outside lower center",
        ncols=3,
        fontsize=8,
    )
