"""A speed ratio in print: 1.90 (1.80–2.00) in tables, 1.90 times in sentences."""

import math

from compare.statistics import RatioInterval


def figure(ratio: RatioInterval) -> str:
    """Return the ratio alone, n/a if there is none."""
    return "n/a" if ratio.ratio is None else f"{ratio.ratio:.2f}"


def interval(ratio: RatioInterval) -> str:
    """Return the interval alone, empty if there is none."""
    if ratio.low is None or ratio.high is None:
        return ""
    return f"{ratio.low:.2f}–{ratio.high:.2f}"


def short(ratio: RatioInterval) -> str:
    """Return the ratio with its interval in brackets, for the cell of a table."""
    limits = interval(ratio)
    return f"{figure(ratio)} ({limits})" if limits else figure(ratio)


def measured(ratio: RatioInterval) -> str:
    """Return a ratio for a sentence: 2.50 times, its interval, the number of rounds."""
    return f"{multiple(ratio)}, {details(ratio)}"


def multiple(ratio: RatioInterval) -> str:
    """Return 2.50 times, with as many decimals as the interval asks for."""
    return f"{ratio.ratio:.{_decimals(ratio)}f} times" if ratio.ratio else "unknown"


def details(ratio: RatioInterval) -> str:
    """Return the interval in words and the number of rounds behind it."""
    return f"{_interval_in_words(ratio)}, {rounds(ratio.n_pairs)}"


def rounds(n: int) -> str:
    """Return 1 paired round, 3 paired rounds."""
    return f"{n} paired round" + ("" if n == 1 else "s")


def _interval_in_words(ratio: RatioInterval) -> str:
    if ratio.low is None or ratio.high is None:
        return "no interval"
    decimals = _decimals(ratio)
    return (
        f"{100 * ratio.confidence:.3g} % interval "
        f"{ratio.low:.{decimals}f} to {ratio.high:.{decimals}f}"
    )


def _decimals(ratio: RatioInterval) -> int:
    """Three figures from 1 up, two below; more if rounding moved a limit onto 1."""
    exponent = math.floor(math.log10(ratio.ratio or 1.0))
    decimals = max(0, 2 - exponent) if exponent >= 0 else 1 - exponent
    limits = [v for v in (ratio.low, ratio.high) if v is not None and v != 1]
    while decimals < 4 and any(round(v, decimals) == 1 for v in limits):
        decimals += 1
    return decimals
