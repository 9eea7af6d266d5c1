"""What the report says of each class and of confidence: `compare.analysis`, applied.

Rows whose answers are equal, image by image, share one table. They share a figure of
calibration only if they give these answers with equal confidence too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from compare.record import neurons as kept_neurons
from compare.record.judging import correct
from compare.record.results import Results, Run, unpack
from compare.record.verdicts import Judged, Verdicts
from compare.report import analysis, pictures
from compare.report.analysis import Calibration, ClassScores
from compare.report.figures import confusion, errors
from compare.report.pictures import Figure
from compare.show import figure_style as style
from compare.show import units

# The same resamples for the same results: a report made again says the same.
SEED = 0


@dataclass(frozen=True)
class Scores:
    """Precision, recall and F1 of each class, over all seeds."""

    names: list[str]
    classes: list[ClassScores]


def scores(judged: Verdicts) -> list[Scores]:
    """Return the scores of each class, once for rows that answer alike."""
    results = judged.results
    if results.test_labels is None or analysis.too_many_classes(results):
        return []
    y = unpack(results.test_labels)
    found = []
    for rows in alike(judged, _answers):
        runs = rows[0].complete
        answers = [unpack(run.predictions) for run in runs if run.predictions]
        if not answers:
            continue
        classes = analysis.class_scores(
            np.tile(y, len(answers)),
            np.concatenate(answers),
            confusion.class_names(results),
        )
        found.append(Scores([row.short for row in rows], classes))
    return found


def calibrations(judged: Verdicts) -> list[Figure]:
    """Return the calibration of each row, with the first seed that it completed."""
    looks = style.looks(judged.results.plan.labels)
    found = []
    for rows in alike(judged, _first_confidences):
        run = rows[0].complete[0]
        if run.confidences is None:
            continue
        each = analysis.calibration(
            unpack(run.confidences) / 255,
            correct(judged.results, run),
            rng=np.random.default_rng(SEED),
        )
        name = ", ".join(row.short for row in rows)
        look = {"": looks[rows[0].label]}
        drawn = partial(errors.draw_calibration, {"": each}, title="", looks=look)
        found.append(pictures.placed(drawn, _alt(name, each), caption=name))
    return found


@dataclass(frozen=True)
class Neuron:
    """One neuron of the first layer: how its weights have changed, as an image."""

    number: int
    uri: str


def neurons(results: Results) -> list[Neuron]:
    """Return the first-layer neurons that the results hold; all have one scale."""
    if results.neurons is None:
        return []
    images = kept_neurons.images(results.neurons)
    limit = errors.scale_of(images)
    return [
        Neuron(number, pictures.change(image, limit))
        for number, image in zip(results.neurons["numbers"], images, strict=True)
    ]


def _alt(name: str, each: Calibration) -> str:
    return (
        f"Accuracy against confidence of {name}: the calibration error is "
        f"{units.percent(each.error)} %, 95 % interval "
        f"{units.percent(each.error_low)} to {units.percent(each.error_high)} %; a "
        f"perfectly calibrated network would show {units.percent(each.error_by_chance)}"
        " %."
    )


def alike(
    judged: Verdicts, shown: Callable[[Sequence[Run]], object]
) -> list[list[Judged]]:
    """Return the rows with complete runs, those together of which equal is `shown`."""
    groups: list[tuple[object, list[Judged]]] = []
    for row in judged.rows:
        if not row.complete:
            continue
        ours = shown(row.complete)
        twins = next((rows for theirs, rows in groups if theirs == ours), None)
        if twins is None:
            groups.append((ours, [row]))
        else:
            twins.append(row)
    return [rows for _, rows in groups]


def _answers(runs: Sequence[Run]) -> object:
    return [(run.seed, run.predictions) for run in runs]


def _first_confidences(runs: Sequence[Run]) -> object:
    return runs[0].seed, runs[0].predictions, runs[0].confidences
