"""Runs that end early or cannot write: subprocesses, as a user starts them."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from compare.record import results
from tests.measure import small
from tests.started import Running, command, environment, wait_until


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.3, 1.0])
def test_a_second_ctrl_c_loses_nothing(
    folder_of_data: Path, tmp_path: Path, pause: float
) -> None:
    running = Running(folder_of_data, tmp_path / "out")
    process = running.start("SlowEpochs")
    wait_until(lambda: running.n_epochs() >= 3)
    process.send_signal(signal.SIGINT)
    time.sleep(pause)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    kept = results.read(running.folder)
    assert {run.status for run in kept.runs} == {"interrupted"}
    assert (running.folder / "report.html").exists()


@pytest.mark.slow
def test_ctrl_c_before_there_is_anything_to_do_shows_no_traceback() -> None:
    """Python itself needs some 10 ms before any of our code runs."""
    for delay in (0.015, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4):
        process = subprocess.Popen(
            command("--help"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        if "compare" in err:  # else it was Python's own start that was interrupted
            assert "Traceback" not in err, delay


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_costs_the_tables_alone(
    folder_of_data: Path, tmp_path: Path
) -> None:
    small_run = ("--layers", "784-16-10", "--seeds", "1", "--epochs", "1")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(
                *("--impl", "numpy", "--data", folder_of_data, *small_run),
                *("--out", tmp_path / "out"),
            ),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    # Above it there may be progress, on a slow machine.
    assert done.stderr.endswith(
        "error: standard output could not be written (No space left on device); files "
        "are complete\n"
    )
    assert done.stderr.count("error") == 1
    assert results.read(tmp_path / "out").finished
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.slow
def test_outputs_that_cannot_be_written_are_named_and_the_rest_is_there(
    folder_of_data: Path, tmp_path: Path
) -> None:
    """A link appears in the folder after the check, while the run goes on."""
    running = Running(folder_of_data, tmp_path / "out")
    outside = tmp_path / "outside.csv"
    outside.write_text("mine")
    process = running.start("SlowEpochs", epochs=4, save=tmp_path / "model.safetensors")
    wait_until(lambda: running.n_epochs() >= 1)
    (running.folder / "curves.png").symlink_to(outside)
    (tmp_path / "model.safetensors").symlink_to(outside)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "test accuracy" in out
    assert "model.safetensors was not written" in out
    assert err.count("is a link, and only plain files are written") == 2
    assert outside.read_text() == "mine"
    assert results.read(running.folder).finished
    for name in ("epochs.csv", "confusion.png", "report.html"):
        assert (running.folder / name).exists()


def test_two_runs_into_one_folder_are_told_apart(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    done = subprocess.run(
        command("--impl", small.own("Plain"), "--out", tmp_path),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    os.close(descriptor)
    assert done.returncode == 2
    assert "another run is writing into it" in done.stderr
