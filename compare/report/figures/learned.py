"""What a comparison has learned: scores by class, calibration, first-layer neurons."""

from pathlib import Path
from typing import Any

import numpy as np

from compare.contract import Weights
from compare.record import verdicts
from compare.record.plan import short
from compare.record.results import Results, Run, pack, unpack
from compare.report import analysis
from compare.report.figures import confusion, errors
from compare.show import figure_style as style

MAX_NEURONS = 32
# Weights are kept as whole steps around this one, which is 0.
ZERO = 128
# The same resamples for the same results: a figure drawn again is the same.
SEED = 0


def neurons(run: Run, weights: Weights) -> dict[str, Any] | None:
    """Return the strongest first-layer neurons of a run, as results can hold them.

    None if the features are no square image.
    """
    try:
        numbers, images = analysis.neuron_images(weights[0][0], limit=MAX_NEURONS)
    except ValueError:
        return None
    largest = float(np.abs(images).max()) or 1.0
    steps = np.rint(images / largest * (ZERO - 1)) + ZERO
    return {
        "row": run.implementation,
        "seed": run.seed,
        "numbers": [int(n) for n in numbers],
        "largest": largest,
        "images": pack(steps.astype(np.uint8)),
    }


def draw_neurons(results: Results, *, title: str) -> Any:
    """Return the figure of the neurons that the results hold."""
    kept = results.neurons or {}
    steps = unpack(kept["images"]).astype(np.float64)
    images = (steps - ZERO) / (ZERO - 1) * kept["largest"]
    return errors.draw_neurons(np.array(kept["numbers"]), images, title=title)


def write(results: Results, folder: Path) -> list[str]:
    """Draw `classes.png`, `calibration.png` and `neurons.png`, as results allow."""
    runs = {
        label: results.complete_runs_of(label)[0]
        for label in results.plan.implementations
        if results.complete_runs_of(label)
    }
    if not runs or results.test_labels is None:
        return []
    names = [_classes(results, folder, next(iter(runs.values())))]
    names.append(_calibration(results, folder, runs))
    if results.neurons is not None:
        title = (
            f"What the {len(results.neurons['numbers'])} strongest first-layer neurons "
            f"look for ({short(results.neurons['row'])}, seed "
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


def _calibration(results: Results, folder: Path, runs: dict[str, Run]) -> str:
    each = {
        short(label): analysis.calibration(
            unpack(run.confidences or {}) / 255,
            verdicts.correct(results, run),
            rng=np.random.default_rng(SEED),
        )
        for label, run in runs.items()
    }
    figure = errors.draw_calibration(each, title="Accuracy against confidence")
    return style.save(figure, folder / "calibration.png")
