"""`report` and `verify` from the command line, on a real and very small run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare import cli, results
from compare.measure import environment
from compare.results import Results, pack, unpack
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


def test_a_run_agrees_with_itself(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "again")
    code = cli.main(["verify", str(folder), "--out", out])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert printed.count("every prediction is the same") == 2
    assert "The results agree: " in printed
    assert results.read(Path(out)).plan == results.read(folder).plan


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
    found.runs = []
    found.write(tmp_path / "stored")
    assert cli.main(["verify", str(tmp_path / "stored")]) == 2
    assert "nothing to verify" in capsys.readouterr().err


def test_results_hold_no_path_of_this_machine_but_the_users_own(folder: Path) -> None:
    fields = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert "hostname" not in json.dumps(fields["environment"]).lower()
