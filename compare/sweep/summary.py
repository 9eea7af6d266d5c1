"""What came out: each point over its seeds, and the best of each engine.

The best is chosen by validation accuracy. Only its test accuracy is then looked at: the
best test accuracy of many would be too good, by the luck of the draw.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds, its standard deviation, and Student's 95 % interval."""

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Best:
    """The point of one engine with the highest mean validation accuracy."""

    engine: str
    point: dict[str, Any]
    val: Interval
    test: Interval


def interval(values: "pd.Series[float]") -> Interval:
    """Return mean, standard deviation (from two values) and interval (from three).

    The values are fractions, and the interval is cut at 0 and 1.
    """
    from scipy import stats

    n, mean = len(values), float(values.mean())
    if n < 2:
        return Interval(mean, None, None, None, n)
    sd = float(values.std(ddof=1))
    if n < 3:
        return Interval(mean, sd, None, None, n)
    if sd == 0:
        return Interval(mean, 0.0, mean, mean, n)
    low, high = stats.t.interval(CONFIDENCE, n - 1, loc=mean, scale=sd / n**0.5)
    return Interval(mean, sd, max(0.0, float(low)), min(1.0, float(high)), n)


def complete(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the trainings that came to their end."""
    return frame[frame["status"] == "complete"]


def best(frame: "pd.DataFrame", varied: list[str]) -> list[Best]:
    """Return the best point of each engine, in the order of their names in `frame`.

    A point counts only if as many of its seeds are complete as of any other point of
    its engine: two lucky seeds must not beat twenty.
    """
    done = complete(frame)
    found = []
    for engine in dict.fromkeys(frame["engine"]):
        rows = done[done["engine"] == engine]
        if rows.empty:
            continue
        groups = [
            (dict(zip(varied, values, strict=True)), group)
            for values, group in (
                rows.groupby(varied, sort=False, dropna=False)
                if varied
                else [((), rows)]
            )
        ]
        most = max(len(group) for _, group in groups)
        point, group = max(
            (pair for pair in groups if len(pair[1]) == most),
            key=lambda pair: float(pair[1]["val_accuracy"].mean()),
        )
        found.append(
            Best(
                str(engine),
                point,
                interval(group["val_accuracy"]),
                interval(group["test_accuracy"]),
            )
        )
    return found
