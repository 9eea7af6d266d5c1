"""The parity gate: one float64 epoch from the same weights and the same batches.

Runs before anything is timed. An implementation that does not arrive at the weights of
the reference computes something else, and its row is shown apart.
"""

import concurrent.futures
import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from compare.contract import Array, Weights
from compare.errors import UnsupportedError
from compare.measure import shared
from compare.measure.remote import RemoteImplementation, WorkerFailedError
from compare.plan import Plan, name_of
from compare.results import Parity
from compare.weights import initial_weights

# SGD keeps rounding errors at 1e-15. Adam divides by √v, which is near 0 where the
# gradients are, and so makes them larger.
TOLERANCE = {"sgd": 1e-12, "adam": 1e-9, "adamw": 1e-9}

# Same method, another place for Adam's epsilon: its reference is the NumPy network
# with that epsilon.
EPSILON_HAT = ("sklearn", "numpy-eps-hat")


def reference_of(names: Iterable[str]) -> str:
    """Return the implementation that the others are compared with."""
    return "torch" if "torch" in names else "numpy"


def relative_difference(weights: Weights, reference: Weights) -> float:
    """Return max |Δθ| / max |θ|, the largest over all arrays."""
    return max(
        float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        for pair, pair_reference in zip(weights, reference, strict=True)
        for ours, theirs in zip(pair, pair_reference, strict=True)
    )


def gate(plan: Plan, folder: Path) -> list[Parity]:
    """Return the parity of every implementation of the plan, in its order.

    `folder` holds the data as `shared.write` left it; scratch files go there too.
    """
    names = list(dict.fromkeys(name_of(label) for label in plan.implementations))
    reference = reference_of(names)
    adaptive = plan.hyper_parameters.optimizer != "sgd"
    references = {name: reference for name in names}
    if adaptive:
        references |= {n: "numpy-eps-hat" for n in names if n in EPSILON_HAT}
    everyone = list(dict.fromkeys([*names, *references.values()]))
    path = folder / "parity_start.npz"
    hyper_parameters = dataclasses.replace(plan.hyper_parameters, dtype="float64")
    seed = plan.seeds[0]
    shared.write_weights(
        path,
        initial_weights(
            hyper_parameters.layer_sizes, seed=seed, scheme=plan.init, dtype="float64"
        ),
    )

    workers: list[RemoteImplementation] = []

    def one_epoch(name: str) -> tuple[Weights, Array]:
        stem = folder / f"parity_{everyone.index(name)}"
        with RemoteImplementation(name, n_threads=1) as worker:
            workers.append(worker)
            worker.create(hyper_parameters)
            worker.ask("load", folder=str(folder))
            worker.ask("set_weights", path=str(path))
            worker.ask("train", seed=seed, epoch=0, n_steps=None)
            worker.ask("save_weights", path=str(stem.with_suffix(".npz")))
            worker.ask("test", path=str(stem.with_suffix(".npy")))
        probs = np.load(stem.with_suffix(".npy"), allow_pickle=False)
        return shared.read_weights(stem.with_suffix(".npz")), probs

    # Nothing is timed here, so all cores may help.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {name: pool.submit(one_epoch, name) for name in everyone}
        try:
            concurrent.futures.wait(futures.values())
        except KeyboardInterrupt:
            for worker in workers:
                worker.kill()
            raise
    return [
        _judge(name, references[name], futures, TOLERANCE[hyper_parameters.optimizer])
        for name in names
    ]


Outcome = concurrent.futures.Future[tuple[Weights, Array]]


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
    return Parity(
        name,
        reference,
        "equal" if equal else "different",
        "" if equal else f"above the tolerance of {tolerance:g}",
        max_relative_difference=difference if np.isfinite(difference) else None,
        n_agree=int((probs.argmax(axis=1) == their_probs.argmax(axis=1)).sum()),
        n_predictions=len(probs),
    )
