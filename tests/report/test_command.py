"""`report` and `verify` from the command line, on a real and very small run."""

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compare import cli
from compare.measure import comparison, environment
from compare.record import results
from compare.record.plan import Plan
from compare.record.results import Results, pack, unpack
from compare.report import live
from tests.started import FinishedRun

MINE = "mine (1).py:Plain"


@pytest.fixture(autouse=True)
def folder(finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The finished run's folder; its paths are relative to where it was started.

    The code counts as unchanged, even while somebody edits it.
    """
    monkeypatch.chdir(finished_run.place)
    stored = results.read(finished_run.folder)
    monkeypatch.setattr(environment, "commit", lambda: stored.environment["commit"])
    return finished_run.folder


@pytest.fixture(scope="module")
def again(finished_run: FinishedRun) -> str:
    """The same plan, carried out once more: its results as JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(finished_run.place)
        stored = results.read(finished_run.folder)
        patch.setattr(environment, "commit", lambda: stored.environment["commit"])
        dataset = comparison.load(stored.plan)
        now = comparison.new_results(stored.plan, dataset, command=[])
        with tempfile.TemporaryDirectory() as scratch:
            comparison.carry_out(now, dataset, Path(scratch))
    return now.to_json()


@pytest.fixture
def measured(
    again: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, float]], None]:
    """Let `verify` find what `again` has measured, with times chosen by the test.

    Only what the clock said is made up: all else is computed again, once for all.
    """

    def install(seconds: dict[str, float]) -> None:
        def measure(plan: Plan, out: Path, **_: Any) -> Results:
            (tmp_path / "again.json").write_text(again, encoding="utf-8")
            found = timed(results.read(tmp_path / "again.json"), seconds)
            found.plan = plan
            found.runs = [run for run in found.runs if run.seed in plan.seeds]
            found.write(out)
            return found

        monkeypatch.setattr(live, "measure", measure)

    return install


def test_the_run_writes_its_report(folder: Path) -> None:
    assert (folder / "report.html").stat().st_size > 50_000


def test_everything_comes_again_from_the_json_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_bytes((folder / "results.json").read_bytes())
    assert cli.main(["report", str(tmp_path)]) == 0
    assert "report.html" in capsys.readouterr().out
    for path in folder.iterdir():
        again = tmp_path / path.name
        assert again.read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("command", ["report", "verify"])
def test_a_folder_without_results_is_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, str(tmp_path)]) == 2
    assert re.fullmatch(r"error: cannot read [^\n]+\n", capsys.readouterr().err)


def timed(found: Results, seconds: dict[str, float]) -> Results:
    """Set the times by hand: real ones of a millisecond say nothing for certain."""
    for run in found.runs:
        for record in run.epochs:
            # By 1 % more with each epoch and seed: a narrow interval, no noise.
            own = 1 + 0.01 * (record.epoch + run.seed)
            record.train_seconds = own * seconds[run.implementation]
    return found


@pytest.mark.parametrize(
    ("seconds", "code", "sentence"),
    [
        (0.01, 0, "The results agree: 5 properties judged, none differs."),
        (0.03, 1, f"do not agree: speed against numpy of {MINE}."),
    ],
)
def test_a_run_agrees_with_itself_but_for_its_speed(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    measured: Callable[[dict[str, float]], None],
    seconds: float,
    code: int,
    sentence: str,
) -> None:
    stored = altered(folder, tmp_path / "stored")
    timed(stored, {"numpy": 0.01, MINE: 0.01}).write(tmp_path / "stored")
    measured({"numpy": 0.01, MINE: seconds})
    out = tmp_path / "again"
    assert cli.main(["verify", str(tmp_path / "stored"), "--out", str(out)]) == code
    printed = capsys.readouterr().out
    assert printed.count("every prediction is the same") == 2
    assert sentence in printed
    assert results.read(out).plan == stored.plan


@pytest.mark.slow  # the parts are cheap: test_stopping_early, test_unequal_lengths
def test_patience_is_said_and_verified(
    folder_of_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(folder_of_data)
    # A rate that is too large: validation soon gets worse.
    how = "--impl numpy --layers 784-16-10 --batch-size 16 --learning-rate 0.1"
    how += " --seeds 2 --epochs 12 --patience 2"
    first, again = tmp_path / "first", tmp_path / "again"
    assert cli.main([*how.split(), "--data", data, "--out", str(first)]) == 0
    printed = capsys.readouterr().out
    assert "2 seeds × up to 12 epochs (early stopping, patience 2), 1 thr" in printed
    runs = results.read(first).runs
    trained = " and ".join(str(len(run.epochs)) for run in runs)
    kept = " and ".join(str(len(run.epochs) - 2) for run in runs)
    assert {run.stopped_early for run in runs} == {True}
    sentence = (
        f"numpy, epochs trained: {trained}; tested with the weights of epoch {kept}, "
        "the best on validation."
    )
    assert sentence in " ".join(printed.split())
    assert sentence[:-1] in (first / "report.html").read_text(encoding="utf-8")

    assert cli.main(["verify", str(first), "--out", str(again)]) == 0
    assert results.read(again).plan.patience == 2
    kept_again = [run.kept_epoch for run in results.read(again).runs]
    assert kept_again == [run.kept_epoch for run in runs]


def altered(folder: Path, target: Path) -> Results:
    found = results.read(folder)
    target.mkdir()
    return found


def test_other_predictions_are_found(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    measured: Callable[[dict[str, float]], None],
) -> None:
    measured({"numpy": 0.01, MINE: 0.01})
    found = altered(folder, tmp_path / "stored")
    run = found.runs_of("numpy")[0]
    assert run.predictions is not None
    wrong = unpack(run.predictions).copy()
    wrong[3] = (wrong[3] + 1) % 10
    run.predictions = pack(wrong)
    found.write(tmp_path / "stored")
    options = ["--quick", "--out", str(tmp_path / "again")]
    assert cli.main(["verify", str(tmp_path / "stored"), *options]) == 1
    printed = capsys.readouterr().out
    assert "1 predictions are others, with nothing changed" in printed
    assert "The results do not agree: accuracy of numpy." in printed
    assert results.read(tmp_path / "again").plan.seeds == (0,)


def test_other_data_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = altered(folder, tmp_path / "stored")
    found.data["sha256"] = "0" * 64
    found.write(tmp_path / "stored")
    out = tmp_path / "again"
    assert cli.main(["verify", str(tmp_path / "stored"), "--out", str(out)]) == 2
    assert "is not the data of the stored results" in capsys.readouterr().err
    assert not out.exists()


def test_results_without_a_complete_run_cannot_be_verified(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = altered(folder, tmp_path / "stored")
    found.runs, found.gallery, found.neurons = [], None, None
    found.write(tmp_path / "stored")
    assert cli.main(["verify", str(tmp_path / "stored")]) == 2
    assert "nothing to verify" in capsys.readouterr().err


def test_results_hold_no_path_of_this_machine_but_the_users_own(folder: Path) -> None:
    fields = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert "hostname" not in json.dumps(fields["environment"]).lower()
