"""`python -m compare profile`, from the command line to the figure."""

import json
from pathlib import Path

import pytest

from compare.cli import main


def test_a_small_profile(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    names = ["numpy", "sklearn", "torch-lean"]
    code = main(["profile", "--impl", *names, "--rounds", "2", "--out", str(out)])
    printed = capfd.readouterr().out
    assert code == 0
    assert printed.startswith("Of the time of a training step, this much is matrix")
    rows = printed.partition("──\n")[2].splitlines()[:3]
    assert [row.split()[0] for row in rows] == names
    assert "the 8 matrix products" in printed
    assert "BLAS against BLAS" in printed
    assert (out / "time_split.png").stat().st_size > 10_000
    stored = json.loads((out / "profile.json").read_text())
    for row in stored["rows"]:
        assert len(row["seconds"]["training"]) == len(row["phases"]) == 2
        # Instruments cost a few per cent; a wrong unit would be a factor.
        assert 0.2 < sum(row["phases"][0].values()) / row["seconds"]["training"][0] < 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rounds", "0"], "--rounds must be >= 1, got 0"),
        (["--impl", "jax"], "unknown implementation 'jax'"),
        (["--init", "he_normal"], "--init has no meaning here"),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", *arguments]) == 2
    assert sentence in capsys.readouterr().err
