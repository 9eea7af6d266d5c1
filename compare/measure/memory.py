"""Does a network fit into this machine? Asked before anything is read or started.

A lower bound: what it refuses cannot fit, whoever trains it. What it lets pass may
still be too large for an implementation that keeps more; its row then says so.
"""

import os

from compare.errors import UsageError
from compare.measure import environment
from compare.record.plan import Plan

DOUBLE = 8
SINGLE = 4


def check(plan: Plan, n_images: int) -> None:
    """Raise UsageError for a network that cannot fit with so many images at once."""
    memory = environment.memory_bytes()
    for stage, needed in stages(plan, n_images).items():
        if needed > memory:
            hp = plan.hyper_parameters
            raise UsageError(
                f"--layers gives {hp.n_params:,} parameters: weights, gradients and "
                f"{hp.optimizer}'s state, and the widest layer's outputs for "
                f"{n_images:,} images, take {needed / 2**30:.3g} GB in {stage}, more "
                f"than the {memory / 2**30:.3g} GB of this machine"
            )


def stages(plan: Plan, n_images: int) -> dict[str, int]:
    """Return the bytes that each stage of a comparison needs at once.

    In the gate, in float64, as many train as there are cores, and the weights that they
    begin with are kept beside them. In the rounds all rows live, and one computes.
    """
    hp = plan.hyper_parameters
    n_arrays = 2 + (2 if hp.optimizer != "sgd" else int(hp.momentum > 0))
    outputs = n_images * max(hp.layer_sizes[1:])
    # One alone is compared with a witness.
    n_gate = min(max(2, len(set(plan.implementations))), os.cpu_count() or 1)
    n_bytes = DOUBLE if hp.dtype == "float64" else SINGLE
    return {
        "the parity gate": DOUBLE
        * ((1 + n_gate * n_arrays) * hp.n_params + n_gate * outputs),
        "the rounds": n_bytes * (len(plan.rows) * n_arrays * hp.n_params + outputs),
    }
