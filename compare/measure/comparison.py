"""One whole comparison: data, parity gate, rounds, and everything written as it comes.

The command line is one caller; a notebook or a test may be another. Prints nothing.
"""

import contextlib
import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import data
from compare.errors import UsageError
from compare.files import Outputs
from compare.measure import (
    environment,
    floors,
    memory,
    parity,
    rounds,
    scratch,
    shared,
)
from compare.record import gallery, model_file, neurons
from compare.record.model_file import Model
from compare.record.plan import Plan, short
from compare.record.results import Results, pack
from compare.show.progress import Steps
from data import Dataset


def prepare(
    plan: Plan, *, fit_layers: bool = False, fit_samples: bool = False
) -> tuple[Plan, Dataset]:
    """Load the plan's data; return the plan as it fits them, and the data.

    Parameters
    ----------
    plan : Plan
    fit_layers : bool
        The last layer gets one unit per class; otherwise it must have enough.
    fit_samples : bool
        Data with fewer training images than `plan.train_samples` are used whole;
        otherwise that is an error.

    Raises
    ------
    UsageError
        If the network does not fit the data or the memory.
    DataError
        If the data cannot be loaded.
    """
    hp = plan.hyper_parameters
    memory.check(plan, n_images=hp.batch_size)
    dataset = data.load(
        plan.data,
        seed=plan.split_seed,
        dtype=hp.dtype,
        train_samples=None if fit_samples else plan.train_samples,
        at_most=plan.train_samples if fit_samples else None,
        transpose=plan.transpose,
    )
    if plan.train_samples is not None and len(dataset.y_train) < plan.train_samples:
        plan = replace(plan, train_samples=None)
    n_classes = len(dataset.class_names)
    if fit_layers and hp.n_classes != n_classes:
        hp = replace(hp, layer_sizes=(*hp.layer_sizes[:-1], n_classes))
        plan = replace(plan, hyper_parameters=hp)
    _check_fit(plan, dataset)
    memory.check(plan, n_images=max(len(dataset.y_test), len(dataset.y_val)))
    return plan, dataset


def load(plan: Plan) -> Dataset:
    """Load the plan's data and check that it fits the network."""
    return prepare(plan)[1]


def _check_fit(plan: Plan, dataset: Dataset) -> None:
    hp = plan.hyper_parameters
    n_features, n_classes = dataset.X_train.shape[1], len(dataset.class_names)
    if hp.n_features != n_features:
        raise UsageError(
            f"--layers must start with {n_features}, the pixels of {plan.data}, "
            f"got {hp.n_features}"
        )
    if hp.n_classes < n_classes:
        raise UsageError(
            f"--layers must end with at least {n_classes}, the classes of "
            f"{plan.data}, got {hp.n_classes}"
        )


def new_results(plan: Plan, dataset: Dataset, *, command: list[str]) -> Results:
    """Return results that hold nothing yet but where they come from."""
    return Results(
        plan=plan,
        environment=environment.stamp(),
        data={
            "source": dataset.source,
            "sha256": dataset.sha256,
            "n_train": len(dataset.y_train),
            "n_val": len(dataset.y_val),
            "n_test": len(dataset.y_test),
            "class_names": dataset.class_names,
            "notes": list(dataset.notes),
        },
        command=command,
        started=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        test_labels=pack(dataset.y_test),
    )


def carry_out(
    results: Results,
    dataset: Dataset,
    folder: Path,
    *,
    after_gate: Callable[[], None] = lambda: None,
    save_model: Path | None = None,
    outputs: Outputs | None = None,
    with_floors: bool = False,
) -> bool:
    """Measure everything the plan asks for; return False if Ctrl-C ended it early.

    `results` is filled, and saved in `folder` after every step, so that nothing that
    was measured is lost. `after_gate` is called when the parity gate is done.
    `with_floors` also measures the matrix products alone, where the rows use several
    libraries for them. `outputs` notes what cannot be written at the end; without it
    that is raised.
    `save_model` receives the network of the first run that came to its end, that of
    the first row and the first seed if nothing went wrong; also after a Ctrl-C.
    """
    finished, noted = True, outputs or Outputs()
    with scratch.scratch() as place:
        with scratch.full_disk_in_words():
            shared.write(dataset, place)
        try:
            _gate(results, place)
            _save(results, folder)
            after_gate()
            results.floors = floors.measure(results.plan) if with_floors else {}
            _rounds(results, place, folder)
        except KeyboardInterrupt:
            finished = False
            for run in results.runs:
                if run.status == "running":
                    run.status, run.reason = "interrupted", "interrupted by the user"
            _save(results, folder)  # before anything that takes time
        noted.attempt(lambda: _keep_weights(results, dataset, place, save_model))
    results.gallery = gallery.collect(results, dataset)
    results.finished = finished
    noted.attempt(lambda: results.write(folder))
    if outputs is None and noted.failures:
        raise UsageError(noted.failures[0])
    return finished


def _save(results: Results, folder: Path) -> None:
    """Write what is known so far; a disk that is full now may have room at the end."""
    with contextlib.suppress(UsageError):
        results.write(folder)


def _keep_weights(
    results: Results, dataset: Dataset, scratch: Path, path: Path | None
) -> None:
    """Keep the first complete run's neurons in the results, its network in `path`."""
    complete = [run for run in results.runs if run.status == "complete"]
    if not complete:
        return
    run, hp = complete[0], results.plan.hyper_parameters
    weights = shared.read_weights(rounds.weights_file(scratch, run))
    start = shared.read_weights(rounds.start_file(scratch, run.seed))
    results.neurons = neurons.collect(run, start, weights)
    if path is None:
        return
    model = Model(
        weights=weights,
        activation=hp.activation,
        image_shape=hp.image_shape,
        class_names=tuple(dataset.class_names),
        data_source=dataset.source,
        data_sha256=dataset.sha256,
        written_by=run.implementation,
        training=results.plan.to_dict()
        | {"seed": run.seed, "kept_epoch": run.kept_epoch},
    )
    model_file.save(path, model)


def _gate(results: Results, scratch: Path) -> None:
    with Steps("parity, one epoch in float64", 1) as steps:
        results.parity = parity.gate(results.plan, scratch)
        steps.advance()
    reasons = {p.implementation: p.reason for p in results.parity}
    unsupported = {
        p.implementation for p in results.parity if p.status == "unsupported"
    }
    results.unsupported = {
        row.label: reasons[row.name]
        for row in results.plan.rows
        if row.name in unsupported
    }


def _rounds(results: Results, scratch: Path, folder: Path) -> None:
    plan = results.plan
    rows = len(plan.rows) - len(results.unsupported)
    with Steps("training", rows * len(plan.seeds) * plan.n_epochs) as steps:

        def notify(n_epochs: int) -> None:
            _save(results, folder)
            steps.advance(n_epochs, _news(results))

        rounds.measure(plan, scratch, results, notify)


def _news(results: Results) -> str:
    """Return the latest validation accuracy of every row."""
    latest = {
        run.implementation: run.epochs[-1].val_accuracy
        for run in results.runs
        if run.epochs
    }
    shown = [f"{short(name)} {100 * a:.1f}" for name, a in latest.items()]
    return f"validation, %: {', '.join(shown)}" if shown else ""
