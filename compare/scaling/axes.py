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
    names: Sequence[str], base: HyperParameters, n_cores: int
) -> dict[str, dict[int, Point]]:
    """Return for each axis its points by value, in rising order."""
    return {axis: _axis(axis, base, n_cores) for axis in names}


def _axis(axis: str, base: HyperParameters, n_cores: int) -> dict[int, Point]:
    ends = base.n_features, base.n_classes
    if axis == "batch":
        return {b: _point(base, batch_size=b) for b in BATCHES}
    if axis == "width":
        return {
            w: _point(base, layer_sizes=(ends[0], w, w // 2, ends[1])) for w in WIDTHS
        }
    if axis == "depth":
        return {
            d: _point(base, layer_sizes=(ends[0], *[128] * d, ends[1])) for d in DEPTHS
        }
    counts = sorted({1, n_cores, *(2**k for k in range(n_cores.bit_length()))})
    return {n: Point(base, n) for n in counts if n <= n_cores}


def _point(base: HyperParameters, **changes: Any) -> Point:
    return Point(replace(base, **changes), 1)
