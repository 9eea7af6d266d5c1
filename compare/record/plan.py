"""What is going to be measured: fixed before the first measurement, and stored with it.

Refuses to change afterwards: the numbers of seeds and epochs are not chosen by looking
at results.
"""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.weights import DEFAULT_SCHEME
from data.augment import Augmentation

CONTROL = "control"
# What `labels` appends: a path of one's own may contain brackets too.
_SUFFIX = re.compile(rf" \((\d+|{CONTROL})\)$")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One comparison.

    Attributes
    ----------
    implementations : tuple of str
        Labels of the rows; `name_of(label)` is what the registry knows.
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
    hyper_parameters: HyperParameters = field(default_factory=HyperParameters)
    data: str = "mnist"
    seeds: tuple[int, ...] = (0, 1, 2)
    n_epochs: int = 10
    n_threads: int = 1
    init: str = DEFAULT_SCHEME
    train_samples: int | None = None
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


def labels(names: list[str], *, control: bool) -> tuple[str, ...]:
    """Return one label per row: a name given twice is numbered.

    With `control`, the first implementation takes part a second time: an A/A
    comparison, whose speed ratio must contain 1.
    """
    result: list[str] = []
    for name in names:
        n = sum(name_of(label) == name for label in result)
        result.append(name if n == 0 else f"{name} ({n + 1})")
    if control:
        result.append(f"{names[0]} ({CONTROL})")
    return tuple(result)


def name_of(label: str) -> str:
    """Return the registry's name of a row: `numpy` for `numpy (control)`."""
    return _SUFFIX.sub("", label)


def short(label: str) -> str:
    """Return the name of a row for print: my.py:Net for folder/my.py:Net."""
    place, colon, name = label.rpartition(":")
    return f"{Path(place).name}{colon}{name}"
