"""The networks and numbers that an implementation is asked about.

Numbers that tell mistakes apart: random biases, exact zeros and ties, a batch size that
equals no layer size, a network whose layers all differ beside one whose matrices are
all square. Refuses to draw anything without a seed.
"""

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.architecture import Architecture
from compare.check.simulate.convolutions import pools
from compare.check.simulate.equations import Array, Equations
from compare.config import HyperParameters
from compare.contract import Weights

PRIMES = (13, 11, 17, 19, 23, 29)


@dataclass(frozen=True)
class Probe:
    """One question: these weights, this batch."""

    hp: HyperParameters
    weights: Weights
    X: Array
    y: Array

    @property
    def name(self) -> str:
        """Return the network by its sizes, as 784-128-64-10."""
        return str(self.hp.architecture)


def other_networks(hp: HyperParameters) -> list[dict[str, Any]]:
    """Return what is changed in `hp` for the networks that are asked about beside it.

    A small and a square one; a convolutional network keeps its images and kernels,
    which somebody's code may have fixed, and gets fewer channels and units.
    """
    if not hp.conv_layers:
        sizes = hp.layer_sizes
        return [{"layer_sizes": s} for s in (small_sizes(sizes), square_sizes(sizes))]
    hidden = small_sizes(hp.layer_sizes)[1:]
    kernels = [kernel for _, kernel in hp.conv_layers]
    channels = tuple((n + 3, kernel) for n, kernel in enumerate(kernels))
    return [{"layer_sizes": (hp.n_features, *hidden), "conv_layers": channels}]


def small_sizes(layer_sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return a small network of the same depth, its hidden layers of one size."""
    n_classes = layer_sizes[-1]
    hidden = 6 if n_classes != 6 else 8
    features = 7 if n_classes != 7 else 9
    return (features, *(hidden,) * (len(layer_sizes) - 2), n_classes)


def square_sizes(layer_sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return a network of the same depth and classes, every matrix square."""
    return (layer_sizes[-1],) * len(layer_sizes)


def unlike(layer_sizes: tuple[int, ...], *others: int) -> int:
    """Return a prime that is no layer size and none of `others`: a batch size."""
    return next(p for p in PRIMES if p not in layer_sizes and p not in others)


def make_probe(
    hp: HyperParameters, *, seed: int, n_rows: int | None = None, ties: bool = True
) -> Probe:
    """Return random weights and a random batch.

    With `ties`, the first unit of each hidden layer has z = 0 exactly, for every
    sample: there, z > 0 and z >= 0 differ. Maps have only so many values that several
    pixels of a pool are often exactly the largest, in every order of summation.
    """
    channels = [out for out, _ in hp.conv_layers]
    rng = np.random.default_rng([seed, *hp.layer_sizes, *channels])
    n_rows = n_rows or unlike(hp.layer_sizes, hp.batch_size, *channels)
    weights = random_weights(hp.architecture, rng, hp.dtype)
    X, y = random_batch(hp, n_rows, rng)
    if ties:
        for W, b in weights[:-1]:
            if W.ndim == 4:
                W[...], b[...] = _coarse(W, 16), _coarse(b, 16)
                W[0], b[0] = 0, 0
            else:
                W[:, 0], b[0] = 0, 0
        if hp.conv_layers:
            X = _coarse(X, 4)
    return Probe(hp, weights, X, y)


def _coarse(array: Array, levels: int) -> Array:
    """Round to multiples of 1 / levels."""
    return np.round(array * levels) / levels


def few_rows(hp: HyperParameters) -> Probe:
    """Return a probe that is answered fast: most that is not so shows there.

    Without convolutions, every probe of a small network is.
    """
    return make_probe(hp, seed=1, n_rows=2 if hp.conv_layers else None)


def random_weights(
    network: Architecture, rng: np.random.Generator, dtype: str
) -> Weights:
    """Return weights of a size that keeps activations near 1, and random biases."""
    return [
        (
            rng.normal(0, 1.3 / math.sqrt(fan_in), shape).astype(dtype),
            rng.normal(0, 0.5, b_shape).astype(dtype),
        )
        for (shape, b_shape), (fan_in, _) in zip(
            network.shapes, network.fans, strict=True
        )
    ]


def random_batch(
    hp: HyperParameters, n_rows: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return X in [0, 1] with exact zeros, as images have, and every label.

    A labelling that a network can learn: otherwise training would soon be chaos, and
    chaos magnifies the last digit.
    """
    X = rng.uniform(0, 1, (n_rows, hp.n_features))
    X[X < 0.3] = 0
    y = rng.integers(0, hp.n_classes, n_rows)
    y[: hp.n_classes] = np.arange(hp.n_classes)[::-1][:n_rows]
    return X.astype(hp.dtype), y.astype(np.int64)


def smooth_probe(hp: HyperParameters, *, seed: int) -> Probe:
    """Return a probe without ties and kinks, for finite differences."""
    for attempt in itertools.count():
        probe = make_probe(hp, seed=seed + attempt, n_rows=5, ties=False)
        if attempt > 20 or _nearest_kink(probe) > 1e-5:
            return probe
    raise AssertionError  # pragma: no cover - count() never ends


def _nearest_kink(probe: Probe) -> float:
    """Return how near a z is to the kink of ReLU, or two pixels to a tie."""
    p = Equations().forward(probe.weights, probe.X, probe.y, hp=probe.hp)
    gaps = [math.inf]
    if probe.hp.activation == "relu":
        gaps += [float(np.abs(z).min()) for z in p.zs[:-1]]
    for maps in p.outputs[: p.n_convolutions]:
        second, first = np.moveaxis(np.sort(pools(maps)), -1, 0)[-2:]
        # Pixels that ReLU has made 0 are equal, and stay so.
        gaps.append(float((first - second)[first != second].min(initial=math.inf)))
    return min(gaps)


def extreme_probe(hp: HyperParameters, *, seed: int) -> Probe:
    """Return a probe whose logits reach ±1e4."""
    probe = make_probe(hp, seed=seed)
    W, b = probe.weights[-1]
    b = b.copy()
    b[:] = np.linspace(-1e4, 1e4, len(b))
    return replace(probe, weights=[*probe.weights[:-1], (W, b)])


def single_probe(hp: HyperParameters, *, seed: int) -> Probe:
    """Return a probe of one row."""
    return make_probe(hp, seed=seed, n_rows=1)


def zero_probe(hp: HyperParameters, *, seed: int) -> Probe:
    """Return a probe with X = 0, hidden biases 0 and so z = 0 exactly everywhere."""
    probe = make_probe(hp, seed=seed)
    hidden = [(W, b * 0) for W, b in probe.weights[:-1]]
    return replace(probe, X=probe.X * 0, weights=[*hidden, probe.weights[-1]])


def without_last_class(hp: HyperParameters, *, seed: int) -> Probe:
    """Return a probe with no label of the last class: a one-hot may be too narrow."""
    probe = make_probe(hp, seed=seed)
    return replace(probe, y=np.minimum(probe.y, max(hp.n_classes - 2, 0)))


@dataclass(frozen=True)
class Course:
    """One piece of training: a start, the data, and an order for each epoch."""

    hp: HyperParameters
    weights: Weights
    X: Array
    y: Array
    orders: tuple[Array, ...]
    title: str = ""

    @property
    def name(self) -> str:
        """Return the network by its sizes, as 784-128-64-10."""
        return str(self.hp.architecture)

    @property
    def n_steps(self) -> int:
        """Number of optimizer steps, over all epochs."""
        return sum(-(-len(order) // self.hp.batch_size) for order in self.orders)


@dataclass(frozen=True)
class CoursePlan:
    """How long a course is; `short`: the last batch of an epoch lacks 3 rows."""

    n_steps: int
    n_epochs: int
    short: bool
    seed: int


def make_course(hp: HyperParameters, plan: CoursePlan) -> Course:
    """Return a course of random batches.

    Each order leaves some rows of X out and is shuffled, so that code which does not
    read it cannot come out right by chance.
    """
    probe = make_probe(hp, seed=plan.seed)
    rng = np.random.default_rng([plan.seed, plan.n_steps])
    per_epoch = plan.n_steps // plan.n_epochs
    missing = min(3, hp.batch_size - 1) if plan.short else 0
    n_ordered = per_epoch * hp.batch_size - missing
    X, y = random_batch(hp, n_ordered + 5, rng)
    y = _learnable(X, y, hp, rng)
    orders = tuple(rng.permutation(len(X))[:n_ordered] for _ in range(plan.n_epochs))
    return Course(hp, probe.weights, X, y, orders)


def _learnable(
    X: Array, y: Array, hp: HyperParameters, rng: np.random.Generator
) -> Array:
    teacher: Any = rng.normal(0, 1, (hp.n_features, hp.n_classes))
    learnt: Array = np.argmax((X - 0.5) @ teacher, axis=1).astype(np.int64)
    learnt[: hp.n_classes] = y[: hp.n_classes]
    return learnt
