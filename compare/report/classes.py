"""What the report says of each class and of confidence: `compare.analysis`, applied.

Rows whose answers are equal, image by image, share one table. They share a figure of
calibration only if they give these answers with equal confidence too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results, Run, unpack
from compare.report import analysis
from compare.report.analysis import Calibration, ClassScores
from compare.report.figures import confusion, errors, learned
from compare.report.pictures import Figure, figure_uri
from compare.show import units

# The same resamples for the same results: a report made again says the same.
SEED = 0


@dataclass(frozen=True)
class Scores:
    """Precision, recall and F1 of each class, over all seeds."""

    names: list[str]
    classes: list[ClassScores]


def scores(results: Results) -> list[Scores]:
    """Return the scores of each class, once for rows that answer alike."""
    if results.test_labels is None:
        return []
    y = unpack(results.test_labels)
    found = []
    for labels in alike(results, _answers):
        runs = results.complete_runs_of(labels[0])
        answers = [unpack(run.predictions) for run in runs if run.predictions]
        if not answers:
            continue
        classes = analysis.class_scores(
            np.tile(y, len(answers)),
            np.concatenate(answers),
            confusion.class_names(results),
        )
        found.append(Scores([short(label) for label in labels], classes))
    return found


def calibrations(results: Results) -> list[Figure]:
    """Return the calibration of each row, with the first seed that it completed."""
    found = []
    for labels in alike(results, _first_confidences):
        run = results.complete_runs_of(labels[0])[0]
        if run.confidences is None:
            continue
        each = analysis.calibration(
            unpack(run.confidences) / 255,
            verdicts.correct(results, run),
            rng=np.random.default_rng(SEED),
        )
        name = ", ".join(short(label) for label in labels)
        drawn = partial(errors.draw_calibration, {name: each}, title="")
        found.append(Figure(figure_uri(drawn), _alt(name, each)))
    return found


def neurons(results: Results) -> list[Figure]:
    """Return the picture of the first-layer neurons, if the results hold them."""
    if results.neurons is None:
        return []
    drawn = partial(learned.draw_neurons, results, title="")
    n = len(results.neurons["numbers"])
    alt = (
        f"How the weights of {n} first-layer neurons have changed in training, each as "
        "an image of its pixels."
    )
    return [Figure(figure_uri(drawn), alt)]


def _alt(name: str, each: Calibration) -> str:
    return (
        f"Accuracy against confidence of {name}: the calibration error is "
        f"{units.percent(each.error)} %, 95 % interval "
        f"{units.percent(each.error_low)} to {units.percent(each.error_high)} %; a "
        f"perfectly calibrated network would show {units.percent(each.error_by_chance)}"
        " %."
    )


def alike(results: Results, shown: Callable[[list[Run]], object]) -> list[list[str]]:
    """Return the rows with complete runs, those together of which equal is `shown`."""
    groups: list[tuple[object, list[str]]] = []
    for label in results.plan.implementations:
        runs = results.complete_runs_of(label)
        if not runs:
            continue
        ours = shown(runs)
        twins = next((labels for theirs, labels in groups if theirs == ours), None)
        if twins is None:
            groups.append((ours, [label]))
        else:
            twins.append(label)
    return [labels for _, labels in groups]


def _answers(runs: list[Run]) -> object:
    return [(run.seed, run.predictions) for run in runs]


def _first_confidences(runs: list[Run]) -> object:
    return runs[0].seed, runs[0].predictions, runs[0].confidences
