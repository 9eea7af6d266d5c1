"""The parity gate: one float64 epoch from the same weights and the same batches.

Runs before anything is timed. An implementation that does not arrive at the weights of
the reference computes something else, and its row is shown apart. Of the test images it
keeps only how many two implementations answer alike, never how many they answer right.
"""

import concurrent.futures
import dataclasses
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compare import registry
from compare.contract import Array, Weights
from compare.errors import UnsupportedError, UsageError
from compare.measure import shared
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.measure.scratch import full_disk_in_words
from compare.record.plan import Plan
from compare.record.results import Parity
from compare.weights import initial_weights

# Of the weights after an epoch. SGD keeps rounding errors at 1e-15. Adam divides by √v,
# which is near 0 where the gradients are, and so makes them larger.
TOLERANCE = {"sgd": 1e-12, "adam": 1e-9, "adamw": 1e-9}
# Whom an engine with the other place for Adam's epsilon is compared with.
EPSILON_HAT = "numpy-eps-hat"


def tolerance_of(optimizer: str) -> float:
    """Return how far weights may be apart after an epoch, relative to the largest.

    Raises
    ------
    UsageError
        If nobody has measured it for that optimizer.
    """
    if optimizer not in TOLERANCE:
        raise UsageError(
            f"the parity gate has tolerances for {', '.join(TOLERANCE)}, got "
            f"{optimizer!r}: measure how far two right implementations are apart after "
            "an epoch in float64, and add it to TOLERANCE in compare/measure/parity.py"
        )
    return TOLERANCE[optimizer]


def preparation(plan: Plan) -> dict[str, Any]:
    """Return what a worker must know of the plan to prepare the images of an epoch."""
    augmentation = plan.augmentation
    return {
        "augmentation": dataclasses.asdict(augmentation) if augmentation else None,
        "n_epochs": plan.n_epochs,
    }


Outcome = concurrent.futures.Future[tuple[Weights, Array]]


def reference_of(names: Sequence[str], outcomes: dict[str, Outcome]) -> str:
    """Return whom the others are compared with: torch, else numpy, else the first.

    One that did not come through its own epoch can be nobody's reference.
    """
    preferred = [name for name in ("torch", "numpy") if name in names]
    candidates = [*preferred, *names]
    through = [name for name in candidates if outcomes[name].exception() is None]
    return (through or candidates)[0]


def witness_for(names: Sequence[str]) -> list[str]:
    """Return whom to ask beside a single row, which has nobody to be compared with."""
    if len(names) != 1:
        return []
    return ["numpy"] if names[0] == "torch" else ["torch"]


def relative_difference(weights: Weights, reference: Weights) -> float:
    """Return max |Δθ| / max |θ|, the largest over all arrays."""
    differences = [
        _largest(ours - theirs) / (_largest(theirs) or 1.0)
        for pair, pair_reference in zip(weights, reference, strict=True)
        for ours, theirs in zip(pair, pair_reference, strict=True)
    ]
    return float(np.max(differences))  # unlike the built-in max, never hides a NaN


def _largest(array: Array) -> float:
    return float(np.abs(array).max())


def gate(plan: Plan, folder: Path) -> list[Parity]:
    """Return the parity of every implementation of the plan, in its order.

    `folder` holds the data as `shared.write` left it; scratch files go there too.
    """
    tolerance = tolerance_of(plan.hyper_parameters.optimizer)
    names = list(dict.fromkeys(plan.implementations))
    adaptive = plan.hyper_parameters.optimizer != "sgd"
    hatted = [n for n in names if adaptive and _has_epsilon_hat(n)]
    plain = [n for n in names if n not in hatted]
    witnesses = witness_for(plain) + ([EPSILON_HAT] if hatted else [])
    everyone = list(dict.fromkeys([*names, *witnesses]))
    outcomes = _train_all(everyone, plan, folder)
    references = dict.fromkeys(hatted, EPSILON_HAT)
    if plain:
        reference = reference_of([*plain, *witness_for(plain)], outcomes)
        references |= dict.fromkeys(plain, reference)
    return [_judge(name, references[name], outcomes, tolerance) for name in names]


def _has_epsilon_hat(name: str) -> bool:
    entry = registry.engine(name)
    return entry is not None and entry.epsilon_hat


def _train_all(names: list[str], plan: Plan, folder: Path) -> dict[str, Outcome]:
    """Let everyone train the epoch; return what each arrived at, or how it failed."""
    hyper_parameters = dataclasses.replace(plan.hyper_parameters, dtype="float64")
    seed = plan.seeds[0]
    path = folder / "parity_start.npz"
    start = initial_weights(
        hyper_parameters.architecture, seed=seed, scheme=plan.init, dtype="float64"
    )
    with full_disk_in_words():
        shared.write_weights(path, start)
    workers: list[RemoteImplementation] = []
    stopped = threading.Event()

    def one_epoch(name: str) -> tuple[Weights, Array]:
        stem = folder / f"parity_{names.index(name)}"
        with RemoteImplementation(
            name, n_threads=1, time_limit=plan.time_limit_seconds
        ) as worker:
            workers.append(worker)
            if stopped.is_set():
                raise concurrent.futures.CancelledError
            worker.create(hyper_parameters)
            worker.ask("load", folder=str(folder), **preparation(plan))
            worker.ask("set_weights", path=str(path))
            worker.ask("train", seed=seed, epoch=0, n_steps=None)
            worker.ask("save_weights", path=str(stem.with_suffix(".npz")))
            worker.ask("test", path=str(stem.with_suffix(".npy")))
        probs = np.load(stem.with_suffix(".npy"), allow_pickle=False)
        return _checked(shared.read_weights(stem.with_suffix(".npz")), start), probs

    # Nothing is timed here, so all cores may help.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {name: pool.submit(one_epoch, name) for name in names}
        try:
            concurrent.futures.wait(futures.values())
        except KeyboardInterrupt:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers.copy():
                worker.kill()
            raise
    return futures


def _checked(weights: Weights, start: Weights) -> Weights:
    got = [(W.shape, b.shape) for W, b in weights]
    expected = [(W.shape, b.shape) for W, b in start]
    if got != expected:
        raise WorkerFailedError(
            "error", f"get_weights must return shapes {expected}, got {got}"
        )
    return weights


def _judge(
    name: str, reference: str, outcomes: dict[str, Outcome], tolerance: float
) -> Parity:
    try:
        weights, probs = outcomes[name].result()
    except UnsupportedError as reason:
        return Parity(name, reference, "unsupported", str(reason))
    except WorkerFailedError as reason:
        return Parity(name, reference, "failed", str(reason))
    if name == reference:
        return Parity(name, reference, "reference")
    try:
        theirs, their_probs = outcomes[reference].result()
    except (UnsupportedError, WorkerFailedError) as reason:
        return Parity(name, reference, "failed", f"no reference: {reason}")
    difference = relative_difference(weights, theirs)
    equal = difference <= tolerance
    doubt = "" if equal else f"above the tolerance of {tolerance:g}"
    dtype = weights[0][0].dtype
    if not equal and dtype != np.float64:
        doubt += f"; its weights are {dtype} where float64 was asked for"
    return Parity(
        name,
        reference,
        "equal" if equal else "different",
        doubt,
        max_relative_difference=difference if np.isfinite(difference) else None,
        n_agree=int((probs.argmax(axis=1) == their_probs.argmax(axis=1)).sum()),
        n_predictions=len(probs),
    )
