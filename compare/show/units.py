"""Numbers as people read them. Fractions become per cent here and nowhere else."""

import math

from compare.show.columns import Cell
from compare.statistics import mean_sd


def percent(fraction: float, digits: int = 2) -> str:
    """0.97853 → 97.85."""
    return f"{100 * fraction:.{digits}f}"


def per_cent(fraction: float) -> str:
    """0.05 → 5 %, 0.1234 → 12.3 %: with its sign, and no more digits than it has."""
    return f"{round(100 * fraction, 1):g} %"


def mean_sd_percent(fractions: list[float]) -> Cell:
    """Mean ± sample standard deviation in per cent; a single value stands alone."""
    found = mean_sd(fractions)
    spread = "" if found.sd is None else f"± {percent(found.sd)}"
    return Cell(percent(found.mean), spread, value=found.mean)


def seconds(value: float) -> str:
    """Three significant digits in the unit that suits: 14.2 µs, 3.05 ms, 0.262 s."""
    if value >= 1:
        return f"{significant(value)} s"
    if value >= 1e-3:
        return f"{significant(value * 1e3)} ms"
    return f"{significant(value * 1e6)} µs"


def significant(value: float, digits: int = 3) -> str:
    """Three significant digits without an exponent; larger numbers grouped."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def mebibytes(n_bytes: float) -> str:
    """573,440,000 → 547 MB, counted in 2²⁰ bytes."""
    return f"{n_bytes / 2**20:,.0f} MB"
