"""Two engines, out of the box: from their names to an explanation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import data
from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.creation import NO_CONVOLUTIONS
from compare.errors import UnsupportedError, UsageError
from compare.explain import ablation as ablations
from compare.explain import defaults, gate, times
from compare.explain.ablation import Ablation
from compare.explain.record import Record, Side
from compare.explain.settings import differences
from compare.measure import environment, shared
from compare.measure.scratch import full_disk_in_words, scratch
from compare.record.plan import short
from compare.registry import ENGINES
from compare.show.progress import Steps
from data import Dataset

# What is kept of the budget for the gate and the clock.
GATE_AND_CLOCK = 0.2


@dataclass(frozen=True)
class Question:
    """What is asked: two engines, what the user set instead of a default, and on what.

    Attributes
    ----------
    changes : pair of dict
        Fields of each side's `Configuration` that the user has set.
    """

    engines: tuple[str, str]
    changes: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    optimizer: str = "adam"
    architecture: Architecture = HyperParameters().architecture
    activation: str = "relu"
    data: str = "mnist"
    train_samples: int | None = 6_000
    seeds: Sequence[int] = (0, 1, 2)
    budget_seconds: float = 150.0
    n_processes: int = 1
    with_times: bool = True


def prepare(question: Question) -> tuple[Record, Dataset]:
    """Read both sides and the data; nothing is trained yet.

    Raises
    ------
    UsageError
        If a framework is missing or cannot do what is asked, or sizes do not fit.
    """
    dataset = data.load(question.data, train_samples=question.train_samples)
    sizes = question.architecture.layer_sizes
    if sizes[0] != dataset.X_train.shape[1] or sizes[-1] < len(dataset.class_names):
        raise UsageError(
            f"--layers must start with {dataset.X_train.shape[1]} and end with at "
            f"least {len(dataset.class_names)} for {question.data}, got "
            f"{'-'.join(map(str, sizes))}"
        )
    if question.architecture.conv_layers:
        _require_convolutions(question.engines)
    sides = [
        _side(engine, changes, question, len(dataset.y_train))
        for engine, changes in zip(question.engines, question.changes, strict=True)
    ]
    first, second = (side.configuration for side in sides)
    wanted = ablations.cells(first, second, differences(first, second))
    record = Record(
        first=sides[0],
        second=sides[1],
        data={
            "source": dataset.source,
            "sha256": dataset.sha256,
            "n_train": len(dataset.y_train),
            "n_test": len(dataset.y_test),
        },
        environment=environment.stamp(),
        architecture=question.architecture,
        activation=question.activation,
        n_seeds_planned=len(question.seeds),
        ablation=Ablation(wanted),
    )
    if record.first.engine == record.second.engine:
        record.first.engine += " (1)"
        record.second.engine += " (2)"
    return record, dataset


def _require_convolutions(engines: Sequence[str]) -> None:
    for engine in engines:
        if not ENGINES[engine].conv_factory:
            raise UsageError(
                f"{engine} {NO_CONVOLUTIONS}: leave --conv out, or take other engines"
            )


def _side(
    engine: str, changes: dict[str, Any], question: Question, n_samples: int
) -> Side:
    try:
        found = defaults.of(
            engine,
            optimizer=changes.get("optimizer", question.optimizer),
            activation=question.activation,
            n_samples=n_samples,
        )
    except UnsupportedError as reason:
        raise UsageError(str(reason)) from None
    if question.architecture.conv_layers:
        found = defaults.with_convolutions(found)
    found = defaults.changed(found, changes)
    return Side(short(engine), found.framework, found.configuration, dict(found.names))


def carry_out(
    question: Question,
    record: Record,
    dataset: Dataset,
    save: Callable[[], None] = lambda: None,
) -> None:
    """Gate, trainings, clock; results go into `record`, and `save` is called often."""
    with scratch() as folder:
        with full_disk_in_words():
            shared.write(dataset, folder)
        sides = (record.first.configuration, record.second.configuration)
        try:
            with Steps("the first 50 steps of each engine", 1) as steps:
                record.same = gate.check(
                    list(zip(question.engines, sides, strict=True)),
                    folder,
                    architecture=question.architecture,
                    activation=question.activation,
                )
                steps.advance()
        except KeyboardInterrupt:
            record.ablation.interrupted = True
            return
        n_jobs = ablations.n_jobs(record.ablation.cells, question.seeds)
        with Steps("training", n_jobs) as steps:

            def tell(n_done: int) -> None:
                steps.advance(n_done)
                save()

            share = 1 - GATE_AND_CLOCK if question.with_times else 1.0
            ablations.run(
                record.ablation,
                folder,
                dataset.y_test,
                seeds=question.seeds,
                budget_seconds=question.budget_seconds * share,
                n_processes=question.n_processes,
                tell=tell,
                architecture=question.architecture,
                activation=question.activation,
            )
    if record.ablation.interrupted:
        record.times.reason = "interrupted"
    elif not question.with_times:
        record.times.reason = "left out, as asked"
    else:
        _measure(question, record)
    record.finished = not record.ablation.interrupted


def _measure(question: Question, record: Record) -> None:
    n_turns = times.n_turns(question.engines, record.ablation)
    with Steps("timing", n_turns) as steps:
        record.times = times.measure(
            question.engines,
            record.ablation,
            record.settings,
            n_samples=record.data["n_train"],
            notify=steps.advance,
            architecture=question.architecture,
            activation=question.activation,
        )
    if record.times.reason == "interrupted":
        record.ablation.interrupted = True
