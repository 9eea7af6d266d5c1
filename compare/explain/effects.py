"""How much of a difference comes from which setting: contrasts with intervals.

For every seed and every test image there is a right or wrong answer of each training.
The effect of a setting is the mean of two differences: switched on alone from the first
training, and switched off alone from the second. With two settings that is what each
deserves in any order (Shapley); with more, what their interplay leaves is said apart,
so that effects and rest always add up to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare.explain.ablation import FIRST, SECOND, Ablation, off, on
from compare.explain.settings import Setting
from compare.statistics import MIN_SEEDS, MeanInterval, mean_interval


@dataclass(frozen=True)
class Effect:
    """What one setting does to the test accuracy, fractions, second minus first.

    None where a training is missing; `reason` says why.
    """

    setting: str
    first: str
    second: str
    on: MeanInterval | None
    off: MeanInterval | None
    both: MeanInterval | None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """more accurate, less accurate, no effect beyond chance, or not enough data."""
        return verdict(self.both)


@dataclass(frozen=True)
class Explanation:
    """The total, its parts, and what they leave."""

    total: MeanInterval | None
    effects: tuple[Effect, ...]
    interactions: MeanInterval | None


def verdict(found: MeanInterval | None) -> str:
    """Return what may be said of one effect."""
    if found is None or found.contains_zero is None or found.n_seeds < MIN_SEEDS:
        return "not enough data"
    if found.contains_zero:
        return "no effect beyond chance"
    return "more accurate" if found.mean > 0 else "less accurate"


def explain(ablation: Ablation, settings: Sequence[Setting]) -> Explanation:
    """Return the effects, the largest first, the total and the rest."""
    total = _contrast(ablation, {SECOND: 1, FIRST: -1})
    effects = sorted(
        (_effect(ablation, setting) for setting in settings),
        key=lambda e: -abs(e.both.mean) if e.both else 1.0,
    )
    rest: dict[str, float] = {SECOND: 1, FIRST: -1}
    for setting in settings:
        for key, weight in _weights(setting).items():
            rest[key] = rest.get(key, 0) - weight
    return Explanation(total, tuple(effects), _contrast(ablation, rest))


def _weights(setting: Setting) -> dict[str, float]:
    return {on(setting): 0.5, FIRST: -0.5, SECOND: 0.5, off(setting): -0.5}


def _effect(ablation: Ablation, setting: Setting) -> Effect:
    keys = (on(setting), off(setting), FIRST, SECOND)
    reasons = [ablation.failures[key] for key in keys if key in ablation.failures]
    return Effect(
        setting.name,
        setting.show(ablation.cells[FIRST]),
        setting.show(ablation.cells[SECOND]),
        _contrast(ablation, {on(setting): 1, FIRST: -1}),
        _contrast(ablation, {SECOND: 1, off(setting): -1}),
        _contrast(ablation, _weights(setting)),
        reasons[0] if reasons else "",
    )


def _contrast(ablation: Ablation, weights: dict[str, float]) -> MeanInterval | None:
    """Return the weighted sum of answers, over the seeds that all trainings have."""
    used = {key: weight for key, weight in weights.items() if weight}
    have = [set(ablation.correct.get(key, {})) for key in used]
    seeds = sorted(set.intersection(*have)) if have else []
    if not seeds:
        return None
    table: NDArray[np.float64] = sum(  # type: ignore[assignment]  # never empty
        weight * np.stack([ablation.correct[key][s] for s in seeds]).astype(float)
        for key, weight in used.items()
    )
    return mean_interval(table)
