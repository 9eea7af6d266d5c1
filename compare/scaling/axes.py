"""The points of the sweep: one axis varies, the rest is as in the main comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from compare.config import HyperParameters

AXES = ("batch", "width", "depth", "threads")
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
DEPTHS = (1, 2, 3, 4, 6, 8)
# Neighbouring values have nothing between them.
DISCRETE = ("depth", "threads")
MEANINGS = {
    "batch": "batch size",
    "width": "width of the hidden layers (w and w/2)",
    "depth": "number of hidden layers, 128 wide",
    "threads": "threads",
}


@dataclass(frozen=True)
class Point:
    """One network and how many threads it gets; on one or several axes."""

    hyper_parameters: HyperParameters
    n_threads: int

    @property
    def key(self) -> str:
        """Name the point by all that matters for its speed."""
        hp = self.hyper_parameters
        return f"{hp.architecture} batch {hp.batch_size} threads {self.n_threads}"

    @property
    def flops(self) -> int:
        """Return the multiplications and additions of one training step, about."""
        return 6 * self.hyper_parameters.n_params * self.hyper_parameters.batch_size


def axes(
    names: Sequence[str], base: HyperParameters, n_cores: int, n_threads: int = 1
) -> dict[str, dict[int, Point]]:
    """Return for each axis its points by value, in rising order.

    `n_threads` is what every point has that is not on the axis of the threads.
    """
    return {
        axis: _counts(base, n_cores)
        if axis == "threads"
        else {
            value: Point(replace(base, **changes), n_threads)
            for value, changes in _changes(axis, base).items()
        }
        for axis in names
    }


def _changes(axis: str, base: HyperParameters) -> dict[int, dict[str, Any]]:
    """Return what each value of the axis changes in the hyper-parameters."""
    first, last = base.n_features, base.n_classes
    if axis == "batch":
        return {b: {"batch_size": b} for b in BATCHES}
    if axis == "width":
        return {w: {"layer_sizes": (first, w, w // 2, last)} for w in WIDTHS}
    return {d: {"layer_sizes": (first, *[128] * d, last)} for d in DEPTHS}


def _counts(base: HyperParameters, n_cores: int) -> dict[int, Point]:
    counts = sorted({1, n_cores, *(2**k for k in range(n_cores.bit_length()))})
    return {n: Point(base, n) for n in counts if n <= n_cores}
