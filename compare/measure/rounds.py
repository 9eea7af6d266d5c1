"""The rounds: every epoch, each implementation takes its turn, in random order.

A drift of the machine then meets all alike. For each seed, each implementation has a
process of its own, started afresh. Failures end one run, never the comparison.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from compare import registry
from compare.errors import UnsupportedError
from compare.measure import shared, threads
from compare.measure.parity import preparation
from compare.measure.remote import RemoteImplementation, WorkerFailedError
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
    turns = np.random.default_rng([*plan.seeds, plan.n_epochs])
    for seed in plan.seeds:
        path = start_file(folder, seed)
        hp = plan.hyper_parameters
        shared.write_weights(
            path,
            initial_weights(
                hp.layer_sizes, seed=seed, scheme=plan.init, dtype=hp.dtype
            ),
        )
        with ExitStack() as stack:
            active = _start(plan, seed, results, stack)
            _prepare(active, results, plan, folder, path, seed)
            for epoch in range(plan.n_epochs):
                _round(active, plan, seed, epoch, turns, notify)
            _finish(active, turns, folder)


Active = dict[str, tuple[RemoteImplementation, Run]]


def _start(plan: Plan, seed: int, results: Results, stack: ExitStack) -> Active:
    active: Active = {}
    for row in plan.rows:
        if row.label in results.unsupported:
            continue
        run = Run(row.label, seed, device=registry.device_of(row.name))
        results.runs.append(run)
        worker = RemoteImplementation(row.name, n_threads=plan.n_threads)
        active[row.label] = (stack.enter_context(worker), run)
    return active


def _prepare(
    active: Active, results: Results, plan: Plan, folder: Path, path: Path, seed: int
) -> None:
    """Import one after the other (it is timed), then load, warm up and reset."""
    for label, (worker, run) in list(active.items()):
        try:
            costs = worker.create(plan.hyper_parameters)
            run.import_seconds = costs["import_seconds"]
            run.create_seconds = costs["create_seconds"]
            run.thread_pools = costs["thread_pools"]
            worker.ask(
                "load",
                folder=str(folder),
                patience=plan.patience,
                **preparation(plan),
            )
            worker.ask("set_weights", path=str(path))
            warm_up = worker.ask("train", seed=seed, epoch=0, n_steps=WARM_UP_STEPS)
            run.warm_up_seconds = warm_up["train_seconds"]
            worker.ask("evaluate")
            worker.ask("set_weights", path=str(path))
        except UnsupportedError as reason:
            results.unsupported[label] = str(reason)
            results.runs.remove(run)
            del active[label]
        except WorkerFailedError as failure:
            _fail(active, label, failure)


def _round(
    active: Active,
    plan: Plan,
    seed: int,
    epoch: int,
    turns: np.random.Generator,
    notify: Notify,
) -> None:
    training = [label for label, (_, run) in active.items() if not run.stopped_early]
    to_come = plan.n_epochs - epoch
    for turn, label in enumerate(turns.permutation(training)):
        worker, run = active[label]
        try:
            clock = worker.ask("train", seed=seed, epoch=epoch, n_steps=None)
            figures = worker.ask("evaluate")
            stop = worker.ask("stop_early", epoch=epoch, score=figures["val_accuracy"])
        except WorkerFailedError as failure:
            _fail(active, label, failure)
            notify(to_come)
        else:
            run.epochs.append(EpochRecord(epoch, turn, **clock, **figures))
            run.stopped_early = stop["stop"] and to_come > 1
            notify(to_come if run.stopped_early else 1)
        threads.let_sleep(plan.n_threads)


def _finish(active: Active, turns: np.random.Generator, folder: Path) -> None:
    """Measure accuracy on the test set, for the first and only time in each run."""
    path = folder / "test_probs.npy"
    for label in turns.permutation(list(active)):
        worker, run = active[label]
        try:
            best = worker.ask("keep_best")["epoch"]
            test = worker.ask("test", path=str(path))
            inference = worker.ask("time_inference")
            memory = worker.ask("peak_memory")
            worker.ask("save_weights", path=str(weights_file(folder, run)))
        except WorkerFailedError as failure:
            _fail(active, label, failure)
            continue
        run.kept_epoch = run.epochs[-1].epoch if best is None else best
        run.test_accuracy, run.test_loss = test["test_accuracy"], test["test_loss"]
        run.one_image_seconds = inference["one_image_seconds"]
        run.test_set_seconds = inference["test_set_seconds"]
        run.peak_memory_bytes = memory["peak_memory_bytes"]
        probs = np.load(path, allow_pickle=False)
        run.predictions = pack(probs.argmax(axis=1).astype(np.uint8))
        run.confidences = pack(np.rint(probs.max(axis=1) * 255).astype(np.uint8))
        run.status = "complete"


def start_file(folder: Path, seed: int) -> Path:
    """Return where the initial weights of a seed are left."""
    return folder / f"start_{seed}.npz"


def weights_file(folder: Path, run: Run) -> Path:
    """Return where the final weights of a run are left."""
    return folder / f"final {run.implementation.replace('/', '_')} {run.seed}.npz"


def _fail(active: Active, label: str, failure: WorkerFailedError) -> None:
    _, run = active.pop(label)
    run.status = "failed"
    run.reason = str(failure)
