"""A class with the methods of the contract, as a subject."""

import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from compare import registry
from compare.check.guard import Guard, UserCodeError
from compare.check.observations import Answer
from compare.check.probes import Course, Probe, other_networks
from compare.check.subject import as_number, copies, describe, pairs
from compare.check.terms import OURS, Terms
from compare.config import HyperParameters
from compare.contract import Weights
from compare.errors import UnsupportedError, UsageError
from compare.own_code import field_of

FIELDS = tuple(f.name for f in fields(HyperParameters))
EPOCH_PATIENCE = 10.0  # an epoch may take so many times the limit of another call


class WatchedHyperParameters(HyperParameters):
    """Hyper-parameters that note which of them a class reads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.__dict__["_read"] = set()
        self.__dict__["_times_unpacked"] = 0

    def __getattribute__(self, name: str) -> Any:
        if name in FIELDS:
            read = object.__getattribute__(self, "__dict__").get("_read")
            if read is not None:
                read.add(name)
        return super().__getattribute__(name)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields; once by the registry, and then by the class itself."""
        state = self.__dict__
        state["_times_unpacked"] += 1
        before = set(state["_read"])
        unpacked = super().to_dict()
        state["_read"].clear()
        state["_read"].update(before if state["_times_unpacked"] == 1 else FIELDS)
        return unpacked

    def fields_read(self) -> set[str]:
        """Return the names of the fields that somebody read."""
        return set(self.__dict__["_read"])


@dataclass
class ClassSubject:
    """A class with the methods of the contract.

    Parameters
    ----------
    factory : callable
        The class, or a function that returns an instance.
    hp : HyperParameters
        What to configure; dtype float64 unless asked otherwise.
    given : set of str
        Fields that the caller set by hand: they win over defaults in the signature.
    """

    factory: Callable[..., Any]
    label: str
    hp: HyperParameters
    guard: Guard
    given: set[str] = field(default_factory=set)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dtype: str = "float64"
    can_train: bool = True
    no_biases: bool = False
    # v ← μv + (1 − μ)g; `hp` then has η(1 − μ), with which it is the usual momentum.
    is_moving_average: bool = False
    is_random: bool = False  # its training draws random numbers: dropout, say
    has_gradients: bool = True
    has_loss: bool = True
    accepted: set[str] = field(default_factory=set)
    absent: str = "there is no method loss_and_gradients, which is optional"
    networks: list[HyperParameters] = field(default_factory=list)
    terms: Terms = OURS
    _asked: tuple[HyperParameters, Any] | None = None

    def __post_init__(self) -> None:
        self._adopt_defaults()
        instance = self.create(self.hp)
        self.has_gradients = callable(getattr(instance, "loss_and_gradients", None))
        self.has_loss = self.has_gradients
        self._find_accepted()
        self.networks = [self.hp, *self._other_networks()]

    def _adopt_defaults(self) -> None:
        """A default in the signature, Adam's learning rate say, is what is checked."""
        if self.label in registry.ENGINES:
            return
        own = {
            field_of(p.name): p.default
            for p in self._parameters()
            if field_of(p.name) in FIELDS
            and p.default is not p.empty
            and p.default is not None
            and field_of(p.name) not in self.given | {"dtype"}
        }
        changed = {k: v for k, v in own.items() if v != getattr(self.hp, k)}
        for name, value in changed.items():
            # What is no such value is left to the class: `activation=my_function`.
            with contextlib.suppress(UsageError, TypeError):
                self.hp = replace(self.hp, **{name: value})
        self._adopt_adam()

    def _adopt_adam(self) -> None:
        """Check what takes a β₁ and a β₂ as Adam, if it does not choose itself."""
        defaults = {p.name: p.default for p in self._parameters()}
        if self.given & {"optimizer", "betas"} or "optimizer" in defaults:
            return
        if not ({"beta1", "beta2"} <= set(defaults) or "betas" in defaults):
            return
        self.hp = replace(self.hp, optimizer="adam")
        with contextlib.suppress(UsageError, TypeError, ValueError, KeyError):
            betas = float(defaults["beta1"]), float(defaults["beta2"])
            self.hp = replace(self.hp, betas=betas)
        for name in ("epsilon", "eps"):
            with contextlib.suppress(UsageError, TypeError, ValueError, KeyError):
                self.hp = replace(self.hp, eps=float(defaults[name]))
        self.notes.append("It takes β₁ and β₂, and so it is checked as Adam.")

    def _parameters(self) -> list[inspect.Parameter]:
        try:
            return list(inspect.signature(self.factory).parameters.values())
        except (TypeError, ValueError):
            return []

    def _find_accepted(self) -> None:
        parameters = self._parameters()
        if self.label in registry.ENGINES:
            self.accepted = set(FIELDS)
        elif any(p.kind is p.VAR_KEYWORD for p in parameters):
            # It may take them and not use them: trust the shapes alone.
            self.accepted = {"layer_sizes", "batch_size", "dtype"}
        else:
            names = {field_of(p.name) for p in parameters}
            self.accepted = names & set(FIELDS)
        watched = WatchedHyperParameters(**vars_of(self.hp))
        self.create(watched)
        self.accepted |= watched.fields_read()

    def _other_networks(self) -> list[HyperParameters]:
        """Return a small and a square network, if it can be had with them."""
        found: list[HyperParameters] = []
        batch: dict[str, Any] = (
            {"batch_size": 9} if "batch_size" in self.accepted else {}
        )
        for changes in other_networks(self.hp):
            hp = replace(self.hp, **changes, **batch)
            try:
                instance = self._start(hp, _zeros(hp))
                if "layer_sizes" not in self.accepted:
                    # Its sizes may come with the weights; or be fixed.
                    X = np.zeros((3, hp.n_features), hp.dtype)
                    out = self.guard.call("trying", instance.predict_proba, X)
                    if np.shape(out) != (3, hp.n_classes):
                        continue
            except (UserCodeError, UsageError, UnsupportedError):
                if "layer_sizes" in self.accepted:
                    self.notes.append(
                        f"It takes layer_sizes but not {hp.architecture}: "
                        "some mistakes show only there."
                    )
                continue
            if hp.architecture not in [h.architecture for h in (self.hp, *found)]:
                found.append(hp)
        return found

    def adopt(self, values: dict[str, Any]) -> None:
        """Take hyper-parameters that were measured, in every network."""
        self.hp = replace(self.hp, **values)
        self.networks = [replace(hp, **values) for hp in self.networks]

    def keep_moving_average(self) -> None:
        """Take v ← μv + (1 − μ)g for what it is: the usual momentum, with η(1 − μ)."""
        self.is_moving_average = True
        self.adopt({"learning_rate": self.hp.learning_rate * (1 - self.hp.momentum)})

    def create(self, hp: HyperParameters) -> Any:
        """Return a new instance.

        Raises
        ------
        UserCodeError
            If its constructor raises or does not return.
        UsageError, UnsupportedError
            As `registry.create`.
        """
        if self.is_moving_average:
            rate = hp.learning_rate / (1 - hp.momentum)
            hp = replace(hp, learning_rate=rate)
        return self.guard.call(
            f"creating {self.label}",
            lambda: registry.create_from(
                self.factory, hp, settings=self.settings, name=self.label
            ),
        )

    def _start(self, hp: HyperParameters, weights: Weights) -> Any:
        instance = self.create(hp)
        self.guard.call("set_weights", instance.set_weights, copies(weights))
        return instance

    def answer(self, probe: Probe) -> Answer:
        """Return probabilities, and loss and gradients if it has that method."""
        try:
            instance = self._start(probe.hp, probe.weights)
        except UserCodeError as error:
            return Answer(error, error, error)
        probs = self._try("predict_proba", instance.predict_proba, probe.X.copy())
        if not self.has_gradients:
            return Answer(probs)
        X, y = probe.X.copy(), probe.y.copy()
        both = self._try("loss_and_gradients", instance.loss_and_gradients, X, y)
        if isinstance(both, UserCodeError):
            return Answer(probs, both, both)
        if not (isinstance(both, tuple) and len(both) == 2):
            wrong = UserCodeError(
                "loss_and_gradients must return (loss, [(dW, db), ...]), got "
                f"{describe(both)}",
                kind="type",
            )
            return Answer(probs, wrong, wrong)
        return Answer(probs, both[0], pairs(both[1], len(probe.weights)))

    def loss(self, probe: Probe) -> float:
        """Return its own loss; one instance serves all questions."""
        if self._asked is None or self._asked[0] != probe.hp:
            self._asked = (probe.hp, self.create(probe.hp))
        model = self._asked[1]
        self.guard.call("set_weights", model.set_weights, copies(probe.weights))
        X, y = probe.X.copy(), probe.y.copy()
        both = self.guard.call("loss_and_gradients", model.loss_and_gradients, X, y)
        return as_number(both[0])

    def _try(self, what: str, method: Any, *args: Any) -> Any:
        try:
            return self.guard.call(what, method, *args)
        except UserCodeError as error:
            return error

    def train(self, course: Course) -> list[Weights]:
        """Return the weights after each epoch of the course."""
        instance = self._start(course.hp, course.weights)
        after = []
        for order in course.orders:
            self.guard.call(
                "train_epoch",
                instance.train_epoch,
                # Copies: code that changes them is told so once, by the contract gate.
                course.X.copy(),
                course.y.copy(),
                order.copy(),
                patience=EPOCH_PATIENCE,
            )
            got = self.guard.call("get_weights", instance.get_weights)
            found = pairs(got, len(course.weights))
            if isinstance(found, UserCodeError):
                raise found
            after.append(copies(found))
        return after


def vars_of(hp: HyperParameters) -> dict[str, Any]:
    """Return the fields as they are, for another instance."""
    return {name: getattr(hp, name) for name in FIELDS}


def _zeros(hp: HyperParameters) -> Weights:
    return [
        (np.zeros(shape, hp.dtype), np.zeros(b_shape, hp.dtype))
        for shape, b_shape in hp.architecture.shapes
    ]
