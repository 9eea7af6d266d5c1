"""One worker process and its talk with the parent, whatever an implementation does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from compare.config import HyperParameters
from compare.errors import UnsupportedError, UsageError
from compare.measure import comparison, shared
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.measure.transport import ROOT
from compare.measure.worker import Worker
from compare.weights import initial_weights
from tests.measure import small

HP = HyperParameters(layer_sizes=small.LAYERS)


@pytest.fixture(scope="module")
def scratch(folder_of_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `comparison.carry_out` leaves for its workers, and initial weights."""
    folder = tmp_path_factory.mktemp("scratch")
    shared.write(comparison.load(small.plan(folder_of_data, "numpy")), folder)
    weights = initial_weights(small.LAYERS, seed=0)
    shared.write_weights(folder / "start.npz", weights)
    return folder


def start(worker: RemoteImplementation, scratch: Path) -> None:
    worker.create(HP)
    worker.ask("load", folder=str(scratch))
    worker.ask("set_weights", path=str(scratch / "start.npz"))


def epoch(worker: RemoteImplementation) -> dict[str, float]:
    return worker.ask("train", seed=0, epoch=0, n_steps=None)


def train_and_evaluate(worker: RemoteImplementation) -> None:
    epoch(worker)
    worker.ask("evaluate")


@pytest.fixture
def failure(scratch: Path, request: pytest.FixtureRequest) -> WorkerFailedError:
    """How an implementation fails: during its epoch, or in what follows."""
    with RemoteImplementation(small.own(request.param), n_threads=1) as worker:
        start(worker, scratch)
        with pytest.raises(WorkerFailedError) as caught:
            train_and_evaluate(worker)
    return caught.value


def failing(name: str, kind: str, *words: str) -> object:
    return pytest.param(name, kind, words, id=name)


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        failing("Raises", "error", "IndexError: row 7 is missing (misbehaving.py, "),
        failing("RaisesInNumpy", "error", "LinAlgError", "(misbehaving.py, line "),
        failing("Exits", "crash", "ended by itself with code 3"),
        failing("ExitsAtOnce", "crash", "ended by itself with code 0"),
        failing("Killed", "memory", "killed, most likely for want of memory"),
        failing("Segfaults", "crash", "died of SIGSEGV"),
        failing("OutOfMemory", "memory", "ran out of memory"),
        failing("NotANumber", "diverged", "not finite"),
        failing("Diverges", "diverged", "not finite", "smaller learning rate"),
        failing("WrongShape", "error", "shape (50, 10), got (50, 9)"),
        failing("Logits", "error", "not logits"),
    ],
    indirect=["failure"],
)
def test_a_failure_says_what_kind_and_why(
    failure: WorkerFailedError, kind: str, words: tuple[str, ...]
) -> None:
    assert failure.kind == kind
    assert "\n" not in str(failure)
    for part in words:
        assert part in str(failure)


@pytest.mark.parametrize("name", ["Prints", "ReadsInput"])
def test_standard_input_and_output_are_the_suites_own(scratch: Path, name: str) -> None:
    with RemoteImplementation(small.own(name), n_threads=1) as worker:
        start(worker, scratch)
        assert epoch(worker)["train_seconds"] > 0
        assert 0 <= worker.ask("evaluate")["val_accuracy"] <= 1
        if name == "Prints":
            assert "progress: 50 %" in worker.printed()


def test_what_cannot_be_done_is_refused_with_its_reason() -> None:
    with (
        RemoteImplementation(small.own("CannotDoThat"), n_threads=1) as worker,
        pytest.raises(UnsupportedError, match="it only knows Sundays"),
    ):
        worker.create(HP)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (small.own("Incomplete"), "lacks the methods get_weights, train_epoch"),
        (small.own("Nobody"), "has no 'Nobody'; it defines .*Plain"),
        ("nowhere.py:Net", "nowhere.py is not a file"),
        ("no.such.module:Net", "importing no.such.module failed: ModuleNotFoundError"),
    ],
)
def test_a_name_that_leads_nowhere_is_wrong_usage(name: str, sentence: str) -> None:
    with (
        RemoteImplementation(name, n_threads=1) as worker,
        pytest.raises(UsageError, match=sentence),
    ):
        worker.create(HP)


@pytest.fixture(
    params=[
        "numpy",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("torch", "sklearn")),
    ]
)
def single_threaded(request: pytest.FixtureRequest) -> Iterator[RemoteImplementation]:
    with RemoteImplementation(request.param, n_threads=1) as worker:
        yield worker


def test_every_thread_pool_reports_one_thread(
    single_threaded: RemoteImplementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = single_threaded.create(HP)
    assert costs["thread_pools"]
    assert {pool["n_threads"] for pool in costs["thread_pools"]} == {1}
    assert 0 < costs["import_seconds"] < 60
    environment = psutil.Process(single_threaded.pid).environ()
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "1"


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")
def test_the_wanted_number_of_threads_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    with RemoteImplementation("numpy", n_threads=2) as worker:
        pools = worker.create(HP)["thread_pools"]
    assert {pool["n_threads"] for pool in pools} == {2}


def test_a_worker_is_gone_after_the_context_ends(scratch: Path) -> None:
    with RemoteImplementation(small.own("Sleeps"), n_threads=1) as worker:
        start(worker, scratch)
        worker.send("train", seed=0, epoch=0, n_steps=None)
        process = psutil.Process(worker.pid)
    assert not process.is_running()


PARENT = """
import sys, time
from compare.config import HyperParameters
from compare.measure.remote import RemoteImplementation
worker = RemoteImplementation(sys.argv[1], n_threads=1)
worker.create(HyperParameters(layer_sizes=(784, 16, 10)))
worker.ask("load", folder=sys.argv[2])
worker.ask("set_weights", path=sys.argv[2] + "/start.npz")
worker.send("train", seed=0, epoch=0, n_steps=None)
print(worker.pid, flush=True)
time.sleep(600)
"""


def test_a_worker_ends_in_mid_epoch_when_its_parent_is_killed(scratch: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, small.own("Sleeps"), str(scratch)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert parent.stdout is not None
    with parent:
        worker = psutil.Process(int(parent.stdout.readline()))
        assert worker.is_running()
        parent.send_signal(signal.SIGKILL)
    gone_by = time.monotonic() + 5
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < gone_by, "the worker outlived its parent"
        time.sleep(0.02)


FAT_PARENT = """
import sys
ballast = bytearray(600 * 2**20)
for page in range(0, len(ballast), 4096):
    ballast[page] = 1
from compare.config import HyperParameters
from compare.measure.remote import RemoteImplementation
with RemoteImplementation("numpy", n_threads=1) as worker:
    worker.create(HyperParameters(layer_sizes=(784, 16, 10)))
    print(worker.ask("peak_memory")["peak_memory_bytes"])
"""


def test_peak_memory_is_the_workers_own() -> None:
    """A parent of 600 MiB makes its child no larger; NumPy alone needs some 30."""
    done = subprocess.run(
        [sys.executable, "-c", FAT_PARENT],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert 10 * 2**20 < int(done.stdout) < 300 * 2**20


def test_peak_memory_counts_what_was_given_back() -> None:
    """The peak, not what is held now: 200 MiB that are written to and freed."""
    code = (
        "from compare.measure.worker import peak_memory_bytes as peak\n"
        "before = peak()\n"
        "ballast = bytearray(b'1') * (200 * 2**20)\n"
        "del ballast\n"
        "print(peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert 190 * 2**20 < int(done.stdout) < 230 * 2**20


def test_deformed_images_come_in_an_array_object_of_their_own(
    folder_of_data: Path, tmp_path: Path
) -> None:
    """Else a copy that an implementation keeps by identity would stay last epoch's."""
    shared.write(comparison.load(small.plan(folder_of_data, "numpy")), tmp_path)
    worker = Worker()
    worker.hyper_parameters = HP
    worker.load(
        folder=str(tmp_path), augmentation={"rotation_degrees": 10.0}, n_epochs=2
    )
    first = worker._images(0, 0)
    kept = first.copy()
    second = worker._images(0, 1)
    assert second is not first
    assert not np.array_equal(second, kept)
