"""`compare.check(...)`: from a class, two functions or a name to a report."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from compare import own_code, registry
from compare.check.examination import examine
from compare.check.findings import Gate, Report
from compare.check.guard import Guard, UserCodeError
from compare.check.lines.reading import read
from compare.check.lines.result import Reading
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.of_functions import FunctionsSubject
from compare.config import LEARNING_RATES, HyperParameters
from compare.contract import METHODS
from compare.errors import UnsupportedError, UsageError

TIME_LIMIT_SECONDS = 30.0
NO_CONVOLUTIONS = "Your lines were not read: that is done for dense networks only."
Target = str | Callable[..., Any]


def check(
    *target: Target,
    whole_epoch: bool = True,
    time_limit_seconds: float = TIME_LIMIT_SECONDS,
    diagnose: bool = True,
    **hyper_parameters: Any,
) -> Report:
    """Return a report: does it compute what PyTorch computes, and if not, why not?

    Parameters
    ----------
    *target : class or function, or two functions, or str
        A class with the contract's methods (or a function that makes one); or
        ``forward, gradients``; or a name: built-in, ``"file.py:Name"``,
        ``"package.module:Name"``, ``"file.py"`` with the two functions in it.
    whole_epoch : bool
        Also train one epoch of MNIST, if the network has 784 inputs.
    time_limit_seconds : float
        For each call of the code under test; an epoch may take ten times as long.
    diagnose : bool
        False: say that it is wrong, not why.
    **hyper_parameters
        As `HyperParameters`: ``layer_sizes``, ``activation``, ``optimizer``, … What is
        not given is a default in the signature of the class, or that of
        `HyperParameters`; dtype is float64.

    Raises
    ------
    UsageError
        If there is nothing to check: no such file or name, a hyper-parameter out of
        its range. What the code itself does wrong is in the report.
    """
    run = Run(
        time_limit_seconds=time_limit_seconds,
        whole_epoch=whole_epoch,
        diagnose=diagnose,
        hyper_parameters=hyper_parameters,
    )
    return run.check(*target)


class Run:
    """One check, with listeners for those who watch it happen."""

    def __init__(
        self,
        *,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        whole_epoch: bool = True,
        diagnose: bool = True,
        ruled_out: bool = False,
        hyper_parameters: dict[str, Any] | None = None,
        hint: int = 3,
        whole_lines: bool = False,
        label: str = "",
        announce: Callable[[str, float], None] = lambda what, limit: None,
        begin: Callable[[Report], None] = lambda report: None,
        tell: Callable[[Gate], None] = lambda gate: None,
    ) -> None:
        if time_limit_seconds <= 0:
            raise UsageError(f"the time limit must be > 0 s, got {time_limit_seconds}")
        self.guard = Guard(time_limit_seconds=time_limit_seconds, announce=announce)
        self.whole_epoch = whole_epoch
        self.hint = hint if diagnose else 1
        self.whole_lines, self.label = whole_lines, label
        self.ruled_out = ruled_out
        self.begin, self.tell = begin, tell
        given = dict(hyper_parameters or {})
        self.given = set(given)
        # Twice the digits: what rounding hides in float32, float64 shows.
        given.setdefault("dtype", "float64")
        if given.get("optimizer") in LEARNING_RATES:
            given.setdefault("learning_rate", LEARNING_RATES[given["optimizer"]])
        try:
            self.hp = HyperParameters(**given)
        except TypeError as error:
            raise UsageError(f"unknown hyper-parameter: {error}") from None
        if self.hp.open_division:
            asked_for = ", ".join(self.hp.open_division)
            raise UsageError(f"check knows no {asked_for}: check it without")

    def check(self, *target: Target) -> Report:
        """Return the report on `target`, as `check` takes it."""
        started = time.monotonic()
        label = self.label or label_of(*target)
        report = Report(
            label,
            hint=self.hint,
            whole_lines=self.whole_lines,
            ruled_out=self.ruled_out,
        )
        try:
            with one_thread():
                subject = self._subject(label, *target)
        except UserCodeError as error:
            return self._hopeless(report, error.sentence, error.trace)
        except MissingMethodsError as error:
            return self._hopeless(report, str(error), "")
        except UnsupportedError as error:
            names_itself = str(error).startswith(f"{label} ")
            who = "" if names_itself else f"{label} refuses: "
            raise UsageError(f"{who}{error}") from None
        report.heading = heading(label, subject)
        self.begin(report)
        data = _mnist if self.whole_epoch else None
        with one_thread():
            examine(subject, report, data=data, tell=self.tell)
        report.notes += self._noticed()
        report.read = lambda: self._read(subject, report)
        report.seconds = time.monotonic() - started
        return report

    def _read(
        self, subject: ClassSubject | FunctionsSubject, report: Report
    ) -> Reading:
        """Read the user's own lines; those of a built-in name are not the user's."""
        if subject.label in registry.ENGINES or self.hint == 1:
            return Reading()
        if subject.hp.conv_layers:
            return Reading(refusal=NO_CONVOLUTIONS)
        with one_thread():
            return read(subject, search=not report.passed)

    def _hopeless(self, report: Report, sentence: str, trace: str) -> Report:
        report.heading = [f"Checking {report.label}"]
        self.begin(report)
        gate = Gate(
            "contract", "contract", "methods", False, message=sentence, trace=trace
        )
        report.gates.append(gate)
        self.tell(gate)
        return report

    def _subject(self, label: str, *target: Target) -> ClassSubject | FunctionsSubject:
        if len(target) == 2:
            forward, gradients = target
            if not (callable(forward) and callable(gradients)):
                raise UsageError("check takes forward and gradients, two functions")
            return FunctionsSubject(
                forward, gradients, label, self.hp, self.guard, self.given
            )
        if len(target) != 1:
            raise UsageError("check takes one class or name, or two functions")
        (only,) = target
        if not isinstance(only, str):
            return self._class(only, label, {})
        if is_place(only):
            return self._module(only, label)
        factory, settings = self._import(only, registry.find_factory)
        return self._class(factory, label, settings)

    def _import(self, name: str, how: Callable[[str], Any]) -> Any:
        """Import under guard; code that does not even import is wrong usage."""
        try:
            return self.guard.call(f"importing {name}", how, name)
        except UserCodeError as error:
            trace = f"\n{error.trace}" if error.trace else ""
            raise UsageError(error.sentence + trace) from None

    def _module(self, place: str, label: str) -> ClassSubject | FunctionsSubject:
        """Return the two functions of a file, or its only class with our methods."""
        module = self._import(place, own_code.load_place)
        forward = getattr(module, "forward", None)
        if callable(forward):
            gradients = getattr(module, "gradients", None)
            return FunctionsSubject(
                forward, gradients, label, self.hp, self.guard, self.given
            )
        classes = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and value.__module__ == module.__name__
            and all(hasattr(value, method) for method in METHODS)
        ]
        if len(classes) == 1:
            return self._class(classes[0], f"{place}:{classes[0].__name__}", {})
        raise UsageError(
            f"{place} has no function forward(weights, X) and "
            f"{'several classes' if classes else 'no class'} with the methods "
            f"{', '.join(METHODS)}: name one as {place}:Name"
        )

    def _class(
        self, factory: Callable[..., Any], label: str, settings: Mapping[str, Any]
    ) -> ClassSubject:
        try:
            return ClassSubject(
                factory, label, self.hp, self.guard, self.given, settings
            )
        except UsageError as error:
            raise MissingMethodsError(str(error)) from None

    def _noticed(self) -> list[str]:
        notes = []
        if self.guard.printed_lines:
            notes.append(
                f"It prints: {self.guard.printed_lines} lines are not shown here."
            )
        for message, place in list(self.guard.warnings.items())[:3]:
            notes.append(f"A warning was raised at {place}: {message}")
        return notes


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: these matrices are small, and threads only wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


class MissingMethodsError(Exception):
    """The class cannot be made, or lacks methods of the contract."""


def is_place(name: str) -> bool:
    """Tell a file or module without a name in it from a name."""
    return name not in registry.ENGINES and name.endswith(".py")


def label_of(*target: Target) -> str:
    """Return what the report calls the code under test."""
    if len(target) == 2:
        return "forward and gradients"
    (only,) = target or ("nothing",)
    if isinstance(only, str):
        return only
    return getattr(only, "__name__", type(only).__name__)


def heading(label: str, subject: ClassSubject | FunctionsSubject) -> list[str]:
    """Return the first lines of the report: what is checked, and on what."""
    hp = subject.hp
    parts = [describe_network(hp)]
    if subject.can_train:
        parts.append(describe_training(hp))
    lines = [f"Checking {label}", f"  {', '.join(parts)}"]
    others = [str(n.architecture) for n in subject.networks[1:]]
    if others:
        lines.append(
            f"  also {' and '.join(others)}, which show what a large one hides"
        )
    return lines


def describe_network(hp: HyperParameters) -> str:
    """Return sizes and activation."""
    return f"{hp.architecture}, {hp.activation}"


def describe_training(hp: HyperParameters) -> str:
    """Return optimizer and batches."""
    options = [f"learning rate {hp.learning_rate:g}"]
    if hp.optimizer == "sgd":
        kind = "Nesterov momentum" if hp.nesterov else "momentum"
        options.append(f"{kind} {hp.momentum:g}")
    if hp.weight_decay:
        options.append(f"weight decay {hp.weight_decay:g}")
    return f"{hp.optimizer} ({', '.join(options)}), batches of {hp.batch_size}"


def _mnist() -> tuple[Any, Any]:
    import data

    dataset = data.load("mnist", dtype="float64")
    return dataset.X_train, dataset.y_train
