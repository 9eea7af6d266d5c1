"""`python -m compare scaling`: the budget is kept, and what was done is printed."""

import json
import time
from pathlib import Path

import pytest

from compare.cli import main
from compare.config import HyperParameters
from compare.options import seconds
from compare.scaling import axes as sweep
from tests.measure import small

SLOW = """
import time
from numpy_impl import NumpyImplementation


class Slow(NumpyImplementation):
    def train_epoch(self, X, y, order):
        time.sleep({sleep})
        super().train_epoch(X, y, order)
"""


@pytest.fixture(autouse=True)
def _small_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCHES", (1, 16))


def run(tmp_path: Path, *arguments: str, sleep: float = 0.02) -> tuple[int, float]:
    own = tmp_path / "slow.py"
    own.write_text(SLOW.format(sleep=sleep))
    start = time.monotonic()
    code = main(
        [
            *("scaling", "--axes", "batch", "--out", str(tmp_path / "out")),
            *("--impl", "numpy", f"{own}:Slow", *arguments),
        ]
    )
    return code, time.monotonic() - start


def test_a_small_sweep(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, took = run(tmp_path, "--budget", "5s")
    printed = capfd.readouterr().out
    assert code == 0
    # 10 % over, and the first drawing of a figure in this process.
    assert took < 5 * 1.1 + 3
    # On a busy machine the sentence may be that nobody can be ranked.
    assert printed.startswith("Training, by batch size: ")
    assert "Data are synthetic" in printed
    stored = json.loads((tmp_path / "out" / "scaling.json").read_text())
    assert stored["n_rounds"] >= 3
    for one in stored["series"]:
        batch_size = int(one["key"].split()[2])
        slept = min(filter(None, one["training"])) * batch_size >= 0.02
        assert slept == one["name"].endswith("Slow")
    assert (tmp_path / "out" / "scaling.csv").read_text().startswith("axis,value,kind")
    for kind in ("training", "inference"):
        assert (tmp_path / "out" / f"scaling_{kind}.png").stat().st_size > 10_000


def test_threads_are_given_to_every_point_but_those_of_their_own_axis() -> None:
    found = sweep.axes(["batch", "threads"], HyperParameters(), n_cores=2, n_threads=2)
    assert {point.n_threads for point in found["batch"].values()} == {2}
    assert {n: p.n_threads for n, p in found["threads"].items()} == {1: 1, 2: 2}


def test_what_hangs_is_cut_off(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, took = run(tmp_path, "--budget", "3s", sleep=600)
    printed = capfd.readouterr().out
    assert code == 0
    assert took < 3 * 1.1 + 3
    assert "not done within the budget" in printed


def test_without_any_time_it_is_a_failure_in_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One class dies in every epoch, the other raises: nobody has a time."""
    own = [small.own(name) for name in ("Raises", "Killed")]
    out = ("--out", str(tmp_path), "--budget", "30s")
    assert main(["scaling", "--axes", "batch", "--impl", *own, *out]) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    last = printed.err.splitlines()[-1]
    assert last.startswith("error: nothing could be measured: misbehaving.py:Raises: ")
    assert "IndexError: row 7 is missing" in last
    assert "; misbehaving.py:Killed: the process was killed" in last


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--impl", "numpy"], "--impl needs at least two implementations"),
        (["--impl", "numpy", "nunpy"], "unknown implementation 'nunpy'"),
        (["--clock", "processor", "--axes", "threads"], "--clock processor adds up"),
        (["--threads", "0"], "--threads must be >= 1, got 0"),
        (["--threads", "9999"], "--threads must be <= "),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scaling", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_times_are_read_with_their_unit() -> None:
    assert [seconds(text) for text in ("90", "90s", "5m", "0.5h")] == [
        90,
        90,
        300,
        1800,
    ]
    with pytest.raises(SystemExit):
        main(["scaling", "--budget", "soon"])
