"""`python -m compare profile`, from the command line to the figure."""

import json
from pathlib import Path

import pytest

from compare import HyperParameters
from compare.cli import main
from compare.measure import blocks
from compare.measure.blocks import Row
from compare.profile import figures as drawing
from compare.profile import text as time_split_table
from compare.profile import time_split


def test_a_small_profile(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    names = ["numpy", "textbook", "torch-lean"]
    code = main(["profile", "--impl", *names, "--rounds", "2", "--out", str(out)])
    printed = capfd.readouterr().out
    assert code == 0
    assert printed.startswith("Of the time of a training step, this much is matrix")
    rows = printed.partition("──\n")[2].splitlines()[:3]
    assert [row.split()[0] for row in rows] == names
    assert "- Medians of 2 rounds in random order" in printed
    assert "the 8 matrix products" in printed
    assert "BLAS against BLAS" in printed
    assert (out / "time_split.png").stat().st_size > 10_000
    stored = json.loads((out / "profile.json").read_text())
    for row in stored["rows"]:
        assert len(row["seconds"]["training"]) == len(row["phases"]) == 2
        # Instruments cost a few per cent; a wrong unit would be a factor.
        assert 0.2 < sum(row["phases"][0].values()) / row["seconds"]["training"][0] < 5


def test_the_notes_tell_the_rounds_that_were_done(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl-C in round 3 of 20: one row has had its turn, the other has not."""

    def interrupted(*_: object, **__: object) -> tuple[list[Row], bool]:
        return [row("numpy", 3), row("torch", 2)], False

    monkeypatch.setattr(blocks, "measure", interrupted)
    assert main(["profile", "--out", str(tmp_path)]) == 130
    assert "- Medians of 2 to 3 rounds in random order" in capsys.readouterr().out


def test_an_empty_profile_explains_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = Row("numpy", "step", reason="it only knows Sundays")
    monkeypatch.setattr(blocks, "measure", lambda *_, **__: ([empty], True))
    assert main(["profile", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "n/a: it only knows Sundays" in printed
    assert "Medians of" not in printed


def row(name: str, n_rounds: int) -> Row:
    times = [1e-4 * (1 + 0.01 * k) for k in range(n_rounds)]
    return Row(name, "step", seconds={"training": times, "floor": times})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rounds", "0"], "--rounds must be >= 1, got 0"),
        (["--impl", "nunpy"], "unknown implementation 'nunpy'"),
        (["--init", "he_normal"], "--init has no meaning here"),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_row_without_a_floor(tmp_path: Path) -> None:
    """On a GPU the products are not measured: no ratio is made up, all else stays."""
    times = {"training": [2e-4, 3e-4, 2e-4]}
    rows = [
        Row("torch-cuda", "step", seconds=times),
        Row("numpy", "step", seconds=times | {"floor": [1e-4] * 3}, library="numpy"),
    ]
    found = time_split.splits(rows)
    headline = time_split_table.headline(found)
    assert "numpy 50 %" in headline
    assert "torch-cuda" not in headline
    line = time_split_table.table(rows, found).splitlines()[-2]
    assert line.split() == ["torch-cuda", *"–––––", "–", "200", "n/a", "n/a"]
    notes = "\n".join(time_split_table.notes(found, HyperParameters().architecture))
    assert "torch-cuda: no floor, a GPU's is not measured" in notes
    assert "with the BLAS of that row: NumPy's for numpy." in notes
    assert drawing.write(found, "One step", tmp_path) == ["time_split.png"]
    assert "nothing" not in time_split_table.headline(found[:1])
