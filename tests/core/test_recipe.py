"""The recipes: what the project promises of each, and that bad ones are refused."""

import argparse
import re
from typing import Any

import pytest

from compare import recipe as recipes
from compare import registry
from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.run import command as run

MINIMAL: dict[str, Any] = {"summary": "a test", "n_epochs": 2, "seeds": 2}


def test_all_recipes_can_be_read() -> None:
    names = recipes.summaries()
    assert list(names) == [
        *(
            "default",
            "hidden-64",
            "hidden-128",
            "sigmoid-128",
            "two-hidden",
            "cnn",
            "best",
            "cnn-best",
        )
    ]
    for name, summary in names.items():
        recipe = recipes.load(name)
        assert recipe.name == name
        assert recipe.summary == summary
        # One line of `--help`.
        assert 0 < len(summary) <= 85


def test_the_default_recipe_is_what_runs_without_one() -> None:
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    recipe, plan = recipes.load("default"), run.make_plan(parser.parse_args([]))
    assert recipe.hyper_parameters == plan.hyper_parameters
    assert recipe.hyper_parameters.layer_sizes == HyperParameters().layer_sizes
    assert recipe.implementations == plan.implementations
    assert recipe.n_epochs == plan.n_epochs
    assert recipe.seeds == plan.seeds
    assert recipe.init == plan.init
    assert recipe.augmentation is None
    assert recipe.train_samples is None
    assert recipe.patience is None


@pytest.mark.parametrize(
    ("name", "layer_sizes", "activation", "optimizer", "reported"),
    [
        ("hidden-64", (784, 64, 10), "relu", "sgd", {"train": 0.92}),
        ("hidden-128", (784, 128, 10), "relu", "sgd", {"test": 0.84}),
        ("sigmoid-128", (784, 128, 10), "sigmoid", "sgd", {"test": 0.9725}),
        (
            "two-hidden",
            (784, 128, 64, 10),
            "relu",
            "adam",
            {"train": 0.98, "val": 0.97, "test": 0.96},
        ),
    ],
)
def test_recipes_are_the_networks_that_others_report(
    name: str,
    layer_sizes: tuple[int, ...],
    activation: str,
    optimizer: str,
    reported: dict[str, float],
) -> None:
    recipe = recipes.load(name)
    hp = recipe.hyper_parameters
    assert (hp.layer_sizes, hp.activation, hp.optimizer) == (
        *(layer_sizes, activation, optimizer),
    )
    assert recipe.reported == reported
    # All three take part.
    assert recipe.implementations == ("numpy", "torch", "sklearn")
    for implementation in recipe.implementations:
        registry.create(implementation, hp)


def test_details_that_others_fixed() -> None:
    kaggle = recipes.load("hidden-64")
    assert kaggle.train_samples == 42_000
    assert kaggle.init == "he_normal"
    assert recipes.load("sigmoid-128").n_epochs == 10


def test_the_convolutional_network_is_small() -> None:
    hp = recipes.load("cnn").hyper_parameters
    assert 10_000 <= hp.n_params <= 25_000
    for implementation in ("numpy", "torch", "torch-lean"):
        registry.create(implementation, hp)
    with pytest.raises(UnsupportedError, match=r"^sklearn .* no convolutional layers"):
        registry.create("sklearn", hp)
    with pytest.raises(UnsupportedError, match=r"^textbook .* no label smoothing"):
        registry.create("textbook", hp)


def test_the_best_has_the_size_of_the_default() -> None:
    best = recipes.load("best")
    assert best.hyper_parameters.layer_sizes == (784, 128, 64, 10)
    assert best.hyper_parameters.n_params == 109_386
    assert best.hyper_parameters.n_epochs == best.n_epochs
    assert len(best.seeds) == 5
    assert best.augmentation is not None
    for implementation in ("numpy", "torch"):
        registry.create(implementation, best.hyper_parameters)
    with pytest.raises(UnsupportedError, match="sklearn"):
        registry.create("sklearn", best.hyper_parameters)


def test_the_best_convolutional_network_is_smaller_than_the_dense_one() -> None:
    best = recipes.load("cnn-best")
    assert best.hyper_parameters.n_params == 80_202
    assert best.hyper_parameters.n_epochs == best.n_epochs
    assert best.augmentation is not None
    for implementation in ("numpy", "torch"):
        registry.create(implementation, best.hyper_parameters)


def test_another_length_takes_the_schedule_along() -> None:
    shorter = recipes.load("best").with_epochs(7)
    assert shorter.n_epochs == shorter.hyper_parameters.n_epochs == 7
    assert recipes.load("default").with_epochs(7).hyper_parameters.n_epochs == 0


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        UsageError,
        match=r"'bset' \(did you mean best\?\): choose from default, hidden-64, .*best",
    ):
        recipes.load("bset")


def test_a_number_of_seeds_or_the_seeds_themselves() -> None:
    assert recipes.read("x", MINIMAL).seeds == (0, 1)
    assert recipes.read("x", MINIMAL | {"seeds": [7, 3]}).seeds == (7, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"epoch": 3},
            "recipe x: a recipe has no field 'epoch'; it has augmentation, ",
        ),
        ({"n_epochs": 0}, "recipe x: n_epochs must be a whole number >= 1, got 0"),
        ({"n_epochs": "9"}, "recipe x: n_epochs must be a whole number >= 1, got 9"),
        ({"seeds": [1, 1]}, "seeds must be at least one and differ, got"),
        ({"seeds": 0}, "seeds must be at least one and differ, got ()"),
        ({"init": "zeros"}, "init must be one of he_normal, .*, got 'zeros'"),
        ({"patience": 0}, "patience must be a whole number >= 1, got 0"),
        ({"train_samples": 0}, "train_samples must be a whole number >= 1, got 0"),
        ({"reported": {"all": 0.9}}, "fractions in .* for train, val, test, got all"),
        ({"reported": {"test": 98}}, "got test = 98"),
        (
            {"hyper_parameters": {"lr": 1}},
            "hyper_parameters has no field 'lr'; it has activation, ",
        ),
        ({"hyper_parameters": {"dropout": 2}}, "dropout must be a finite number"),
        (
            {"hyper_parameters": {"schedule": "cosine", "warmup_epochs": 2}},
            "cosine needs n_epochs, .* got 2",
        ),
        ({"hyper_parameters": {"n_epochs": 2}}, "n_epochs belongs beside seeds"),
        ({"augmentation": {"zoom": 1}}, "augmentation has no field 'zoom'"),
        ({"augmentation": {"scale": 2}}, "recipe x: scale must be below 1, got 2"),
    ],
)
def test_a_bad_recipe_is_refused_with_its_name(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        recipes.read("x", MINIMAL | change)


@pytest.mark.parametrize("missing", MINIMAL)
def test_nothing_may_be_missing(missing: str) -> None:
    table = {key: value for key, value in MINIMAL.items() if key != missing}
    with pytest.raises(UsageError, match=re.escape(f"recipe x: {missing} is missing")):
        recipes.read("x", table)


@pytest.mark.parametrize(
    ("arguments", "rate"),
    [
        ("", 0.015),
        ("--optimizer adam", 0.001),
        ("--recipe two-hidden --optimizer sgd", 0.015),
        ("--recipe two-hidden --optimizer sgd --learning-rate 0.1", 0.1),
    ],
)
def test_another_optimizer_gets_a_rate_of_its_own(arguments: str, rate: float) -> None:
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    plan = run.make_plan(parser.parse_args(arguments.split()))
    assert plan.hyper_parameters.learning_rate == rate
