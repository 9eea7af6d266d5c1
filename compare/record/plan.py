"""What is going to be measured: fixed before the first measurement, and stored with it.

Refuses to change afterwards: the numbers of seeds and epochs are not chosen by looking
at results.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.escape import printable
from compare.record.field_types import Count, Positive, Seconds
from compare.weights import DEFAULT_SCHEME
from data.augment import Augmentation

# A whole epoch of the slowest class that anybody waits for.
TIME_LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class Row:
    """One row of a comparison: an implementation, and which copy of it.

    `label` tells it from all other rows, in results and in files; `short` is its name
    in print.
    """

    name: str
    """What the registry knows."""
    copy: int = 1
    """Counted from 1: an implementation that is named twice has two rows."""
    is_control: bool = False
    """Whether it repeats the first row for the A/A control."""

    @property
    def label(self) -> str:
        """Return numpy, numpy (2) or numpy (control)."""
        if self.is_control:
            return f"{self.name} (control)"
        return self.name if self.copy == 1 else f"{self.name} ({self.copy})"

    @property
    def short(self) -> str:
        """Return the label without the folder of a file of one's own."""
        return short(self.label)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One comparison.

    Attributes
    ----------
    implementations : tuple of str
        Names that the registry knows; one that is given twice has two rows.
    control : bool
        Take the first implementation once more: an A/A comparison, whose speed ratio
        must contain 1.
    hyper_parameters : HyperParameters
    data : str
        A source that `data.load` accepts.
    seeds : tuple of int
        Each seed sets the initial weights and the order of every epoch.
    n_epochs, n_threads : int
    init : str
        Scheme of the initial weights.
    train_samples : int or None
        Train on a stratified part only.
    transpose : bool or None
        Whether rows and columns of the images are exchanged; None to find out.
    split_seed : int
        Which images become validation; the same for all seeds.
    augmentation : Augmentation or None
        New deformations of the training images for every epoch, the same for all rows.
    patience : int or None
        Stop a run after so many epochs without a better validation accuracy, and keep
        its best weights; None trains to the end.
    recipe : str
        Name of the recipe that this is or was made from.
    time_limit_seconds : float
        What a single call may take; whoever takes longer has failed.
    """

    implementations: tuple[str, ...]
    control: bool = False
    hyper_parameters: HyperParameters = field(default_factory=HyperParameters)
    data: str = "mnist"
    seeds: tuple[Count, ...] = (0, 1, 2)
    n_epochs: Positive = 10
    n_threads: Positive = 1
    init: str = DEFAULT_SCHEME
    train_samples: Positive | None = None
    transpose: bool | None = None
    split_seed: Count = 0
    augmentation: Augmentation | None = None
    patience: Positive | None = None
    recipe: str = "default"
    time_limit_seconds: Seconds = TIME_LIMIT_SECONDS

    def __post_init__(self) -> None:
        if not self.implementations:
            raise UsageError("at least one implementation must be named")
        if not self.seeds:
            raise UsageError("at least one seed is needed")
        if len(set(self.seeds)) < len(self.seeds):
            raise UsageError(f"seeds must differ, got {self.seeds}")
        if self.n_epochs < 1:
            raise UsageError(f"epochs must be >= 1, got {self.n_epochs}")
        if not self.time_limit_seconds > 0:
            raise UsageError(f"time limit must be > 0 s, got {self.time_limit_seconds}")
        if self.n_threads < 1:
            raise UsageError(f"threads must be >= 1, got {self.n_threads}")

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows, in the order in which they are shown."""
        copies: Counter[str] = Counter()
        found = []
        for name in self.implementations:
            copies[name] += 1
            found.append(Row(name, copies[name]))
        control = [Row(self.implementations[0], is_control=True)] * self.control
        return (*found, *control)

    @property
    def labels(self) -> tuple[str, ...]:
        """What tells the rows apart, in their order."""
        return tuple(row.label for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them."""
        return asdict(self)


def short(label: str) -> str:
    """Return the name of a row for print: my.py:Net for folder/my.py:Net."""
    place, colon, name = label.rpartition(":")
    return printable(f"{Path(place).name}{colon}{name}")
