"""A comparison that is interrupted, cut off or killed: what is shown, kept and left.

Each run is a subprocess, as a user starts it, on data small enough for seconds.
"""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from compare.measure.transport import ROOT
from compare.record import model_file, results
from compare.record.judging import judge
from compare.report.figures import curves
from tests.started import (
    SMALL,
    Running,
    command,
    environment,
    gone,
    wait_until,
    workers,
)


@pytest.fixture
def running(folder_of_data: Path, tmp_path: Path) -> Running:
    return Running(folder_of_data, tmp_path / "out")


def test_ctrl_c_shows_and_keeps_what_is_done(running: Running) -> None:
    process = running.start("SlowEpochs")
    wait_until(lambda: running.n_epochs() >= 3)
    children = workers(process.pid)
    assert len(children) == 2
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "Interrupted: the tables show what was done by then.\n"
    assert "Traceback" not in out
    assert re.search(r"^numpy +unfinished +\d", out, re.M), out
    assert "curves.png" in out
    assert gone(children)
    kept = results.read(running.folder)
    assert not kept.finished
    assert {run.status for run in kept.runs} == {"interrupted"}
    assert running.n_epochs() >= 3
    assert (running.folder / "curves.png").exists()
    assert not list(running.scratch.iterdir())


@pytest.mark.slow
def test_a_polite_end_in_the_second_seed_keeps_the_first(
    running: Running, tmp_path: Path
) -> None:
    """SIGTERM, as `kill` and `timeout` send it, is a Ctrl-C."""
    path = tmp_path / "kept.safetensors"
    process = running.start("SlowEpochs", epochs=3, seeds=2, save=path)
    wait_until(lambda: running.n_epochs() >= 2 * 3 + 1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    kept = results.read(running.folder)
    (first,) = kept.complete_runs_of("numpy")
    assert f"The network of numpy, seed 0, is in {path}" in out
    training = model_file.load(path).training
    assert (training["seed"], training["kept_epoch"]) == (0, 2)
    # Its validation accuracy stands alone, without the second seed's first epochs.
    (row,) = re.findall(r"^numpy +(.*)$", out[out.index("test accuracy") :], re.M)[:1]
    val = f"{100 * first.epochs[-1].val_accuracy:.2f}"
    assert row.split()[1] == val, row
    assert curves.series(judge(kept)["numpy"], "val_loss").shape == (1, 3)


def test_ctrl_c_during_the_parity_gate(running: Running) -> None:
    """The first words come within seconds, long before anything is measured."""
    process = running.start("Sleeps", "Sleeps", "Sleeps", "Plain")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("784-16-10")
    # Of the processor: other programs may slow it down, as they do everything.
    clock = psutil.Process(process.pid).cpu_times()
    assert clock.user + clock.system < 5
    wait_until(lambda: len(workers(process.pid)) >= 2)
    time.sleep(1)  # into the gate's epoch
    children = workers(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "Interrupted: the tables show what was done by then.\n"
    assert "not measured: interrupted before its first epoch" in out
    assert gone(children)
    assert results.read(running.folder).runs == []


@pytest.mark.slow
def test_killed_outright_the_results_are_there_and_the_workers_end(
    running: Running,
) -> None:
    process = running.start("SlowEpochs")
    wait_until(lambda: running.n_epochs() >= 3)
    children = workers(process.pid)
    process.kill()
    process.communicate()
    wait_until(lambda: gone(children), 30)
    kept = results.read(running.folder)
    assert not kept.finished
    assert sum(len(run.epochs) for run in kept.runs) >= 3


@pytest.mark.slow  # the same way out as of any command, which test_cli takes
def test_a_reader_who_has_seen_enough_gets_no_traceback(
    folder_of_data: Path, tmp_path: Path
) -> None:
    how = ("--impl", "numpy", "--data", folder_of_data, *SMALL, "--out", tmp_path)
    with subprocess.Popen(
        command(*how),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
    json.loads((tmp_path / "results.json").read_text())
