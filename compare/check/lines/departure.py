"""What a search deals with: a question, what was seen, a correction, a departure.

Holds no rules. Refuses to run anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compare.check.lines.naming import Label
from compare.check.lines.quantities import Quantities, Quantity
from compare.check.lines.recorder import Event
from compare.check.lines.sites import Site

Values = dict[int, dict[int, Any]]  # site -> turn -> value


@dataclass(frozen=True)
class Question:
    """What is asked of the code, and what should come back.

    `ask` returns arrays by name, or an exception in the place of one; the order of
    `right` is that in which they are computed. `is_of_lending`: what was lent should
    be as it was, whatever the code computes with it.
    """

    ask: Callable[[], Mapping[str, Any]]
    right: Mapping[str, Any]
    quantities: Quantities
    tolerance: float
    is_of_lending: bool = False


@dataclass(frozen=True, eq=False)
class Seen:
    """An event, its site, and what it is; `position` counts all events."""

    site: Site
    event: Event
    label: Label | None
    position: int


@dataclass(frozen=True)
class Correction:
    """One right value in the place of a found one; `quantity` None is a number."""

    seen: Seen
    value: Any
    quantity: Quantity | None = None
    factor_name: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is a single number, or an answer to a condition."""
        return self.quantity is None or self.quantity.family == "count"


@dataclass(frozen=True)
class Departure:
    """A place whose correction mends answers.

    `mended` and `still_wrong` name the answers that are right and wrong with it.
    """

    site: Site
    corrections: tuple[Correction, ...]
    mended: tuple[str, ...]
    still_wrong: tuple[str, ...]

    @property
    def first(self) -> Correction:
        """Return the first correction that changes something."""
        return self.corrections[0]
