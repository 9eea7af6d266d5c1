"""Whatever a user's class does to its process, the others keep their rows."""

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from compare.files import Outputs
from compare.measure import comparison, rounds, shared
from compare.record import results as stored
from compare.record.results import Results
from tests.measure import small

TIME_LIMIT = 3.0


@pytest.fixture(scope="module")
def mixed(
    folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Path]:
    """A comparison of numpy with classes that fork, sleep and raise strange texts."""
    names = ("Forks", "ForksASleeper", "Sleeps", "Raw", "NoText")
    plan = small.plan(
        folder_of_data,
        "numpy",
        *map(small.own, names),
        seeds=(0,),
        n_epochs=2,
        time_limit_seconds=TIME_LIMIT,
    )
    folder = tmp_path_factory.mktemp("mixed")
    dataset = comparison.load(plan)
    found = comparison.new_results(plan, dataset, command=[])
    begin = time.monotonic()
    assert comparison.carry_out(found, dataset, folder, outputs=Outputs())
    # The gate and the rounds wait once each for the one that sleeps.
    assert time.monotonic() - begin < 2 * TIME_LIMIT + 30
    return found, folder


def test_who_behaves_keeps_the_row(mixed: tuple[Results, Path]) -> None:
    found, folder = mixed
    for name in ("numpy", small.own("Forks"), small.own("ForksASleeper")):
        (run,) = found.complete_runs_of(name)
        assert len(run.epochs) == 2
    assert stored.read(folder) == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sleeps", "train_epoch was still running after 3 s (--time-limit gives"),
        ("Raw", r"RuntimeError: \x1b[31mred\x07 \ud800 xxx"),
        ("NoText", "Mute: (its text cannot be had: ValueError)"),
    ],
)
def test_who_does_not_has_a_reason_fit_for_print(
    mixed: tuple[Results, Path], name: str, words: str
) -> None:
    (run,) = mixed[0].runs_of(small.own(name))
    assert run.status == "failed"
    assert words in run.reason
    assert len(run.reason) < 700
    assert run.reason.isprintable()


def test_names_of_rows_longer_than_a_file_name_have_a_place(tmp_path: Path) -> None:
    run = stored.Run("folder/" * 60 + "my.py:Net", 0)
    path = rounds.weights_file(tmp_path, run)
    shared.write_weights(path, [(np.zeros((2, 2)), np.zeros(2))])
    assert path.exists()


def test_more_than_256_classes_keep_their_answers(
    folder_of_data: Path, tmp_path: Path
) -> None:
    """Every answer is class 299, which a byte would turn into 43."""
    # With a second row PyTorch need not be started for the parity gate.
    rows = (small.own("Answers299"), "numpy")
    plan = small.plan(folder_of_data, *rows, seeds=(0,), n_epochs=1)
    hp = dataclasses.replace(plan.hyper_parameters, layer_sizes=(784, 4, 300))
    plan = dataclasses.replace(plan, hyper_parameters=hp)
    dataset = comparison.load(plan)
    found = comparison.new_results(plan, dataset, command=[])
    comparison.carry_out(found, dataset, tmp_path)
    (run,) = stored.read(tmp_path).complete_runs_of(rows[0])
    assert run.predictions is not None
    assert set(stored.unpack(run.predictions)) == {299}
    assert run.test_accuracy == 0
