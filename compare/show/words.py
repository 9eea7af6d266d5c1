"""Small helps for sentences."""

import re
import sys
from collections.abc import Sequence

NUMBER_AND_UNIT = re.compile(r"(?<=\d) (?=%|(?:s|ms|µs|min|h|kB|MB|GB|points|times)\b)")
NO_BREAK = "\N{NO-BREAK SPACE}"


def listed(items: Sequence[str]) -> str:
    """A; A and B; A, B and C."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def between(counts: Sequence[int], noun: str) -> str:
    """1 seed, 3 seeds, 2 to 3 seeds."""
    low, high = min(counts), max(counts)
    return count(high, noun) if low == high else f"{low:,} to {count(high, noun)}"


def count(n: int, noun: str) -> str:
    """1 seed, 3 seeds."""
    return f"{n} {noun}" if n == 1 else f"{n:,} {noun}s"


def unbroken(sentence: str) -> str:
    """Return a sentence in which no line ends between a number and its unit."""
    return NUMBER_AND_UNIT.sub(NO_BREAK, sentence)


def say(words: str) -> None:
    """Write to standard output at once: the reader is waiting."""
    sys.stdout.write(words)
    sys.stdout.flush()
