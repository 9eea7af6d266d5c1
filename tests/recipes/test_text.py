"""`python -m compare recipes`: the list, the runs, and reported beside measured."""

import argparse

import pytest

from compare import recipe as recipes
from compare.recipes import command
from compare.recipes import text as recipe_table
from compare.record.plan import Plan
from compare.record.results import EpochRecord, Results, Run


def results(test_accuracies: list[float], label: str = "numpy") -> Results:
    plan = Plan(implementations=(label, "sklearn"))
    found = Results(plan, {}, {"n_train": 10, "n_val": 30}, [], "2026-01-01")
    found.unsupported = {"sklearn": "has none"}
    for seed, accuracy in enumerate(test_accuracies):
        epoch = EpochRecord(0, 0, 2.0, 2.0, 0.1, 0.99, 0.1, 0.98, augment_seconds=1.5)
        run = Run(label, seed, status="complete", epochs=[epoch])
        run.test_accuracy = accuracy
        found.runs.append(run)
    return found


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


def test_the_list_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(arguments()) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == list(recipes.summaries())


def test_reported_and_measured_stand_side_by_side() -> None:
    recipe = recipes.load("sigmoid-128")
    said = recipe_table.render([(recipe, results([0.97, 0.98]))])
    # mean 97.5, sample deviation of 97 and 98 is 1/√2 = 0.71; 2 s + 1.5 s deforming
    assert "97.25, 97.50 ± 0.71" in said
    assert "3.50 s" in said
    assert "has none" in said


def test_the_note_says_how_many_training_images_were_asked() -> None:
    """As many as validation has, of the training images; all, if they are fewer."""
    recipe = recipes.load("sigmoid-128")
    few, many = results([0.97]), results([0.97])
    many.data = {"n_train": 54_000, "n_val": 4_000}
    said = recipe_table.render([(recipe, few)])
    assert "Training accuracy is that of 10 training images." in said
    said = recipe_table.render([(recipe, many), (recipe, few)])
    assert "Training accuracy is that of 10 to 4,000 training images." in said


@pytest.mark.parametrize(("accuracy", "expected"), [(0.9726, True), (0.9724, False)])
def test_reaching_means_exceeding(accuracy: float, expected: bool) -> None:
    recipe = recipes.load("sigmoid-128")  # others report 97.25 %
    assert recipe_table.reached(recipe, results([accuracy])) is expected


def test_a_row_that_failed_has_reached_nothing() -> None:
    recipe = recipes.load("sigmoid-128")
    failed = results([0.99])
    failed.runs[0].status = "failed"
    assert not recipe_table.reached(recipe, failed)


def test_a_plan_is_the_recipe_with_the_options() -> None:
    plan = command.plan_of(recipes.load("best"), arguments("--seeds", "0,7"))
    assert plan.seeds == (0, 7)
    assert plan.augmentation == recipes.load("best").augmentation
    assert plan.hyper_parameters.schedule == "cosine"
