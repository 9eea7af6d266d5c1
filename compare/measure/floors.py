"""The matrix products alone, with each library that the rows use, in turns.

A lead may be that of a BLAS and not of the code around it. Which of two libraries is
faster depends on the processor, so it is measured where the comparison runs: nothing
but the products of one training step (see `floor`), each library in a process of its
own, a few seconds together.
"""

import numpy as np

from compare import registry
from compare.measure.remote import RemoteImplementation
from compare.measure.turns import Failure, Turns, repeats
from compare.record.plan import Plan

N_ROUNDS = 12
BLOCK_SECONDS = 0.04
CALIBRATION_STEPS = 20


def libraries_of(plan: Plan) -> dict[str, str]:
    """Return whose products the engines of the plan use, and one engine of each.

    Of a user's own class nobody knows, and a GPU has no floor here.
    """
    found: dict[str, str] = {}
    for row in plan.rows:
        entry = registry.engine(row.name)
        if entry is not None and entry.products:
            found.setdefault(entry.products, row.name)
    return found


def measure(plan: Plan) -> dict[str, list[float]]:
    """Return seconds per step of each library's products, an entry per round.

    Empty unless the engines of the plan use two libraries or more. Round k of one was
    measured beside round k of the others. A library that fails is left out.
    """
    libraries = libraries_of(plan)
    if len(libraries) < 2:
        return {}
    hp = plan.hyper_parameters
    asked = {
        "hyper_parameters": hp.to_dict(),
        "n_threads": plan.n_threads,
    }
    seconds: dict[str, list[float]] = {library: [] for library in libraries}
    n_steps: dict[str, int] = {}

    def block(library: str, worker: RemoteImplementation, n: int) -> float:
        arguments = asked | {"library": library, "n_steps": n}
        return float(worker.ask("time_products", **arguments)["seconds"]) / n

    def prepare(library: str, worker: RemoteImplementation) -> None:
        block(library, worker, CALIBRATION_STEPS)  # first calls
        once = block(library, worker, CALIBRATION_STEPS)
        n_steps[library] = repeats(once, BLOCK_SECONDS)

    def turn(library: str, worker: RemoteImplementation) -> None:
        seconds[library].append(block(library, worker, n_steps[library]))

    def failed(library: str, failure: Failure) -> None:
        seconds.pop(library, None)

    rng = np.random.default_rng(len(libraries))
    with Turns[str](rng, time_limit=plan.time_limit_seconds) as turns:
        for library, name in libraries.items():
            turns.start(library, name, n_threads=plan.n_threads)
        turns.take(list(libraries), prepare, failed)
        for _ in range(N_ROUNDS):
            turns.take(list(seconds), turn, failed)
    return seconds
