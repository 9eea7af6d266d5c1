"""Lets trainings run: on the cores of this machine, or on a Dask cluster.

joblib does the work. Every training that ends is kept at once; what fails is tried
again, at most twice; a worker that dies takes nothing with it but the training it was
at, which is tried again too. Ctrl-C keeps everything that is done.
"""

import contextlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from compare.errors import UsageError
from compare.sweep.store import Kept
from compare.sweep.training import Training, identity, load, run

RETRIES = 2


@dataclass(frozen=True)
class Job:
    """A training with its name, and what its name is made of beside its settings."""

    training: Training
    key: str
    identity: dict[str, Any]

    def record(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept: settings, identity, and what came out."""
        return {
            "settings": self.training.settings(),
            "point": dict(self.training.point),
            "identity": self.identity,
            **outcome,
        }


def jobs(trainings: list[Training]) -> list[Job]:
    """Return the trainings with their names; reads each data set once, for its hash."""
    found = {}
    for training in trainings:
        hp = training.recipe.hyper_parameters
        digits = load(training.data, hp.dtype, training.recipe.train_samples)
        own = identity(training.engine, digits.sha256)
        key = training.key(own)
        found[key] = Job(training, key, own)
    return list(found.values())


def carry_out(
    all_jobs: list[Job],
    kept: Kept,
    *,
    n_jobs: int,
    cluster: str | None = None,
    advance: Callable[[dict[str, Any]], None] = lambda record: None,
) -> bool:
    """Run what `kept` lacks; return False if Ctrl-C ended it early.

    `advance` is called with each record when it is there.
    """
    attempts = dict.fromkeys((job.key for job in all_jobs), 0)
    try:
        with backend(n_jobs, cluster), warnings.catch_warnings():
            # joblib renews a worker that has grown by 300 MB, which one data set does.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs")
            # After Ctrl-C it says that the trainings under way are given up.
            warnings.filterwarnings("ignore", ".* tasks which were still being process")
            while missing := [
                job
                for job in all_jobs
                if attempts[job.key] <= RETRIES and not kept.is_done(job.key)
            ]:
                _round(missing, kept, attempts, advance)
    except KeyboardInterrupt:
        return False
    return True


def _round(
    missing: list[Job],
    kept: Kept,
    attempts: dict[str, int],
    advance: Callable[[dict[str, Any]], None],
) -> None:
    """Run each job once. A worker that dies ends the round, not the study."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    seen = set()
    results = Parallel(return_as="generator_unordered", batch_size=1)(
        delayed(_attempt)(job) for job in missing
    )
    try:
        for job, outcome in results:
            seen.add(job.key)
            attempts[job.key] += 1
            last = attempts[job.key] > RETRIES
            record = job.record(outcome)
            kept.keep(job.key, record)
            if outcome["status"] != "failed" or last:
                advance(record)
    except TerminatedWorkerError as error:
        # joblib does not say whose worker it was: it counts for all that had not ended.
        reason = f"its process ended: {str(error).splitlines()[0]}"
        for job in missing:
            if job.key not in seen:
                attempts[job.key] += 1
                if attempts[job.key] > RETRIES:
                    outcome = {"status": "failed", "reason": reason, "val_accuracy": []}
                    kept.keep(job.key, job.record(outcome))
                    advance(outcome)
    finally:
        with quiet_manager():
            results.close()


@contextlib.contextmanager
def quiet_manager() -> Iterator[None]:
    """Let joblib's own thread end as it likes when trainings are given up.

    The thread that hands out the work may find that its list has just been emptied, and
    dies of a `KeyError`, whose traceback would be all that Ctrl-C shows.
    """
    before = threading.excepthook

    def hook(error: threading.ExceptHookArgs) -> None:
        module = type(error.thread).__module__
        if error.exc_type is not KeyError or not module.startswith("joblib."):
            before(error)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _attempt(job: Job) -> tuple[Job, dict[str, Any]]:
    return job, run(job.training)


@contextlib.contextmanager
def backend(n_jobs: int, cluster: str | None) -> Iterator[None]:
    """Let joblib use so many processes of this machine, or the workers of a cluster.

    Each process computes with one thread, set before its libraries are imported, and
    with the kernels that they choose themselves. The workers of a cluster must be
    started like that; see the page on sweeps.
    """
    import joblib

    if cluster is None:
        with clean_environment(), joblib.parallel_config("loky", n_jobs=n_jobs):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "--cluster needs Dask: pip install -r requirements-cluster.txt"
        ) from None
    try:
        client = Client(cluster, timeout="10s")
    except (OSError, ValueError) as error:
        raise UsageError(f"--cluster {cluster}: nobody answers ({error})") from None
    with client, joblib.parallel_config("dask", n_jobs=-1):
        yield


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """Give new processes one thread, and no kernels prescribed by the shell."""
    from compare.measure import kernels, threads

    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kernels.environment(before) | threads.variables(1))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
