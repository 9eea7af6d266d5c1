import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from compare.sweep import training
from compare.sweep.training import Training
from tests.measure import small
from tests.sweep import studies


def first(tmp_path: Path, digits: Path, **fields: str) -> Training:
    return studies.read(tmp_path, digits, **fields).trainings()[0]


def test_a_training_is_that_of_the_comparison(tmp_path: Path, digits: Path) -> None:
    """`python -m compare` trains by other code, in other processes: same figures."""
    from compare.measure import comparison

    # A second row, or PyTorch would be started for the parity gate.
    rows = ("numpy", "textbook")
    plan = small.plan(digits, *rows, seeds=(1,), n_epochs=2, learning_rate=0.1)
    dataset = comparison.load(plan)
    results = comparison.new_results(plan, dataset, command=[])
    assert comparison.carry_out(results, dataset, tmp_path)
    expected = results.complete_runs_of("numpy")[0]
    one = next(
        t
        for t in studies.read(tmp_path, digits).trainings()
        if t.seed == 1 and t.point["learning_rate"] == 0.1
    )
    found = training.run(one)
    assert found["status"] == "complete", found["reason"]
    assert found["test_accuracy"] == expected.test_accuracy
    assert found["val_accuracy"] == [e.val_accuracy for e in expected.epochs]


def test_the_name_follows_everything_that_determines_it(
    tmp_path: Path, digits: Path
) -> None:
    one = first(tmp_path, digits)
    same = {"data_sha256": "a", "versions": {"numpy": "2"}, "code": "c"}
    changed: list[tuple[Training, dict[str, Any]]] = [
        (one, same | {"data_sha256": "b"}),
        (one, same | {"versions": {"numpy": "3"}}),
        (one, same | {"code": "d"}),
        (dataclasses.replace(one, seed=9), same),
        (dataclasses.replace(one, engine="sklearn"), same),
        (dataclasses.replace(one, recipe=one.recipe.with_epochs(3)), same),
        (
            dataclasses.replace(
                one, recipe=dataclasses.replace(one.recipe, init="he_normal")
            ),
            same,
        ),
    ]
    names = [one.key(same), *(t.key(i) for t, i in changed)]
    assert len(set(names)) == len(names)
    # What is only shown does not count: a study may call the same training otherwise.
    assert dataclasses.replace(one, point={}).key(same) == one.key(same)


def test_the_code_of_another_engine_does_not_count() -> None:
    assert training.code_hash("numpy") == training.code_hash("textbook")
    assert training.code_hash("numpy") != training.code_hash("torch")


@pytest.mark.parametrize(
    ("engine", "fields", "status", "reason"),
    [
        (f"{studies.HERE}:Raises", {}, "failed", "KeyError: 'no such layer'"),
        ("numpy", {"init": '"he_normal"', "fixed": ""}, "complete", ""),
    ],
)
def test_what_goes_wrong_is_a_record(
    tmp_path: Path,
    digits: Path,
    engine: str,
    fields: dict[str, str],
    status: str,
    reason: str,
) -> None:
    fields = {k: v for k, v in fields.items() if k != "fixed"}
    one = first(tmp_path, digits, engines=json.dumps([engine]), **fields)
    found = training.run(one)
    assert found["status"] == status
    assert reason in found["reason"]


def test_a_training_that_diverges_says_so(tmp_path: Path, digits: Path) -> None:
    text = "[vary]\nlearning_rate = [1e30]\n"
    one = studies.read(tmp_path, digits, text).trainings()[0]
    found = training.run(one)
    assert found["status"] == "diverged"
    assert "test_accuracy" not in found


def test_an_engine_that_cannot_is_unsupported(tmp_path: Path, digits: Path) -> None:
    text = "[vary]\noptimizer = ['adamw']\n"
    fields = {"engines": '["sklearn"]'}
    one = studies.read(tmp_path, digits, text, **fields).trainings()[0]
    assert training.run(one)["status"] == "unsupported"
