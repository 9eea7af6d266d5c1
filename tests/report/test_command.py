"""`report` and `verify` from the command line, on a real and very small run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare import cli
from compare.measure import environment
from compare.record import results
from compare.record.plan import short
from compare.record.results import Results, pack, unpack
from compare.report import live
from tests.measure import small


@pytest.fixture(scope="module", autouse=True)
def _one_commit() -> Iterator[None]:
    """The code counts as unchanged, even while somebody edits it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "commit", lambda: "abc")
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("run")
    data = small.write_data(base / "idx")
    impl = ("--impl", "numpy", small.own("Plain"), "--layers", "784-16-10")
    how = ("--data", str(data), "--seeds", "2", "--epochs", "2")
    assert cli.main([*impl, *how, "--out", str(base / "out")]) == 0
    return base / "out"


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
        (0.03, 1, f"do not agree: speed against numpy of {short(small.own('Plain'))}."),
    ],
)
def test_a_run_agrees_with_itself_but_for_its_speed(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    code: int,
    sentence: str,
) -> None:
    """Everything is computed again; only what the clock said is made up."""
    times = {"numpy": 0.01, small.own("Plain"): 0.01}
    stored = altered(folder, tmp_path / "stored")
    timed(stored, times).write(tmp_path / "stored")
    times[small.own("Plain")] = seconds
    measure = live.measure
    monkeypatch.setattr(
        live, "measure", lambda plan, out: timed(measure(plan, out), times)
    )
    out = tmp_path / "again"
    assert cli.main(["verify", str(tmp_path / "stored"), "--out", str(out)]) == code
    printed = capsys.readouterr().out
    assert printed.count("every prediction is the same") == 2
    assert sentence in printed
    assert results.read(out).plan == stored.plan


def test_patience_is_said_and_verified(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = results.read(folder).plan.data
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


def test_a_profile_beside_the_results_is_shown(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_bytes((folder / "results.json").read_bytes())
    page = tmp_path / "report.html"
    assert cli.main(["report", str(tmp_path)]) == 0
    text = page.read_text(encoding="utf-8")
    command = "compare profile --out FOLDER --layers 784-16-10"
    assert f"python -m {command}\n" in text
    options = ["--impl", "numpy", "--rounds", "2", "--out", str(tmp_path)]
    assert cli.main(["profile", *options]) == 0  # of another network
    assert cli.main(["report", str(tmp_path)]) == 0
    assert "is of another network" in page.read_text(encoding="utf-8")

    assert cli.main(["profile", *options]) == 2  # it is never overwritten
    (tmp_path / "profile.json").unlink()
    assert cli.main(["profile", *options, "--layers", "784-16-10"]) == 0
    assert cli.main(["report", str(tmp_path)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "this much is matrix products" in text
    assert "Stacked bars: one training step takes numpy" in text

    (tmp_path / "profile.json").write_text("{}")
    assert cli.main(["report", str(tmp_path)]) == 2
    assert "is no profile of this suite" in capsys.readouterr().err


def altered(folder: Path, target: Path) -> Results:
    found = results.read(folder)
    target.mkdir()
    return found


def test_other_predictions_are_found(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
