"""What a comparison has learned: scores by class, calibration, first-layer neurons."""

from pathlib import Path
from typing import Any

import numpy as np

from compare.record import neurons
from compare.record.judging import correct
from compare.record.plan import short
from compare.record.results import Results, Run, unpack
from compare.record.verdicts import Verdicts
from compare.report import analysis
from compare.report.figures import confusion, errors
from compare.show import figure_style as style

# The same resamples for the same results: a figure drawn again is the same.
SEED = 0


def draw_neurons(results: Results, *, title: str) -> Any:
    """Return the figure of the neurons that the results hold."""
    kept = results.neurons or {}
    return errors.draw_neurons(
        np.array(kept["numbers"]),
        neurons.images(kept),
        title=title,
        word=neurons.word(results.plan),
    )


def write(judged: Verdicts, folder: Path) -> list[str]:
    """Draw `classes.png`, `calibration.png` and `neurons.png`, as results allow."""
    results = judged.results
    runs = {row.short: row.complete[0] for row in judged.rows if row.complete}
    if not runs or results.test_labels is None:
        return []
    all_looks = style.looks(results.plan.labels)
    looks = {row.short: all_looks[row.label] for row in judged.rows}
    names = [_calibration(results, folder, runs, looks)]
    if not analysis.too_many_classes(results):
        names.insert(0, _classes(results, folder, next(iter(runs.values()))))
    if results.neurons is not None:
        word = neurons.word(results.plan)
        title = (
            f"How the weights of {len(results.neurons['numbers'])} first-layer {word}s "
            f"have changed ({short(results.neurons['row'])}, seed "
            f"{results.neurons['seed']})"
        )
        figure = draw_neurons(results, title=title)
        names.append(style.save(figure, folder / "neurons.png"))
    return names


def _classes(results: Results, folder: Path, run: Run) -> str:
    scores = analysis.class_scores(
        unpack(results.test_labels or {}),
        unpack(run.predictions or {}),
        confusion.class_names(results),
    )
    title = f"Class by class ({short(run.implementation)}, seed {run.seed})"
    figure = errors.draw_class_scores(scores, title=title)
    return style.save(figure, folder / "classes.png")


def _calibration(
    results: Results, folder: Path, runs: dict[str, Run], looks: dict[str, style.Look]
) -> str:
    each = {
        name: analysis.calibration(
            unpack(run.confidences or {}) / 255,
            correct(results, run),
            rng=np.random.default_rng(SEED),
        )
        for name, run in runs.items()
    }
    title = "Accuracy against confidence"
    figure = errors.draw_calibration(each, title=title, looks=looks)
    return style.save(figure, folder / "calibration.png")
