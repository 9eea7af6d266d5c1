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
from compare.weights import DEFAULT_SCHEME
from data.augment import Augmentation


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
    """

    implementations: tuple[str, ...]
    control: bool = False
    hyper_parameters: HyperParameters = field(default_factory=HyperParameters)
    data: str = "mnist"
    seeds: tuple[int, ...] = (0, 1, 2)
    n_epochs: int = 10
    n_threads: int = 1
    init: str = DEFAULT_SCHEME
    train_samples: int | None = None
    transpose: bool | None = None
    split_seed: int = 0
    augmentation: Augmentation | None = None
    patience: int | None = None
    recipe: str = "default"

    def __post_init__(self) -> None:
        if not self.implementations:
            raise UsageError("at least one implementation must be named")
        if not self.seeds:
            raise UsageError("at least one seed is needed")
        if self.n_epochs < 1:
            raise UsageError(f"epochs must be >= 1, got {self.n_epochs}")
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

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Plan":
        """Read back what `to_dict` returned."""
        fields = dict(fields)
        fields["hyper_parameters"] = HyperParameters(**fields["hyper_parameters"])
        if fields.get("augmentation") is not None:
            fields["augmentation"] = Augmentation(**fields["augmentation"])
        fields["implementations"] = tuple(fields["implementations"])
        fields["seeds"] = tuple(fields["seeds"])
        return cls(**fields)


def short(label: str) -> str:
    """Return the name of a row for print: my.py:Net for folder/my.py:Net."""
    place, colon, name = label.rpartition(":")
    return f"{Path(place).name}{colon}{name}"
