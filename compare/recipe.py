"""Named trainings: `recipes.toml`, read and checked.

A recipe says everything about a training but where its results go. Refuses to train:
the comparison does that.
"""

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from compare.config import HyperParameters
from compare.errors import UsageError
from compare.spelling import did_you_mean
from compare.weights import DEFAULT_SCHEME, SCHEMES
from data.augment import Augmentation

FILE = Path(__file__).with_name("recipes.toml")
PARTS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One named training.

    Attributes
    ----------
    name, summary : str
    hyper_parameters : HyperParameters
        With a schedule, its `n_epochs` is that of the recipe.
    n_epochs : int
    seeds : tuple of int
        Each sets the initial weights, the order of every epoch, and the deformations.
    init : str
        Scheme of the initial weights.
    implementations : tuple of str
    train_samples : int or None
        Train on so many images; None for all.
    augmentation : Augmentation or None
        Deform the training images anew for every epoch: `augmentation.at(epoch,
        n_epochs)` and `data.augment.augment`.
    patience : int or None
        Of `compare.early_stopping`; None trains to the end.
    reported : dict
        Accuracy that others report, by part: train, val, test.
    """

    name: str
    summary: str
    n_epochs: int
    seeds: tuple[int, ...]
    hyper_parameters: HyperParameters = field(default_factory=HyperParameters)
    init: str = DEFAULT_SCHEME
    implementations: tuple[str, ...] = ("numpy", "torch", "sklearn")
    train_samples: int | None = None
    augmentation: Augmentation | None = None
    patience: int | None = None
    reported: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.seeds, int):
            object.__setattr__(self, "seeds", tuple(range(self.seeds)))
        object.__setattr__(self, "seeds", tuple(self.seeds))
        object.__setattr__(self, "implementations", tuple(self.implementations))
        for name in ("n_epochs", "train_samples", "patience"):
            value = getattr(self, name)
            if not isinstance(value, int | None) or (value is not None and value < 1):
                raise UsageError(f"{name} must be a whole number >= 1, got {value}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UsageError(f"seeds must be at least one and differ, got {self.seeds}")
        if self.init not in SCHEMES:
            raise UsageError(
                f"init must be one of {', '.join(SCHEMES)}, got {self.init!r}"
            )
        for part, accuracy in self.reported.items():
            if part not in PARTS or not 0 < accuracy <= 1:
                raise UsageError(
                    "reported must hold fractions in (0, 1] for "
                    f"{', '.join(PARTS)}, got {part} = {accuracy}"
                )

    def with_epochs(self, n_epochs: int) -> "Recipe":
        """Return the same recipe for another length; its schedule goes along."""
        hyper_parameters = self.hyper_parameters
        if hyper_parameters.n_epochs:
            hyper_parameters = replace(hyper_parameters, n_epochs=n_epochs)
        return replace(self, n_epochs=n_epochs, hyper_parameters=hyper_parameters)


def load(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises
    ------
    UsageError
        If there is none: the sentence lists those there are.
    """
    tables = _tables()
    if name not in tables:
        raise UsageError(
            f"unknown recipe {name!r}{did_you_mean(name, tables)}: choose from "
            f"{', '.join(tables)}"
        )
    return read(name, tables[name])


def summaries() -> dict[str, str]:
    """Return one line for each recipe, in the order of the file."""
    return {name: str(table["summary"]) for name, table in _tables().items()}


def read(name: str, table: dict[str, Any]) -> Recipe:
    """Return the recipe that one table of the file describes.

    Raises
    ------
    UsageError
        With the recipe's name, if a field is unknown, missing, or out of its range.
    """
    given = dict(table)
    known = {f.name for f in fields(Recipe)} - {"name"}
    try:
        _check_names("a recipe", given, known)
        for required in ("summary", "n_epochs", "seeds"):
            if required not in given:
                raise UsageError(f"{required} is missing")
        numbers = dict(given.pop("hyper_parameters", {}))
        _check_names("hyper_parameters", numbers, _names(HyperParameters))
        if "n_epochs" in numbers:
            raise UsageError("n_epochs belongs beside seeds, not in hyper_parameters")
        if numbers.get("schedule", "constant") != "constant":
            numbers["n_epochs"] = given["n_epochs"]
        strengths = given.pop("augmentation", None)
        if strengths is not None:
            _check_names("augmentation", strengths, _names(Augmentation))
            given["augmentation"] = Augmentation(**strengths)
        return Recipe(name=name, hyper_parameters=HyperParameters(**numbers), **given)
    except ValueError as error:
        raise UsageError(f"recipe {name}: {error}") from error


def _tables() -> dict[str, dict[str, Any]]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


def _names(kind: type[HyperParameters] | type[Augmentation]) -> set[str]:
    return {f.name for f in fields(kind)}


def _check_names(what: str, given: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        raise UsageError(
            f"{what} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}"
        )
