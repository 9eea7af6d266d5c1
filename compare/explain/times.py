"""What each setting does to the time of a training, with both engines' own clocks.

A step is timed in short blocks, all trainings and both engines in turns; a whole
training is so many steps an epoch, and so many epochs as were trained. Effects are
factors, and multiply where those on accuracy add. A setting that leaves a step as it is
has a factor of exactly 1: nothing is measured for it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.explain.ablation import FIRST, SECOND, Ablation, off, on
from compare.explain.settings import Setting
from compare.measure import blocks
from compare.statistics import RatioInterval, paired_ratio

N_ROUNDS = 12
SEED = 0


@dataclass(frozen=True)
class Factor:
    """How many times as long: above 1 is longer. No interval where nothing varies."""

    factor: float
    low: float | None = None
    high: float | None = None


@dataclass
class Times:
    """Seconds of whole trainings, and the factor of each setting between them.

    `engine` is what the other engine does to the same training, `rest` what the
    interplay of settings and engine leaves. `reason` says why there are none.
    """

    first_seconds: float | None = None
    second_seconds: float | None = None
    total: Factor | None = None
    settings: dict[str, Factor] = field(default_factory=dict)
    engine: Factor | None = None
    rest: float | None = None
    reason: str = ""


def measure(
    engines: tuple[str, str],
    ablation: Ablation,
    settings: Sequence[Setting],
    *,
    architecture: Architecture,
    activation: str,
    n_samples: int,
    notify: Callable[[], None],
) -> Times:
    """Time a step of every training with both engines; return the factors."""
    hps = {
        key: c.hyper_parameters(architecture, activation=activation)
        for key, c in ablation.cells.items()
    }
    names = {hp: f"{number}" for number, hp in enumerate(dict.fromkeys(hps.values()))}
    rows, finished = blocks.measure(
        list(dict.fromkeys(engines)),
        {name: hp for hp, name in names.items()},
        kinds={name: ["training"] for name in names.values()},
        n_rounds=N_ROUNDS,
        n_threads=1,
        notify=notify,
    )
    reasons = [row.reason for row in rows if row.reason]
    if reasons or not finished:
        return Times(reason=reasons[0] if reasons else "interrupted")
    by_row = {(row.name, row.setting): row.seconds["training"] for row in rows}
    clock = _Clock(engines, ablation, hps, names, by_row, n_samples)
    return clock.times(settings)


def n_turns(engines: tuple[str, str], ablation: Ablation) -> int:
    """Return how often `notify` is called."""
    distinct = {c.hyper_parameters() for c in ablation.cells.values()}
    return N_ROUNDS * len(set(engines)) * len(distinct)


@dataclass(frozen=True)
class _Clock:
    engines: tuple[str, str]
    ablation: Ablation
    hps: dict[str, HyperParameters]
    names: dict[HyperParameters, str]
    rows: dict[tuple[str, str], list[float]]
    n_samples: int

    def training(self, engine: int, key: str) -> list[float] | None:
        """Return seconds of the whole training, one per round."""
        epochs = self.ablation.n_epochs.get(key)
        if not epochs:
            return None
        hp = self.hps[key]
        n_steps = math.ceil(self.n_samples / hp.batch_size)
        per_step = self.rows[self.engines[engine], self.names[hp]]
        n_epochs = float(np.mean(list(epochs.values())))
        return [seconds * n_steps * n_epochs for seconds in per_step]

    def times(self, settings: Sequence[Setting]) -> Times:
        first, second = self.training(0, FIRST), self.training(1, SECOND)
        first_there, second_here = self.training(1, FIRST), self.training(0, SECOND)
        if not (first and second and first_there and second_here):
            return Times(reason="a training is missing")
        found = Times(
            first_seconds=float(np.median(first)),
            second_seconds=float(np.median(second)),
            total=_factor(first, second),
            engine=_mean_factor((first, first_there), (second_here, second)),
        )
        for setting in settings:
            switched = self.training(0, on(setting)), self.training(1, off(setting))
            if switched[0] and switched[1]:
                found.settings[setting.name] = _mean_factor(
                    (first, switched[0]), (switched[1], second)
                )
        factors = [f.factor for f in found.settings.values()]
        if found.total and found.engine and len(factors) == len(settings):
            found.rest = found.total.factor / found.engine.factor / math.prod(factors)
        return found


Pair = tuple[list[float], list[float]]


def _mean_factor(one: Pair, other: Pair) -> Factor:
    """Return the geometric mean of two factors, round by round."""
    before = np.sqrt(np.multiply(one[0], other[0]))
    after = np.sqrt(np.multiply(one[1], other[1]))
    return _factor(before.tolist(), after.tolist())


def _factor(before: list[float], after: list[float]) -> Factor:
    ratios = np.divide(after, before)
    if np.ptp(ratios) <= 1e-12 * ratios[0]:  # the same step: only epochs differ
        return Factor(float(ratios[0]))
    found: RatioInterval = paired_ratio(after, before, rng=np.random.default_rng(SEED))
    if found.ratio is None:
        raise ValueError("no round was timed")
    return Factor(found.ratio, found.low, found.high)
