"""The terminal closes during a comparison: SIGHUP, where the system has it."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from compare.record import results
from tests.started import Running, gone, wait_until, workers

fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")


@pytest.fixture
def running(folder_of_data: Path, tmp_path: Path) -> Running:
    return Running(folder_of_data, tmp_path / "out")


def hang_up_ends() -> None:
    """As in a terminal, even if the tests themselves are run with nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def hang_up_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.slow
def test_a_terminal_that_closes_takes_nothing_with_it(running: Running) -> None:
    """As on a real one: the tables go nowhere, and the files are all there."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)

    def read() -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(ours, 1 << 16):
                pass

    def done(n_epochs: int) -> bool:
        read()
        return running.n_epochs() >= n_epochs

    def own_terminal() -> None:
        hang_up_ends()
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = running.start(
        "SlowEpochs", epochs=3, seeds=2, before=own_terminal, terminal=theirs
    )
    os.close(theirs)
    wait_until(lambda: done(2 * 3 + 1))
    children = workers(process.pid)
    os.close(ours)
    assert process.wait(timeout=120) == 130
    assert gone(children)
    assert not list(running.scratch.iterdir())
    kept = results.read(running.folder)
    assert len(kept.complete_runs()) == 2
    assert {run.status for run in kept.runs} == {"complete", "interrupted"}
    assert (running.folder / "report.html").exists()


@pytest.mark.slow
def test_tables_that_go_elsewhere_are_still_written(running: Running) -> None:
    process = running.start("SlowEpochs", before=hang_up_ends)
    wait_until(lambda: running.n_epochs() >= 3)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "unfinished" in out
    assert err == "Interrupted: the tables show what was done by then.\n"
    assert not list(running.scratch.iterdir())


@pytest.mark.slow
def test_nohup_is_obeyed(running: Running) -> None:
    process = running.start("SlowEpochs", epochs=4, before=hang_up_is_ignored)
    wait_until(lambda: running.n_epochs() >= 1)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert results.read(running.folder).finished
