"""Differences planted at random are found, attributed, and add up to the total."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import registry
from compare.architecture import Architecture
from compare.explain import ablation, effects, starts
from compare.explain.ablation import FIRST, SECOND, Ablation
from compare.explain.settings import Configuration, differences
from compare.measure import shared
from compare.weights import epoch_order
from data import Dataset, load

NETWORK = Architecture((784, 16, 10))
BASE = Configuration(learning_rate=0.01, batch_size=32, n_epochs=3, eps=1e-8)
# What can be planted: each takes points of accuracy away in so short a training.
PLANTED: dict[str, dict[str, Any]] = {
    "learning rate": {"learning_rate": 0.0003},
    "batch size": {"batch_size": 400},
    "L2": {"l2": 0.3},
    "number of epochs": {"n_epochs": 1},
    "optimizer": {"optimizer": "sgd"},
}
# A difference that makes none, beside those that do.
IDLE = {"eps": 1e-9}
SEEDS = (0, 1, 2)
# What is named: with three seeds, the interval of an effect of seven points may still
# contain 0.
FELT = 0.1
MANY_SEEDS = (0, 1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    folder = tmp_path_factory.mktemp("data")
    dataset = load("mnist", train_samples=1_200)
    shared.write(dataset, folder)
    return folder, dataset


def ablated(
    second: Configuration, small: tuple[Path, Dataset], seeds: tuple[int, ...] = SEEDS
) -> tuple[Ablation, effects.Explanation]:
    folder, dataset = small
    settings = differences(BASE, second)
    found = Ablation(ablation.cells(BASE, second, settings))
    ablation.run(
        found,
        folder,
        dataset.y_test,
        architecture=NETWORK,
        activation="relu",
        seeds=seeds,
        budget_seconds=600,
        n_processes=1,
    )
    return found, effects.explain(found, settings)


def torch_accuracy(
    configuration: Configuration, dataset: Dataset, seeds: tuple[int, ...]
) -> float:
    """Return what PyTorch reaches with these settings, from the same starts."""
    hp = configuration.hyper_parameters(NETWORK)
    right = []
    for seed in seeds:
        network = registry.create("torch", hp)
        network.set_weights(starts.draw(configuration, NETWORK, seed=seed))
        for epoch in range(configuration.n_epochs):
            order = epoch_order(len(dataset.X_train), seed=seed, epoch=epoch)
            network.train_epoch(dataset.X_train, dataset.y_train, order)
        probs = network.predict_proba(dataset.X_test)
        right.append(probs.argmax(axis=1) == dataset.y_test)
    return float(np.mean(right))


def check(
    n_planted: int,
    draw: int,
    small: tuple[Path, Dataset],
    seeds: tuple[int, ...] = SEEDS,
) -> None:
    rng = np.random.default_rng([n_planted, draw])
    names = [str(n) for n in rng.choice(list(PLANTED), n_planted, replace=False)]
    fields = {k: v for name in names for k, v in PLANTED[name].items()}
    second = BASE.changed(**fields, **IDLE)
    _, found = ablated(second, small, seeds)
    by_name = {effect.setting: effect for effect in found.effects}
    assert set(by_name) == {*names, "Adam's epsilon"}
    idle = by_name["Adam's epsilon"]
    assert idle.verdict == "no effect beyond chance"
    # Attributed: the effects add up to the total, which PyTorch confirms.
    total, rest = found.total, found.interactions
    assert total is not None
    assert rest is not None
    assert total.low is not None
    assert total.high is not None
    parts = sum(e.both.mean for e in found.effects if e.both)
    assert parts + rest.mean == pytest.approx(total.mean, abs=1e-12)
    if n_planted < 3:  # of three, two may stand in for one another
        assert total.low <= parts <= total.high
    ends = [torch_accuracy(c, small[1], seeds) for c in (BASE, second)]
    assert ends[1] - ends[0] == pytest.approx(total.mean, abs=0.01)
    if n_planted < 3:
        check_attribution(names, fields | IDLE, by_name, ends, small[1], seeds)


def check_attribution(
    names: list[str],
    fields: dict[str, Any],
    by_name: dict[str, effects.Effect],
    ends: list[float],
    dataset: Dataset,
    seeds: tuple[int, ...],
) -> None:
    """Each effect is what PyTorch loses and gains by that setting alone."""
    for name in names:
        others = {k: v for k, v in fields.items() if k not in PLANTED[name]}
        only, without = BASE.changed(**PLANTED[name]), BASE.changed(**others)
        on_alone = torch_accuracy(only, dataset, seeds) - ends[0]
        off_alone = ends[1] - torch_accuracy(without, dataset, seeds)
        found = by_name[name].both
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        truth = (on_alone + off_alone) / 2
        assert found.low <= truth <= found.high
        if abs(truth) >= FELT:
            word = "more accurate" if truth > 0 else "less accurate"
            assert by_name[name].verdict == word


@pytest.mark.parametrize(
    "n_planted",
    [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))],
)
def test_planted_differences_are_found_and_add_up(
    n_planted: int, small: tuple[Path, Dataset]
) -> None:
    check(n_planted, 0, small)


@pytest.mark.slow
@pytest.mark.parametrize("draw", range(1, 6))
@pytest.mark.parametrize("n_planted", [1, 2, 3])
def test_many_planted_differences(
    n_planted: int, draw: int, small: tuple[Path, Dataset]
) -> None:
    check(n_planted, draw, small, MANY_SEEDS)


def test_with_nothing_planted_nothing_is_found(small: tuple[Path, Dataset]) -> None:
    ablation_, found = ablated(BASE, small, seeds=(0, 1))
    assert found.effects == ()
    assert found.total is not None
    assert found.total.mean == 0
    assert set(ablation_.correct) == {FIRST, SECOND}


def test_two_seeds_are_too_few_for_a_verdict(small: tuple[Path, Dataset]) -> None:
    _, found = ablated(BASE.changed(n_epochs=1), small, seeds=(0, 1))
    assert found.effects[0].verdict == "not enough data"


def test_a_training_that_diverges_is_said_and_the_rest_stays(
    small: tuple[Path, Dataset],
) -> None:
    second = BASE.changed(optimizer="sgd", learning_rate=1e30, l2=0.1)
    found, explained = ablated(second, small, seeds=(0, 1, 2))
    by_name = {effect.setting: effect for effect in explained.effects}
    assert "diverged" in by_name["learning rate"].reason
    assert by_name["L2"].on is not None  # from the first, which does not diverge
    assert by_name["L2"].both is None
    assert FIRST in found.correct


def test_a_budget_of_nothing_still_says_what_was_not_done(
    small: tuple[Path, Dataset],
) -> None:
    folder, dataset = small
    second = BASE.changed(n_epochs=1)
    found = Ablation(ablation.cells(BASE, second, differences(BASE, second)))
    ablation.run(
        found,
        folder,
        dataset.y_test,
        architecture=NETWORK,
        activation="relu",
        seeds=SEEDS,
        budget_seconds=1e-3,
        n_processes=1,
    )
    assert found.out_of_budget
    assert found.seeds == []
