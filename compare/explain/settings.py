"""A whole training in settings, and in which of them two trainings differ.

A `Configuration` says everything that one framework decides for you and another decides
otherwise. A `Setting` is what can be switched alone: mostly one field, sometimes two
that mean nothing apart. Refuses to know any framework: that is `defaults`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from compare.architecture import Architecture
from compare.config import OPTIMIZERS, HyperParameters
from compare.errors import UsageError

# Where initial weights, W or b, are drawn from: in and out are fan_in and fan_out.
STARTS = {
    "zero": "0",
    "fan-in": "U(±1/√in)",
    "glorot": "U(±√(6/(in+out)))",
    "glorot-logistic": "U(±√(2/(in+out)))",
    "he-uniform": "U(±√(6/in))",
    "he-normal": "N(0, 2/in)",
}


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Every setting of one training; the network and its loss are the same for all.

    Attributes
    ----------
    weights, biases : str
        Where the initial W and b come from, a key of `STARTS`.
    epsilon : {"after", "before"}
        Whether Adam's ε is added after the bias correction of √v or before it.
    l2 : float
        λ: the gradient is g + λ W; for ``adamw`` decoupled.
    l2_per_batch : bool
        Whether λ is divided by the number of rows of each batch.
    l2_on : {"weights", "all"}
        Whether biases decay as well.
    shuffle : bool
        A new order for every epoch, or always that of the data.
    tol, patience : float, int
        Stop when the training loss has not fallen by `tol` below its best for more
        than `patience` epochs; a patience of 0 never stops.
    n_epochs : int
        The most epochs.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.0
    nesterov: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    epsilon: str = "after"
    l2: float = 0.0
    l2_per_batch: bool = False
    l2_on: str = "weights"
    weights: str = "glorot"
    biases: str = "zero"
    batch_size: int = 64
    shuffle: bool = True
    dtype: str = "float32"
    tol: float = 0.0
    patience: int = 0
    n_epochs: int = 10

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"{name} must be one of {', '.join(choices)}, "
                    f"got {getattr(self, name)!r}"
                )
        for name, least in (("n_epochs", 1), ("patience", 0), ("l2", 0), ("tol", 0)):
            if getattr(self, name) < least:
                raise UsageError(
                    f"{name} must be >= {least}, got {getattr(self, name)}"
                )
        self.hyper_parameters()  # which checks the rest

    def hyper_parameters(
        self, architecture: Architecture | None = None, **network: Any
    ) -> HyperParameters:
        """Return what the contract can say of it, for the engines' own clock.

        What it cannot say costs no time: the start, the order, where ε stands.
        """
        if architecture is not None:
            network |= asdict(architecture)
        return HyperParameters(
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0 and self.optimizer == "sgd",
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.l2 / self.batch_size if self.l2_per_batch else self.l2,
            batch_size=self.batch_size,
            **{"dtype": self.dtype} | network,
        )

    def changed(self, **fields: Any) -> "Configuration":
        """Return it with other values in these fields."""
        return replace(self, **fields)

    @property
    def length(self) -> tuple[int, float, int]:
        """What only decides when to stop."""
        return self.n_epochs, self.tol, self.patience


CHOICES: dict[str, tuple[str, ...]] = {
    "optimizer": OPTIMIZERS,
    "epsilon": ("after", "before"),
    "l2_on": ("weights", "all"),
    "weights": tuple(STARTS),
    "biases": tuple(STARTS),
    "dtype": ("float32", "float64"),
}


@dataclass(frozen=True)
class Setting:
    """What can be switched alone: its name, its fields, how a value reads."""

    name: str
    fields: tuple[str, ...]
    show: Callable[[Configuration], str]

    def differs(self, one: Configuration, other: Configuration) -> bool:
        """Say whether two trainings disagree in it."""
        return any(getattr(one, f) != getattr(other, f) for f in self.fields)

    def switch(self, base: Configuration, source: Configuration) -> Configuration:
        """Return `base` with this setting as in `source`."""
        return base.changed(**{f: getattr(source, f) for f in self.fields})


def _l2(c: Configuration) -> str:
    if c.l2 == 0:
        return "none"
    return f"{c.l2:g} / batch size" if c.l2_per_batch else f"{c.l2:g}"


def _stopping(c: Configuration) -> str:
    if not c.patience:
        return "none"
    return f"no {c.tol:g} gained in {c.patience} epochs"


SETTINGS = (
    Setting("initial weights", ("weights",), lambda c: STARTS[c.weights]),
    Setting("biases' start", ("biases",), lambda c: STARTS[c.biases]),
    Setting("optimizer", ("optimizer",), lambda c: c.optimizer),
    Setting("learning rate", ("learning_rate",), lambda c: f"{c.learning_rate:g}"),
    Setting("momentum", ("momentum",), lambda c: f"{c.momentum:g}"),
    Setting("Nesterov", ("nesterov",), lambda c: "on" if c.nesterov else "off"),
    Setting("Adam's betas", ("betas",), lambda c: "{:g}, {:g}".format(*c.betas)),
    Setting("Adam's epsilon", ("eps",), lambda c: f"{c.eps:g}"),
    Setting("place of epsilon", ("epsilon",), lambda c: f"{c.epsilon} correction"),
    Setting("L2", ("l2", "l2_per_batch"), _l2),
    Setting(
        "L2 acts on",
        ("l2_on",),
        lambda c: "weights and biases" if c.l2_on == "all" else "weights",
    ),
    Setting("batch size", ("batch_size",), lambda c: f"{c.batch_size:,}"),
    Setting("shuffling", ("shuffle",), lambda c: "each epoch" if c.shuffle else "none"),
    Setting("precision", ("dtype",), lambda c: c.dtype),
    Setting("stopping rule", ("tol", "patience"), _stopping),
    Setting("number of epochs", ("n_epochs",), lambda c: f"{c.n_epochs:,}"),
)
# Settings that count only under some optimizer.
ONLY_FOR = {
    "momentum": ("sgd",),
    "Nesterov": ("sgd",),
    "Adam's betas": ("adam", "adamw"),
    "Adam's epsilon": ("adam", "adamw"),
    "place of epsilon": ("adam", "adamw"),
}


def differences(first: Configuration, second: Configuration) -> list[Setting]:
    """Return the settings in which two trainings differ, as far as it can matter."""
    return [
        setting
        for setting in SETTINGS
        if setting.differs(first, second) and _matters(setting, first, second)
    ]


def _matters(setting: Setting, *both: Configuration) -> bool:
    if setting.name == "L2 acts on":
        return any(c.l2 for c in both)
    if setting.name == "Nesterov":
        return any(c.optimizer == "sgd" and c.momentum for c in both)
    kinds = ONLY_FOR.get(setting.name, OPTIMIZERS)
    return any(c.optimizer in kinds for c in both)


def parse(assignments: list[str]) -> dict[str, Any]:
    """Read ``name=value`` into fields of a `Configuration`.

    Raises
    ------
    UsageError
        For a name it does not have or a value of another kind.
    """
    known = {f.name: f.default for f in fields(Configuration)}
    found: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            raise UsageError(
                f"a setting is given as NAME=VALUE with one of {', '.join(known)}, "
                f"got {text!r}"
            )
        found[name] = _read(name, value, known[name])
    return found


def _read(name: str, text: str, default: Any) -> Any:
    words = {"true": True, "on": True, "false": False, "off": False}
    try:
        if isinstance(default, bool):
            return words[text.lower()]
        if isinstance(default, tuple):
            return tuple(float(part) for part in text.split(","))
        return type(default)(text)
    except (KeyError, ValueError):
        kind = {bool: "on or off", tuple: "numbers joined by a comma"}.get(
            type(default), {int: "a whole number", float: "a number"}.get(type(default))
        )
        raise UsageError(f"{name} must be {kind}, got {text!r}") from None
