import json
import re
from pathlib import Path

import pandas as pd
import pytest

from compare import cli, sweep
from compare.errors import UsageError
from compare.files import write_atomically
from compare.sweep import store
from tests.sweep import studies

SHOW = """[vary]
learning_rate = [0.01, 0.1]
batch_size = [16, 32]
[show]
"""


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, digits: Path
) -> tuple[Path, Path, str]:
    """Return the study, the folder and the output of a sweep that has run."""
    folder = tmp_path_factory.mktemp("sweep")
    text = f'{SHOW}x = "learning_rate"\nlines = "batch_size"\n'
    study = studies.write(folder, digits, text, seeds="3", n_epochs="1")
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("compare.sweep.command.say", printed.append)
        assert cli.main(["sweep", str(study), "--out", str(folder / "out")]) == 0
    return study, folder / "out", "".join(printed)


def test_it_prints_the_best_and_writes_everything(done: tuple[Path, Path, str]) -> None:
    _, folder, printed = done
    assert "4 points × 1 engine × 3 seeds = 12 trainings." in printed
    assert "best by validation" in printed
    assert "no time is compared" in printed
    for name in ("trainings.csv", "curves.png", "parallel.png", "report.html"):
        assert name in printed
        assert (folder / name).stat().st_size > 500
    page = (folder / "report.html").read_text()
    assert page.count("<svg ") == 2
    assert not re.findall(r"""(?:src|href)=["']?http""", page)


def test_the_frame_and_the_files_say_the_same(done: tuple[Path, Path, str]) -> None:
    _, folder, _ = done
    frame = sweep.read(folder)
    assert len(frame) == 12
    assert set(frame["status"]) == {"complete"}
    csv = pd.read_csv(folder / "trainings.csv").set_index("key")
    pd.testing.assert_series_equal(
        csv["val_accuracy"].sort_index(),
        frame.set_index("key")["val_accuracy"].sort_index(),
    )
    pytest.importorskip("pyarrow")
    parquet = pd.read_parquet(folder / "trainings.parquet")
    assert list(parquet.columns) == list(frame.columns)


def test_a_second_call_trains_nothing_and_prints_rows(
    done: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    study, folder, _ = done
    times = {p: p.stat().st_mtime_ns for p in (folder / store.TRAININGS).iterdir()}
    assert cli.main(["sweep", str(study), "--out", str(folder), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 12
    assert {"learning_rate", "batch_size", "engine", "seed"} <= set(rows[0])
    assert {p: p.stat().st_mtime_ns for p in times} == times


def test_a_heat_map(done: tuple[Path, Path, str], tmp_path: Path) -> None:
    study, folder, _ = done
    text = study.read_text().partition("[show]")[0]
    study = tmp_path / "small.toml"
    study.write_text(f'{text}[show]\nx = "learning_rate"\ny = "batch_size"\n')
    assert cli.main(["sweep", str(study), "--out", str(folder)]) == 0
    assert (folder / "heat_map.png").stat().st_size > 1000


def test_a_broken_file_is_named(
    done: tuple[Path, Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / store.TRAININGS).mkdir()
    key = next((done[1] / store.TRAININGS).iterdir()).name
    (tmp_path / store.TRAININGS / key).write_text("{")
    assert cli.main(["sweep", str(done[0]), "--out", str(tmp_path)]) == 2
    assert f"{key} is no training" in capsys.readouterr().err


def test_a_full_disk_costs_no_table(
    done: tuple[Path, Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Four of twelve trainings find room; the numbers are those of all."""
    written: list[Path] = []

    def until_it_is_full(path: Path, content: bytes) -> None:
        if len(written) == 4:
            raise UsageError(f"{path}: cannot be written (No space left on device)")
        written.append(path)
        write_atomically(path, content)

    monkeypatch.setattr(store, "write_atomically", until_it_is_full)
    study, _, before = done
    assert cli.main(["sweep", str(study), "--out", str(tmp_path), "--jobs", "2"]) == 1
    out, err = capsys.readouterr()
    table = before[before.index("best by validation") : before.index("Written to")]
    assert table in out
    assert "error: 8 trainings could not be kept, and will have to be trained" in err
    assert "No space left on device" in err
    assert len(list((tmp_path / store.TRAININGS).iterdir())) == 4


def test_without_a_study_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep"]) == 0
    assert "learning-rate" in capsys.readouterr().out


def test_nobody_answers(
    done: tuple[Path, Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="requirements-cluster.txt")
    arguments = ["sweep", str(done[0]), "--out", str(tmp_path)]
    assert cli.main([*arguments, "--cluster", "no-address"]) == 2
    assert "--cluster no-address: nobody answers" in capsys.readouterr().err
