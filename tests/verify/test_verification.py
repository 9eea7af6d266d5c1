"""verify: the same is called the same, and each kind of difference is found."""

import dataclasses

import numpy as np
import pytest

from compare.record.results import Results, pack, unpack
from compare.verify import text as verification_table
from compare.verify import verification
from compare.verify.verification import Finding
from tests.report import invented

TIMES = {"numpy": 1.0, "torch": 2.0}


def find(stored: Results, now: Results, row: str, what: str) -> Finding:
    found = verification.judge(stored, now)
    return next(f for f in found if f.row == row and f.what.startswith(what))


def test_a_run_agrees_with_itself() -> None:
    found = verification.judge(invented.results(TIMES), invented.results(TIMES))
    assert {(f.row, f.what) for f in found} == {
        ("numpy", "outcome"),
        ("numpy", "accuracy"),
        ("numpy", "speed against torch"),
        ("torch", "outcome"),
        ("torch", "accuracy"),
    }
    assert {f.judgement for f in found} == {"agrees"}
    words = verification_table.sentence(found, [])
    assert words == "The results agree: 5 properties judged, none differs."


def test_other_predictions_differ_where_nothing_has_changed() -> None:
    stored, now = invented.results(TIMES), invented.results(TIMES, answer_seed=1)
    found = find(stored, now, "numpy", "accuracy")
    assert found.then == found.now == "95.00 %"
    assert found.judgement == "differs"
    assert "with nothing changed" in found.reason


@pytest.mark.parametrize(
    "change",
    [
        {"processor": "Test 4000"},
        {"python": "3.13.0"},
        {"commit": "def"},
        {"packages": {"numpy": "2.5.0", "torch": "2.13.0", "scikit-learn": "1.9.1"}},
    ],
)
def test_other_predictions_within_chance_agree_where_something_has_changed(
    change: dict[str, object],
) -> None:
    stored, now = invented.results(TIMES), invented.results(TIMES, answer_seed=1)
    now.environment |= change
    assert len(verification.changes(stored, now)) == 1
    found = find(stored, now, "numpy", "accuracy")
    assert found.judgement == "agrees"
    assert "McNemar" in found.reason


def test_threads_and_libraries_may_change_rounding() -> None:
    stored, now = invented.results(TIMES), invented.results(TIMES, answer_seed=1)
    for run in now.runs:
        run.thread_pools = [run.thread_pools[0] | {"architecture": "Haswell"}]
    assert find(stored, now, "numpy", "accuracy").judgement == "agrees"

    stored, now = invented.results(TIMES), invented.results(TIMES, answer_seed=1)
    stored.plan = dataclasses.replace(stored.plan, n_threads=2)
    assert find(stored, now, "numpy", "accuracy").judgement == "agrees"


def test_worse_accuracy_differs_anywhere() -> None:
    stored = invented.results(TIMES)
    now = invented.results(TIMES, n_wrong={"numpy": 40})
    now.environment |= {"processor": "Test 4000"}
    found = find(stored, now, "numpy", "accuracy")
    assert (found.then, found.now, found.judgement) == ("95.00 %", "80.00 %", "differs")
    assert find(stored, now, "torch", "accuracy").judgement == "agrees"


@pytest.mark.parametrize(
    ("n_lost", "seeds", "p", "judgement"),
    [
        # All discordant images on one side: p = 2 / 2^n for a seed, times the seeds.
        (8, (0,), "0.0078", "differs"),
        (8, (0, 1, 2), "0.023", "agrees"),
        (10, (0, 1, 2), "0.0059", "differs"),
    ],
)
def test_many_seeds_find_more_by_chance(
    n_lost: int, seeds: tuple[int, ...], p: str, judgement: str
) -> None:
    """The least of several p values is multiplied by their number (Bonferroni)."""
    stored, now = (invented.results(TIMES, seeds=seeds) for _ in range(2))
    now.environment |= {"processor": "Test 4000"}
    run = now.runs_of("numpy")[0]
    assert run.predictions is not None
    answers, labels = unpack(run.predictions).copy(), invented.labels()
    lost = np.flatnonzero(answers == labels)[:n_lost]
    answers[lost] = (labels[lost] + 1) % 10
    run.predictions = pack(answers)
    found = find(stored, now, "numpy", "accuracy")
    assert found.judgement == judgement
    assert found.reason.startswith(f"{n_lost} predictions are others")
    assert found.reason.endswith(f"p = {p}")


@pytest.mark.parametrize(
    ("seconds", "judgement"), [(1.0, "agrees"), (1.04, "agrees"), (1.3, "differs")]
)
def test_speed_agrees_within_its_interval(seconds: float, judgement: str) -> None:
    stored, now = invented.results(TIMES), invented.results({**TIMES, "numpy": seconds})
    assert find(stored, now, "numpy", "speed").judgement == judgement


def test_speed_is_not_judged_where_it_cannot_be() -> None:
    stored, now = invented.results(TIMES), invented.results({**TIMES, "numpy": 9.0})
    now.environment |= {"processor": "Test 4000"}
    found = find(stored, now, "numpy", "speed")
    assert (found.judgement, found.reason) == ("not judged", "another machine")

    now = invented.results({**TIMES, "numpy": 9.0})
    for run in now.runs_of("numpy"):
        for record in run.epochs:  # each seed at another speed
            record.train_seconds *= (0.3, 1, 3.3)[run.seed]
    assert find(stored, now, "numpy", "speed").reason == "too noisy to judge"


def test_speed_of_one_seed_is_not_judged() -> None:
    one, many = invented.results(TIMES, seeds=(0,)), invented.results(TIMES)
    for stored, now in ((one, many), (many, one)):
        found = find(stored, now, "numpy", "speed")
        assert found.judgement == "not judged"
        assert found.reason == "one seed has no interval"


def test_a_row_that_fails_now_differs() -> None:
    stored, now = invented.results(TIMES), invented.results(TIMES)
    for run in now.runs_of("numpy"):
        run.status = "failed"
    found = verification.judge(stored, now)
    outcome = next(f for f in found if (f.row, f.what) == ("numpy", "outcome"))
    assert (outcome.then, outcome.judgement) == ("complete, parity equal", "differs")
    words = verification_table.sentence(found, ["numpy: 2.4.6 → 2.5.0"])
    assert words == (
        "The results do not agree: outcome of numpy. "
        "Since then has changed: numpy: 2.4.6 → 2.5.0."
    )


def test_parity_that_is_lost_differs() -> None:
    stored, now = invented.results(TIMES), invented.results(TIMES)
    now.parity[0].status = "different"
    assert find(stored, now, "numpy", "outcome").judgement == "differs"
