"""One setting at a time: which trainings are needed, and running them in a budget.

From the first training one setting is switched to the second's ("on"), and from the
second one back to the first's ("off"). Seed by seed all of them are trained, several at
once: a smaller budget means fewer seeds. Only predictions are kept.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.contract import IntArray
from compare.explain import starts
from compare.explain.settings import Configuration, Setting
from compare.explain.training import Length, train
from compare.measure import shared
from compare.measure.pool import Pool
from compare.measure.remote import WorkerFailedError
from compare.record.results import pack, unpack

FIRST, SECOND = "first", "second"
JOB = "compare.explain.ablation:train_job"


def on(setting: Setting) -> str:
    """Return the key of the first training with this setting of the second."""
    return f"on {setting.name}"


def off(setting: Setting) -> str:
    """Return the key of the second training with this setting of the first."""
    return f"off {setting.name}"


def cells(
    first: Configuration, second: Configuration, settings: Sequence[Setting]
) -> dict[str, Configuration]:
    """Return every training that is needed, by its key."""
    found = {FIRST: first, SECOND: second}
    for setting in settings:
        found[on(setting)] = setting.switch(first, second)
        found[off(setting)] = setting.switch(second, first)
    return found


def trajectories(
    wanted: dict[str, Configuration],
) -> dict[Configuration, dict[Length, list[str]]]:
    """Group trainings that differ only in their length: one run serves them all."""
    found: dict[Configuration, dict[Length, list[str]]] = {}
    for key, configuration in wanted.items():
        endless = replace(configuration, n_epochs=1, tol=0.0, patience=0)
        lengths = found.setdefault(endless, {})
        lengths.setdefault(configuration.length, []).append(key)
    return found


@dataclass
class Ablation:
    """The trainings and what came of them.

    `correct[key][seed]` says for each test image whether it was right; `n_epochs`
    how many epochs were trained; `failures` why one has no result.
    """

    cells: dict[str, Configuration]
    seeds: list[int] = field(default_factory=list)
    correct: dict[str, dict[int, NDArray[np.bool_]]] = field(default_factory=dict)
    n_epochs: dict[str, dict[int, int]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    out_of_budget: bool = False

    def accuracy(self, key: str) -> float | None:
        """Return the mean test accuracy over seeds."""
        rows = list(self.correct.get(key, {}).values())
        return float(np.mean(rows)) if rows else None


Tell = Callable[[int], None]


def run(
    ablation: Ablation,
    folder: Path,
    labels: IntArray,
    *,
    architecture: Architecture,
    activation: str,
    seeds: Sequence[int],
    budget_seconds: float,
    n_processes: int,
    tell: Tell = lambda n_done: None,
) -> None:
    """Train everything for one seed after the other; put results into `ablation`.

    `folder` holds the data as `shared.write` left it. After the first seed, none is
    begun that would not end within the budget.
    """
    begin = time.monotonic()
    groups = trajectories(ablation.cells)
    # The longest first: at the end no process waits long for another.
    order = sorted(groups, key=lambda c: -_work(c, groups[c]))
    longest = 0.0
    with Pool(n_processes) as pool:
        try:
            for seed in seeds:
                seed_begin = time.monotonic()
                if seed_begin + longest > begin + budget_seconds:
                    ablation.out_of_budget = True
                    break
                jobs = [
                    {
                        "folder": str(folder),
                        "configuration": asdict(configuration),
                        "lengths": list(groups[configuration]),
                        "network": asdict(architecture),
                        "activation": activation,
                        "seed": seed,
                    }
                    for configuration in order
                ]
                n_left = len(jobs)
                outcomes = pool.run(JOB, jobs, until=begin + budget_seconds)
                for index, outcome in outcomes:
                    keys = list(groups[order[index]].values())
                    _keep(ablation, keys, seed, outcome, labels)
                    n_left -= 1
                    tell(1)
                if n_left:
                    ablation.out_of_budget = True
                    break
                ablation.seeds.append(seed)
                longest = max(longest, time.monotonic() - seed_begin)
        except KeyboardInterrupt:
            ablation.interrupted = True


def n_jobs(wanted: dict[str, Configuration], seeds: Sequence[int]) -> int:
    """Return how many trainings there are in all."""
    return len(trajectories(wanted)) * len(seeds)


def _work(configuration: Configuration, lengths: dict[Length, list[str]]) -> float:
    """Return about how long a training takes, in no unit."""
    epochs = max(min(n, 40) if patience else n for n, _, patience in lengths)
    per_epoch = 1 + 32 / configuration.batch_size
    return epochs * per_epoch * (2 if configuration.dtype == "float64" else 1)


def _keep(
    ablation: Ablation,
    keys: list[list[str]],
    seed: int,
    outcome: dict[str, Any] | WorkerFailedError,
    labels: IntArray,
) -> None:
    if isinstance(outcome, WorkerFailedError):
        for key in [key for group in keys for key in group]:
            ablation.failures.setdefault(key, f"seed {seed}: {outcome}")
        return
    for group, end in zip(keys, outcome["ends"], strict=True):
        correct = unpack(end["predictions"]) == labels
        for key in group:
            ablation.correct.setdefault(key, {})[seed] = correct
            ablation.n_epochs.setdefault(key, {})[seed] = end["n_epochs"]


def train_job(
    *,
    folder: str,
    configuration: dict[str, Any],
    lengths: list[list[Any]],
    network: dict[str, Any],
    activation: str,
    seed: int,
) -> dict[str, Any]:
    """Train one configuration with one seed, in a process of a `Pool`."""
    fields = {**configuration, "betas": tuple(configuration["betas"])}
    wanted = Configuration(**fields)
    X, y = shared.read(Path(folder), "train", wanted.dtype)
    X_test, _ = shared.read(Path(folder), "test", wanted.dtype)
    # Which makes tuples of the lists of JSON.
    architecture = HyperParameters(**network).architecture
    ends = train(
        wanted,
        [(int(n), float(tol), int(patience)) for n, tol, patience in lengths],
        starts.draw(wanted, architecture, seed=seed),
        (X, y, X_test),
        architecture=architecture,
        activation=activation,
        seed=seed,
    )
    return {
        "ends": [
            {"n_epochs": end.n_epochs, "predictions": pack(end.predictions)}
            for end in ends
        ]
    }
