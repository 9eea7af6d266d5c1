"""The test images that figures show: mistakes, and digits on which rows disagree.

Their pixels go into the results, so that figures need nothing but the results.
"""

from typing import Any

import numpy as np

from compare.record.results import Results, pack, unpack
from data import Dataset

MAX_IMAGES = 24


def collect(results: Results, dataset: Dataset) -> dict[str, Any] | None:
    """Return the chosen images, or None if no run came to its end.

    Chosen from the first seed that all rows completed: the `mistakes` that the first
    row makes with most confidence, and the images on which rows `disagree`.
    """
    runs = {
        label: {run.seed: run for run in results.complete_runs_of(label)}
        for label in results.plan.labels
    }
    runs = {label: by_seed for label, by_seed in runs.items() if by_seed}
    seeds = [s for s in results.plan.seeds if all(s in by for by in runs.values())]
    if not runs or not seeds:
        return None
    chosen = {label: by_seed[seeds[0]] for label, by_seed in runs.items()}
    predictions = {
        label: unpack(run.predictions)
        for label, run in chosen.items()
        if run.predictions
    }
    first = next(iter(chosen.values()))
    if first.confidences is None:
        return None
    wrong = np.flatnonzero(predictions[first.implementation] != dataset.y_test)
    confidence = unpack(first.confidences)[wrong]
    mistakes = wrong[np.argsort(-confidence.astype(int), kind="stable")][:MAX_IMAGES]
    stacked = np.stack(list(predictions.values()))
    disagree = np.flatnonzero((stacked != stacked[0]).any(axis=0))
    indices = np.union1d(mistakes, disagree[:MAX_IMAGES])
    return {
        "seed": seeds[0],
        "row": first.implementation,
        "n_mistakes": len(wrong),
        "n_disagree": len(disagree),
        "mistakes": mistakes.tolist(),
        "disagree": disagree[:MAX_IMAGES].tolist(),
        "images": {
            str(index): pack(np.rint(dataset.X_test[index] * 255).astype(np.uint8))
            for index in indices
        },
    }
