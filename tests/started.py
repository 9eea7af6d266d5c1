"""`python -m compare` in a process of its own, as a user starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from compare.measure.transport import ROOT
from compare.record import results
from tests.measure import small

SMALL = ("--layers", "784-16-10", "--seeds", "2", "--epochs", "2")


class FinishedRun(NamedTuple):
    """What a comparison has printed, where it was started and where it wrote."""

    done: subprocess.CompletedProcess[str]
    place: Path
    folder: Path


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "compare", *map(str, options)]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def compare(*options: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options),
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=300,
        check=False,
    )


def workers(parent: int) -> list[psutil.Process]:
    try:
        return psutil.Process(parent).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(
        p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes
    )


class Running:
    """A comparison in its own process, which a test brings to its end."""

    def __init__(self, images: Path, folder: Path) -> None:
        self.images, self.folder = images, folder
        # A folder of its own for what is scratch: killed outright, it stays behind.
        self.scratch = folder.with_name("scratch")
        self.scratch.mkdir()

    def start(
        self,
        *own: str,
        epochs: int = 60,
        seeds: int = 1,
        save: Path | None = None,
        before: Callable[[], object] | None = None,
        terminal: int | None = None,
    ) -> subprocess.Popen[str]:
        impl = ("--impl", "numpy", *map(small.own, own))
        how: tuple[object, ...] = ("--layers", "784-16-10", "--seeds", seeds)
        how += ("--epochs", epochs, *(("--save-model", save) if save else ()))
        output = subprocess.PIPE if terminal is None else terminal
        return subprocess.Popen(
            command(*impl, "--data", self.images, *how, "--out", self.folder),
            text=True,
            cwd=ROOT,
            env=environment() | {"TMPDIR": str(self.scratch)},
            preexec_fn=before,
            stdin=terminal,
            stdout=output,
            stderr=output,
        )

    def n_epochs(self) -> int:
        if not (self.folder / "results.json").exists():
            return 0
        return sum(len(run.epochs) for run in results.read(self.folder).runs)
