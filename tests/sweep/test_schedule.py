"""Trainings in processes of their own: restarts, failures, dead workers, a cluster."""

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from joblib.externals.loky import get_reusable_executor

from compare.sweep import schedule, store
from tests.sweep import studies


def carry_out(jobs: list[schedule.Job], folder: Path, **options: Any) -> int:
    """Return how many trainings were kept."""
    kept: list[Any] = []
    options.setdefault("n_jobs", 2)
    there = store.Kept(folder)
    assert schedule.carry_out(jobs, there, advance=kept.append, **options)
    return len(kept)


def contents(folder: Path) -> dict[str, Any]:
    """Return every file of a folder without its time."""
    found = {}
    for path in (folder / store.TRAININGS).iterdir():
        record = json.loads(path.read_text())
        assert record.pop(store.UNRANKED) > 0
        found[path.name] = json.dumps(record, indent=1, sort_keys=True)
    return found


def test_a_restart_trains_only_what_is_missing(tmp_path: Path, digits: Path) -> None:
    jobs = schedule.jobs(studies.read(tmp_path, digits).trainings())
    assert carry_out(jobs, tmp_path / "a") == 4
    before = contents(tmp_path / "a")
    store.path_of(tmp_path / "a", jobs[2].key).unlink()
    assert carry_out(jobs, tmp_path / "a") == 1
    assert contents(tmp_path / "a") == before


def test_a_failure_is_tried_three_times_and_is_a_row(
    tmp_path: Path, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = f"{studies.HERE}:Raises"
    fields = {"engines": json.dumps([engine, "numpy"]), "seeds": "1"}
    jobs = schedule.jobs(studies.read(tmp_path, digits, **fields).trainings())
    rounds = []
    one_round = schedule._round

    def counted(missing: Any, *rest: Any) -> None:
        rounds.append(len(missing))
        one_round(missing, *rest)

    monkeypatch.setattr(schedule, "_round", counted)
    assert carry_out(jobs, tmp_path) == 4
    assert rounds == [4, 2, 2]
    frame = store.frame(store.records(tmp_path))
    assert sorted(frame["status"]) == ["complete"] * 2 + ["failed"] * 2
    assert set(frame[frame["status"] == "failed"]["reason"]) == {
        "KeyError: 'no such layer'"
    }


def test_a_worker_that_dies_takes_nothing_with_it(
    tmp_path: Path, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIES_ONCE", str(tmp_path / "marker"))
    get_reusable_executor().shutdown(wait=True)  # new workers know the variable
    fields = {"engines": json.dumps([f"{studies.HERE}:DiesOnce"])}
    jobs = schedule.jobs(studies.read(tmp_path, digits, **fields).trainings())
    assert carry_out(jobs, tmp_path / "out") == 4
    frame = store.frame(store.records(tmp_path / "out"))
    assert list(frame["status"]) == ["complete"] * 4


def test_ctrl_c_keeps_what_is_done(tmp_path: Path, digits: Path) -> None:
    jobs = schedule.jobs(studies.read(tmp_path, digits, seeds="8").trainings())

    def interrupt(record: Any) -> None:
        raise KeyboardInterrupt

    there = store.Kept(tmp_path)
    assert not schedule.carry_out(jobs, there, n_jobs=2, advance=interrupt)
    assert len(store.records(tmp_path)) == 1
    assert carry_out(jobs, tmp_path) == 15


def test_only_joblibs_thread_may_die_in_silence() -> None:
    """Of a `KeyError`, while trainings are given up; everything else is heard."""
    heard: list[str] = []

    class Manager(threading.Thread):
        """Dies as loky's does when its list is emptied under its hands."""

        def run(self) -> None:
            raise {"key": KeyError, "value": ValueError}[self.name](self.name)

    def end(thread: threading.Thread) -> None:
        thread.start()
        thread.join()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            threading, "excepthook", lambda error: heard.append(error.thread.name)
        )
        end(Manager(name="value"))
        with schedule.quiet_manager():
            end(Manager(name="key"))  # of this file, not of joblib
            patch.setattr(Manager, "__module__", "joblib.externals.loky")
            end(Manager(name="key"))
            end(Manager(name="value"))
        end(Manager(name="key"))
    assert heard == ["value", "key", "value", "key"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask warns of ports, clocks and lost workers
def test_a_cluster_that_loses_a_worker_writes_the_same_files(
    tmp_path: Path, digits: Path
) -> None:
    """Two worker processes, one of them killed in the middle: nothing lost or twice."""
    distributed = pytest.importorskip("distributed", reason="requirements-cluster.txt")
    fields = {"seeds": "10", "n_epochs": "20"}
    jobs = schedule.jobs(studies.read(tmp_path, digits, **fields).trainings())
    assert carry_out(jobs, tmp_path / "alone", n_jobs=1) == 20
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            folder = tmp_path / "cluster" / store.TRAININGS
            while not folder.exists() or len(list(folder.glob("*.json"))) < 3:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        address = cluster.scheduler_address
        assert carry_out(jobs, tmp_path / "cluster", cluster=address) == 20
        killer.join(timeout=10)
        assert not killer.is_alive(), "the worker was not killed in the middle"
    assert contents(tmp_path / "cluster") == contents(tmp_path / "alone")
