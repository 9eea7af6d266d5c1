"""Seeds and rows that trained for different numbers of epochs: nothing is mixed up."""

import math

import msgspec
import numpy as np
import pytest
from matplotlib import pyplot as plt

from compare.recipe import Recipe
from compare.recipes import text as recipe_table
from compare.record.judging import judge
from compare.record.plan import Plan
from compare.record.results import Results
from compare.report import stopping
from compare.report.figures import curves
from compare.show import figure_style as style
from compare.verify import command as verify
from tests.report import invented


def stopped(**lengths: list[int]) -> Results:
    """Return results whose rows trained so long, seed by seed, best one epoch before.

    Validation is best in the epoch before the last, as it would be with patience 1.
    """
    found = invented.results(dict.fromkeys(lengths, 1.0))
    fields = found.plan.to_dict() | {"patience": 1}
    found.plan = msgspec.convert(fields, Plan)
    for label, numbers in lengths.items():
        for run, n in zip(found.runs_of(label), numbers, strict=True):
            del run.epochs[n:]
            run.stopped_early, run.kept_epoch = n < invented.N_EPOCHS, n - 2
    return found


def test_speed_compares_epochs_that_both_have() -> None:
    """What only one of the two trained may be slower: another moment of the machine."""
    found = stopped(numpy=[2, 3, 2], torch=[4, 4, 3])
    for run in found.runs_of("torch"):
        for record in run.epochs:
            record.train_seconds = 2.0 if record.epoch < 2 else 50.0
    for run in found.runs_of("numpy"):
        for record in run.epochs:
            record.train_seconds = 1.0
    # Only the second seed has a common third epoch: the median of 2, 2, 50 is 2 too.
    speed = judge(found)["numpy"].speed
    assert speed is not None
    assert speed.ratio.ratio == pytest.approx(2.0)
    assert speed.ratio.n_pairs == 3


@pytest.mark.parametrize("n_epochs", [1, 2])
def test_training_and_validation_are_seen_from_the_first_epoch(n_epochs: int) -> None:
    """One point makes no line: what has no mark then cannot be seen."""
    found = stopped(numpy=[n_epochs] * 3, torch=[n_epochs] * 3)
    with style.styled():
        figure, axes = plt.subplots()
        curves.loss(axes, judge(found))
        seen = [
            line
            for line in axes.lines
            if line.get_alpha() != 0
            and (
                np.size(line.get_xdata()) > 1 or line.get_marker() not in ("None", None)
            )
        ]
        plt.close(figure)
    assert len(seen) == 2 * 2  # rows, and training and validation of each


def test_the_time_of_a_training_is_all_of_it() -> None:
    """Also the epochs after the best: one waits for them before one can stop."""
    found = stopped(numpy=[2, 4, 3])
    for run in found.runs:
        for record in run.epochs:
            record.train_seconds = 1.0
    recipe = Recipe(name="r", summary="", n_epochs=4, seeds=(0, 1, 2))
    assert "3.00 s" in recipe_table.render([(recipe, found)])
    # Invented validation: 1 - 0.2 / (epoch + 1), kept in epochs 0, 2 and 1.
    kept = [0.8, 1 - 0.2 / 3, 0.9]
    runs = found.complete_runs_of("numpy")
    assert recipe_table.accuracies(runs, "val") == pytest.approx(kept)
    assert math.fsum(recipe_table.accuracies(runs, "train")) == pytest.approx(
        0.9 + (1 - 0.1 / 3) + 0.95
    )


def test_the_words_count_epochs_from_one() -> None:
    found = stopped(numpy=[2, 4, 3], torch=[4, 4, 4], sklearn=[2, 4, 3])
    assert stopping.sentences(judge(found)) == [
        "numpy and sklearn, epochs trained: 2, 4 and 3; tested with the weights of "
        "epoch 1, 3 and 2, the best on validation",
        "torch, epochs trained: 4, 4 and 4; tested with the weights of epoch 3, 3 and "
        "3, the best on validation",
    ]
    assert stopping.length(found.plan) == "up to 4 epochs (early stopping, patience 1)"
    plain = invented.results({"numpy": 1.0})
    assert stopping.sentences(judge(plain)) == []
    assert stopping.length(plain.plan) == "4 epochs"


def test_verify_repeats_with_the_same_patience() -> None:
    found = stopped(numpy=[2, 4, 3])
    assert verify.make_plan(found, quick=False) == found.plan
    assert verify.make_plan(found, quick=True).patience == 1
