"""Runs that stop early, in real processes: which weights are tested, what is shown."""

from pathlib import Path

import numpy as np
import pytest

from compare import registry, report
from compare.measure import comparison
from compare.record import csv_files
from compare.record.judging import judge
from compare.record.results import Results, Run, read, unpack
from compare.report.figures import curves
from compare.show import progress
from compare.weights import epoch_order, initial_weights
from tests.measure import small
from tests.report import invented

PATIENCE, N_EPOCHS = 3, 9
LEARNING_RATE = 0.08
"""Too large: validation gets better and worse, another way with each seed."""


@pytest.fixture(scope="module")
def stopped(
    folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Path, list[int]]:
    """Return the results, their folder, and the steps of the progress bar."""
    steps: list[int] = []
    plan = small.plan(
        folder_of_data,
        "numpy",
        small.own("RaisesLater"),
        seeds=(0, 1, 2),
        n_epochs=N_EPOCHS,
        patience=PATIENCE,
        batch_size=16,
        learning_rate=LEARNING_RATE,
        dtype="float64",
    )
    folder = tmp_path_factory.mktemp("stopped")
    dataset = comparison.load(plan)
    results = comparison.new_results(plan, dataset, command=["--test"])

    class Bar(progress.Steps):
        def __exit__(self, *_: object) -> None:
            steps.extend([self.done, self.total])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "Steps", Bar)
        assert comparison.carry_out(results, dataset, folder)
    return results, folder, steps


def scores(run: Run) -> list[float]:
    return [record.val_accuracy for record in run.epochs]


def test_runs_end_where_validation_has_not_improved(
    stopped: tuple[Results, Path, list[int]],
) -> None:
    runs = stopped[0].complete_runs_of("numpy")
    for run in runs:
        # The first of the best is kept; with no better one after it, training ends.
        best = int(np.argmax(scores(run)))
        assert run.kept_epoch == best
        assert len(run.epochs) == min(best + PATIENCE + 1, N_EPOCHS)
        assert run.stopped_early == (len(run.epochs) < N_EPOCHS)
    # The case to see: seeds of different length, and not only the last epoch kept.
    assert len({len(run.epochs) for run in runs}) > 1
    assert {run.stopped_early for run in runs} == {True, False}


def test_tested_are_the_weights_that_were_best(
    stopped: tuple[Results, Path, list[int]],
) -> None:
    """Trained alone for as many epochs as were kept, the predictions are the same."""
    results = stopped[0]
    dataset = comparison.load(results.plan)
    for run in results.complete_runs_of("numpy"):
        alone = registry.create("numpy", results.plan.hyper_parameters)
        alone.set_weights(initial_weights(small.LAYERS, seed=run.seed, dtype="float64"))
        assert run.kept_epoch is not None
        for epoch in range(run.kept_epoch + 1):
            order = epoch_order(len(dataset.y_train), seed=run.seed, epoch=epoch)
            alone.train_epoch(dataset.X_train, dataset.y_train, order)
        found = alone.predict_proba(dataset.X_test).argmax(axis=1)
        assert run.predictions is not None
        np.testing.assert_array_equal(unpack(run.predictions), found)
        assert run.test_accuracy == (found == dataset.y_test).mean()


def test_the_validation_shown_belongs_to_the_weights_tested(
    stopped: tuple[Results, Path, list[int]],
) -> None:
    results = stopped[0]
    best = [100 * max(scores(run)) for run in results.complete_runs_of("numpy")]
    last = [100 * scores(run)[-1] for run in results.complete_runs_of("numpy")]
    assert best != last
    shown = invented.printed_row(results, "numpy")[2]
    assert shown == f"{np.mean(best):.2f} ± {np.std(best, ddof=1):.2f}"


def test_progress_comes_to_its_end(stopped: tuple[Results, Path, list[int]]) -> None:
    *_, done, total = stopped[2]
    assert done == total == 2 * 3 * N_EPOCHS  # two rows, three seeds


def test_what_is_kept_is_stored(stopped: tuple[Results, Path, list[int]]) -> None:
    results, folder, _ = stopped
    assert read(folder) == results
    assert read(folder).plan.patience == PATIENCE
    csv_files.write(results, folder)
    header, *rows = (folder / "runs.csv").read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("kept_epoch")
    kept = [row.split(",")[place] for row in rows if row.startswith("numpy,")]
    assert kept == [str(run.kept_epoch) for run in results.runs_of("numpy")]


def test_curves_go_as_far_as_all_seeds_and_each_seed_to_its_end(
    stopped: tuple[Results, Path, list[int]], tmp_path: Path
) -> None:
    results = stopped[0]
    runs = results.complete_runs_of("numpy")
    shortest = min(len(run.epochs) for run in runs)
    mean = curves.series(judge(results)["numpy"], "val_accuracy")
    np.testing.assert_array_equal(mean, [scores(run)[:shortest] for run in runs])
    longer = [run for run in runs if len(run.epochs) > shortest]
    tails = curves.tails(judge(results)["numpy"], "val_accuracy")
    for run, (epochs, values) in zip(longer, tails, strict=True):
        assert epochs.tolist() == list(range(shortest, len(run.epochs) + 1))
        assert values == scores(run)[shortest - 1 :]
    assert "dotted: seeds that went on" in curves.caption(judge(results))
    assert report.write(judge(results), tmp_path) == "report.html"


@pytest.mark.slow  # so it is in test_rounds, which trains the same alone
def test_without_patience_the_last_epoch_is_kept(
    folder_of_data: Path, tmp_path: Path
) -> None:
    # A second row, or PyTorch would be started for the parity gate.
    plan = small.plan(folder_of_data, "numpy", "textbook", seeds=(0,), n_epochs=2)
    dataset = comparison.load(plan)
    results = comparison.new_results(plan, dataset, command=[])
    assert comparison.carry_out(results, dataset, tmp_path)
    (run,) = results.runs_of("numpy")
    assert (run.kept_epoch, run.stopped_early) == (1, False)
    assert run.kept is run.epochs[-1]
