"""A whole comparison in this process: order of turns, failures, what is recorded."""

import json
from pathlib import Path

import numpy as np
import pytest

from compare import registry
from compare.measure import comparison
from compare.record import results as results_module
from compare.record.judging import judge
from compare.record.plan import Plan, short
from compare.record.results import Results, unpack
from compare.report import notes, parity_table, text
from compare.weights import epoch_order, initial_weights
from tests.measure import small


def carry_out(plan: Plan, folder: Path) -> Results:
    dataset = comparison.load(plan)
    results = comparison.new_results(plan, dataset, command=["--test"])
    assert comparison.carry_out(results, dataset, folder)
    return results


@pytest.fixture(scope="module")
def mixed(
    folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Path]:
    """Rows that finish and rows that fail, each in another place."""
    own = ["Plain", "RaisesLater", "GradientOff", "CannotDoThat", "Killed"]
    plan = small.plan(
        folder_of_data,
        "numpy",
        *map(small.own, own),
        control=True,
        n_epochs=4,
        batch_size=16,
    )
    folder = tmp_path_factory.mktemp("mixed")
    return carry_out(plan, folder), folder


WHOLE = ("numpy", small.own("Plain"), small.own("GradientOff"), "numpy (control)")


def test_a_row_that_fails_says_why_and_the_others_finish(
    mixed: tuple[Results, Path],
) -> None:
    results, _ = mixed
    for label in WHOLE:
        runs = results.complete_runs_of(label)
        assert [run.seed for run in runs] == [0, 1]
        assert [len(run.epochs) for run in runs] == [4, 4]
        assert all(0.5 < (run.test_accuracy or 0) <= 1 for run in runs)
    later = results.runs_of(small.own("RaisesLater"))
    assert [run.status for run in later] == ["failed", "failed"]
    assert [len(run.epochs) for run in later] == [1, 1]
    assert "RuntimeError: gave up" in later[0].reason
    assert "want of memory" in results.runs_of(small.own("Killed"))[0].reason
    assert results.unsupported == {small.own("CannotDoThat"): "it only knows Sundays"}
    assert not results.runs_of(small.own("CannotDoThat"))


def test_the_tables_show_every_row(mixed: tuple[Results, Path]) -> None:
    results, _ = mixed
    judged = judge(results)
    printed = text.tables(judged)
    for label in results.plan.labels:
        assert short(label) in printed
    assert "n/a: it only knows Sundays" in printed
    assert "failed: the process was killed, most likely for want of memory" in printed
    gate = parity_table.render(results)
    assert "DIFFERENT" in gate
    # Rows that compute something else stand below a line that says so.
    other = {row.label for row in judged.rows if not row.is_closed}
    assert other == {small.own("GradientOff"), small.own("Killed")}
    line = printed.index("not the same computation")
    assert printed.index("misbehaving.py:Plain") < line
    assert printed.index("misbehaving.py:GradientOff") > line
    assert "A/A control" in notes.render(judged)


def test_turns_are_random_and_recorded(mixed: tuple[Results, Path]) -> None:
    results, _ = mixed
    orders = []
    for seed in results.plan.seeds:
        for epoch in range(4):
            turns = {
                run.implementation: record.turn
                for run in results.runs
                for record in run.epochs
                if (run.seed, record.epoch) == (seed, epoch)
            }
            active = 5 if epoch == 0 else 4  # RaisesLater took a turn, then failed
            assert len(set(turns.values())) == len(turns) == active
            orders.append(tuple(sorted(WHOLE, key=lambda label: turns[label])))
    # 8 orders of 4 rows: all alike has a chance of 24⁻⁷.
    assert len(set(orders)) > 2
    firsts = {order[0] for order in orders}
    assert len(firsts) > 1


def test_what_is_on_disk_is_what_was_returned(mixed: tuple[Results, Path]) -> None:
    results, folder = mixed
    assert results_module.read(folder) == results
    assert results.finished
    assert not list(folder.glob(".*"))  # no scratch file is left
    json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_results_are_those_of_the_implementation_trained_alone(
    mixed: tuple[Results, Path],
) -> None:
    """Warm-up is undone; weights, batches and data are those the seed stands for."""
    results, _ = mixed
    plan = results.plan
    dataset = comparison.load(plan)
    for run in results.complete_runs_of("numpy"):
        alone = registry.create("numpy", plan.hyper_parameters)
        alone.set_weights(initial_weights(small.LAYERS, seed=run.seed, dtype="float32"))
        for epoch in range(4):
            order = epoch_order(len(dataset.y_train), seed=run.seed, epoch=epoch)
            alone.train_epoch(dataset.X_train, dataset.y_train, order)
        probs = alone.predict_proba(dataset.X_test)
        assert run.predictions is not None
        assert run.confidences is not None
        np.testing.assert_array_equal(unpack(run.predictions), probs.argmax(axis=1))
        np.testing.assert_allclose(
            unpack(run.confidences) / 255, probs.max(axis=1), atol=0.5 / 255 + 1e-6
        )
        assert run.test_accuracy == (probs.argmax(axis=1) == dataset.y_test).mean()
        val = alone.predict_proba(dataset.X_val)
        right = val.argmax(axis=1) == dataset.y_val
        assert run.epochs[-1].val_accuracy == right.mean()


def test_a_control_repeats_the_same_predictions(mixed: tuple[Results, Path]) -> None:
    results, _ = mixed
    pairs = zip(
        results.runs_of("numpy"), results.runs_of("numpy (control)"), strict=True
    )
    for run, control in pairs:
        assert run.predictions == control.predictions


@pytest.mark.slow  # by default `verify` finds the same predictions again
def test_the_same_plan_gives_the_same_predictions_and_turns(
    folder_of_data: Path, tmp_path: Path
) -> None:
    plan = small.plan(folder_of_data, "numpy", "textbook", n_epochs=2, seeds=(5,))
    first, second = (carry_out(plan, tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first.runs, second.runs, strict=True):
        assert one.predictions == other.predictions
        assert [r.turn for r in one.epochs] == [r.turn for r in other.epochs]
        assert [r.val_loss for r in one.epochs] == [r.val_loss for r in other.epochs]
