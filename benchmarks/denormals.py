"""Do denormal numbers slow a long run? Optimizer steps, early and late.

A weight whose gradient has stopped, such as that of a pixel at the edge, leaves a
moment behind that shrinks by β in each step. In float32 it is denormal after some 800
steps, and some processors compute with such numbers many times more slowly.
`numpy_impl` sets them to zero every so often; with that switched off, this script shows
what it would cost here.

    python -m benchmarks.denormals
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import sys  # noqa: E402  # after the thread counts
import time  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from typing import Any  # noqa: E402
from unittest import mock  # noqa: E402

import numpy as np  # noqa: E402

from numpy_impl import SGD, Adam, optimizers  # noqa: E402

N_PARAMS = 109_386
# On MNIST nearly half of dW[0] is zero in a given batch; here, half is for ever.
STOPPED = N_PARAMS // 2
# Steps before the moments are denormal, and long after, as in epochs 3 and 30.
EARLY = range(100, 400)
LATE = range(2_000, 2_300)
NEVER = 1 << 60
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda *vectors: SGD(*vectors, learning_rate=0.05, momentum=0.9),
    "adam": lambda *vectors: Adam(*vectors, learning_rate=0.001),
}


@dataclass(frozen=True)
class Outcome:
    """Median seconds of one step, early and late, and what the moments then hold."""

    early_seconds: float
    late_seconds: float
    n_denormal: int


def run(optimizer: str, *, flush: bool) -> Outcome:
    """Take 2,300 steps; from the second on, half of the gradients are zero."""
    rng = np.random.default_rng(0)
    params = rng.normal(0, 0.1, N_PARAMS).astype(np.float32)
    gradients = rng.normal(0, 1e-3, N_PARAMS).astype(np.float32)
    grads = gradients.copy()
    one = OPTIMIZERS[optimizer](params, grads, N_PARAMS)
    seconds = []
    every = optimizers.FLUSH_EVERY_STEPS if flush else NEVER
    with mock.patch.object(optimizers, "FLUSH_EVERY_STEPS", every):
        for step in range(LATE.stop):
            grads[:] = gradients
            start = time.perf_counter()
            one.step()
            seconds.append(time.perf_counter() - start)
            if step == 0:
                gradients[:STOPPED] = 0
    early, late = (float(np.median(seconds[s.start : s.stop])) for s in (EARLY, LATE))
    return Outcome(early, late, _n_denormal(one))


def _n_denormal(optimizer: Any) -> int:
    """Count them in every vector that the optimizer keeps."""
    tiny = np.finfo(np.float32).tiny
    vectors = [
        value
        for value in vars(optimizer).values()
        if isinstance(value, np.ndarray) and value.dtype == np.float32
    ]
    return sum(int(((v != 0) & (np.abs(v) < tiny)).sum()) for v in vectors)


def main() -> None:
    """Print a line per optimizer, with and without flushing."""
    sys.stdout.write(
        "optimizer  flushing  early step  late step  late/early  denormals\n"
    )
    for name in OPTIMIZERS:
        for flush in (True, False):
            found = run(name, flush=flush)
            sys.stdout.write(
                f"{name:<9}  {'on' if flush else 'off':<8}  "
                f"{found.early_seconds * 1e6:7.1f} µs  "
                f"{found.late_seconds * 1e6:6.1f} µs"
                f"  {found.late_seconds / found.early_seconds:10.2f}  "
                f"{found.n_denormal:9,}\n"
            )


if __name__ == "__main__":
    main()
