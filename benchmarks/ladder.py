"""From textbook to fast, one change at a time, each with what it gains.

Every rung trains the same network on the same batches and changes one thing beside the
rung before. docs/5-from-textbook-to-fast.md explains them; the tests show that all
arrive at the same weights. Run it on a quiet machine:

    python -m benchmarks.ladder

Refuses to be a comparison with frameworks: that is `python -m compare`.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse  # noqa: E402  # after the thread counts
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

import data  # noqa: E402
from benchmarks.rungs import LAYER_SIZES, MatrixProducts, rungs  # noqa: E402
from compare import initial_weights  # noqa: E402
from compare.measure import kernels, threads  # noqa: E402
from compare.statistics import paired_ratio  # noqa: E402


def measure(
    *, batch_size: int, n_steps: int, n_rounds: int
) -> dict[str, NDArray[np.float64]]:
    """Return µs per step of every rung and of the floor, one value per round."""
    digits = data.load("mnist", dtype="float32")
    weights = initial_weights(LAYER_SIZES, seed=0, dtype="float32")
    rng = np.random.default_rng(0)
    programs: list[Any] = [
        kind(weights, digits.X_train, digits.y_train, batch_size)
        for kind in (*rungs(), MatrixProducts)
    ]
    times = {type(program).__doc__ or "": np.empty(n_rounds) for program in programs}
    for number in range(-1, n_rounds):  # round −1 is for warming up
        order = rng.permutation(len(digits.X_train))[: n_steps * batch_size]
        for i in rng.permutation(len(programs)):
            program = programs[i]
            start = time.perf_counter()
            program.train(order)
            seconds = time.perf_counter() - start
            if number >= 0:
                times[type(program).__doc__ or ""][number] = seconds / n_steps * 1e6
    return times


def table(times: dict[str, NDArray[np.float64]]) -> str:
    """Return the measurement as text: medians, and ratios of paired rounds."""
    names = list(times)
    floor, before = times[names[-1]], None
    lines = [
        f"{'':<44}{'µs per step':>12}{'gain (95 % interval)':>24}{'over floor':>12}"
    ]
    for name in names:
        values = times[name]
        gain = "" if before is None or name == names[-1] else _ratio(before, values)
        lines.append(
            f"{name.rstrip('.'):<44}{np.median(values):>12.0f}{gain:>24}"
            f"{np.median(values / floor):>12.2f}"
        )
        before = values
    return "\n".join(lines) + "\n"


def _ratio(before: NDArray[np.float64], values: NDArray[np.float64]) -> str:
    """Return how many times as fast, with its interval if there are enough rounds."""
    found = paired_ratio(list(before), list(values), rng=np.random.default_rng(0))
    if found.low is None:
        return f"× {found.ratio:.2f}"
    return f"× {found.ratio:.2f} ({found.low:.2f}–{found.high:.2f})"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ladder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--batch-size", type=int, default=64, metavar="B")
    parser.add_argument("--steps", type=int, default=20, metavar="N")
    parser.add_argument("--rounds", type=int, default=100, metavar="N")
    args = parser.parse_args(argv)
    times = measure(
        batch_size=args.batch_size, n_steps=args.steps, n_rounds=args.rounds
    )
    sys.stdout.write(f"{kernels.named(threads.report())}\n\n{table(times)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
