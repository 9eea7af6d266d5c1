"""The rounds: every epoch, each implementation takes its turn, in random order.

A drift of the machine then meets all alike. For each seed, each implementation has a
process of its own, started afresh. Failures end one run, never the comparison.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from compare import registry
from compare.errors import UnsupportedError
from compare.measure import shared
from compare.measure.parity import preparation
from compare.measure.remote import RemoteImplementation
from compare.measure.scratch import full_disk_in_words
from compare.measure.turns import Failure, Turns
from compare.record.plan import Plan
from compare.record.results import EpochRecord, Results, Run, pack
from compare.weights import initial_weights

# Batches trained and thrown away before the clock starts: first calls fill caches,
# start threads and compile.
WARM_UP_STEPS = 50

Notify = Callable[[int], None]
"""Called after each epoch of each row, to show progress and to save what is done.

With the number of epochs that need no more waiting: this one, and all to come if the
row has failed or stopped early.
"""


def measure(plan: Plan, folder: Path, results: Results, notify: Notify) -> None:
    """Run the whole plan and put everything into `results` as it comes.

    `folder` holds the data as `shared.write` left it; scratch files go there too.
    """
    rng = np.random.default_rng([*plan.seeds, plan.n_epochs])
    for seed in plan.seeds:
        hp = plan.hyper_parameters
        start = initial_weights(
            hp.architecture, seed=seed, scheme=plan.init, dtype=hp.dtype
        )
        with full_disk_in_words():
            shared.write_weights(start_file(folder, seed), start)
        with Turns[str](rng, time_limit=plan.time_limit_seconds) as turns:
            one_seed = _Seed(plan, seed, folder, results, turns, notify)
            one_seed.prepare()
            for epoch in range(plan.n_epochs):
                one_seed.train(epoch)
            one_seed.finish()


class _Seed:
    """All rows with one seed: each has a process, which ends with the seed."""

    def __init__(
        self,
        plan: Plan,
        seed: int,
        folder: Path,
        results: Results,
        turns: Turns[str],
        notify: Notify,
    ) -> None:
        self.plan, self.seed, self.folder = plan, seed, folder
        self.results, self.turns, self.notify = results, turns, notify
        self.runs: dict[str, Run] = {}
        """Of the rows that take part and have not failed."""
        for row in plan.rows:
            if row.label not in results.unsupported:
                run = Run(row.label, seed, device=registry.device_of(row.name))
                self.runs[row.label] = run
                results.runs.append(run)
                turns.start(row.label, row.name, n_threads=plan.n_threads)

    def prepare(self) -> None:
        """Import one after the other (it is timed), then load, warm up and reset."""
        self.turns.take(list(self.runs), self._prepare, self._fail)

    def train(self, epoch: int) -> None:
        """Let everyone train an epoch who has not stopped early."""
        to_come = self.plan.n_epochs - epoch
        training = [label for label, run in self.runs.items() if not run.stopped_early]
        turn = iter(range(len(training)))

        def one(label: str, worker: RemoteImplementation) -> None:
            run, number = self.runs[label], next(turn)
            clock = worker.ask("train", seed=self.seed, epoch=epoch, n_steps=None)
            figures = worker.ask("evaluate")
            stop = worker.ask("stop_early", epoch=epoch, score=figures["val_accuracy"])
            run.epochs.append(EpochRecord(epoch, number, **clock, **figures))
            run.stopped_early = stop["stop"] and to_come > 1
            self.notify(to_come if run.stopped_early else 1)

        def failed(label: str, failure: Failure) -> None:
            self._fail(label, failure)
            self.notify(to_come)

        self.turns.take(training, one, failed)

    def finish(self) -> None:
        """Measure accuracy on the test set, for the first and only time in each run."""
        self.turns.take(list(self.runs), self._finish, self._fail)

    def _prepare(self, label: str, worker: RemoteImplementation) -> None:
        run, start = self.runs[label], str(start_file(self.folder, self.seed))
        costs = worker.create(self.plan.hyper_parameters)
        run.import_seconds = costs["import_seconds"]
        run.create_seconds = costs["create_seconds"]
        run.thread_pools = costs["thread_pools"]
        worker.ask(
            "load",
            folder=str(self.folder),
            patience=self.plan.patience,
            **preparation(self.plan),
        )
        worker.ask("set_weights", path=start)
        warm_up = worker.ask("train", seed=self.seed, epoch=0, n_steps=WARM_UP_STEPS)
        run.warm_up_seconds = warm_up["train_seconds"]
        worker.ask("evaluate")
        worker.ask("set_weights", path=start)

    def _finish(self, label: str, worker: RemoteImplementation) -> None:
        run, path = self.runs[label], self.folder / "test_probs.npy"
        best = worker.ask("keep_best")["epoch"]
        figures = worker.ask("test", path=str(path)) | worker.ask("costs")
        worker.ask("save_weights", path=str(weights_file(self.folder, run)))
        run.kept_epoch = run.epochs[-1].epoch if best is None else best
        for name, value in figures.items():  # fields of Run, by their names
            setattr(run, name, value)
        probs = np.load(path, allow_pickle=False)
        run.predictions = pack(probs.argmax(axis=1))
        run.confidences = pack(np.rint(probs.max(axis=1) * 255).astype(np.int64))
        run.status = "complete"

    def _fail(self, label: str, failure: Failure) -> None:
        run = self.runs.pop(label)
        if isinstance(failure, UnsupportedError):
            self.results.unsupported[label] = str(failure)
            self.results.runs.remove(run)
        else:
            run.status, run.reason = "failed", str(failure)


def start_file(folder: Path, seed: int) -> Path:
    """Return where the initial weights of a seed are left."""
    return folder / f"start_{seed}.npz"


def weights_file(folder: Path, run: Run) -> Path:
    """Return where the final weights of a run are left."""
    # Labels may be paths, and longer than a file's name.
    label = hashlib.sha256(run.implementation.encode(errors="replace")).hexdigest()
    return folder / f"final_{label[:16]}_{run.seed}.npz"
