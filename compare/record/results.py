"""What was measured, and its JSON. Written as it comes; everything else reads it.

Tables, figures and reports are made from this file alone. Units are in the names;
accuracies are fractions.
"""

import base64
import dataclasses
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from compare.errors import UsageError
from compare.files import write_atomically
from compare.record import validation
from compare.record.field_types import (
    Count,
    Fraction,
    Loss,
    Positive,
    Seconds,
    SecondsOrNone,
)
from compare.record.plan import Plan

# Results of another number are refused: a field means something else there.
SCHEMA = 2
FILE_NAME = "results.json"


@dataclass
class EpochRecord:
    """One timed epoch and what it achieved."""

    epoch: Count
    """Counted from 0."""
    turn: Count
    """When this implementation had its turn in the round, counted from 0."""
    train_seconds: Seconds
    cpu_seconds: SecondsOrNone
    train_sample_loss: Loss
    train_sample_accuracy: Fraction
    val_loss: Loss
    val_accuracy: Fraction
    augment_seconds: SecondsOrNone = 0.0
    """Deforming the images of this epoch, off the clock of training."""


@dataclass
class Run:
    """One implementation with one seed, in a process of its own."""

    implementation: str
    seed: Count
    device: str = "cpu"
    """Where it computes; a GPU leaves its processor idle."""
    status: Literal["running", "complete", "failed", "interrupted"] = "running"
    reason: str = ""
    import_seconds: SecondsOrNone | None = None
    create_seconds: SecondsOrNone | None = None
    warm_up_seconds: SecondsOrNone | None = None
    thread_pools: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)
    stopped_early: bool = False
    kept_epoch: Count | None = None
    """Whose weights were tested, counted from 0: the last, or early stopping's best."""
    test_accuracy: Fraction | None = None
    test_loss: Loss | None = None
    one_image_seconds: Seconds | None = None
    test_set_seconds: Seconds | None = None
    peak_memory_bytes: Positive | None = None
    predictions: dict[str, Any] | None = None
    """Predicted class of each test image (see `pack`)."""
    confidences: dict[str, Any] | None = None
    """Its probability, in steps of 1/255."""

    @property
    def train_seconds(self) -> list[float]:
        """Time of each epoch."""
        return [record.train_seconds for record in self.epochs]

    @property
    def kept(self) -> EpochRecord:
        """The epoch whose weights were tested; before the test, the last one."""
        numbers = [record.epoch for record in self.epochs]
        place = -1 if self.kept_epoch is None else numbers.index(self.kept_epoch)
        return self.epochs[place]


@dataclass(frozen=True)
class Costs:
    """What it takes to use an implementation besides training it, fields of `Run`.

    Medians over its complete runs, None for what these do not hold: results from before
    a field was added can still be shown. `warm_up_seconds` are the first calls, which
    are off the clock.
    """

    one_image_seconds: float | None
    test_set_seconds: float | None
    peak_memory_bytes: float | None
    import_seconds: float | None
    warm_up_seconds: float | None


def costs(runs: Sequence[Run]) -> Costs:
    """Return the medians over complete runs."""

    def middle(name: str) -> float | None:
        known = [v for run in runs if (v := getattr(run, name)) is not None]
        return float(statistics.median(known)) if known else None

    return Costs(**{name: middle(name) for name in Costs.__dataclass_fields__})


@dataclass
class Parity:
    """The float64 epoch of one implementation, against the reference."""

    implementation: str
    reference: str
    status: Literal["equal", "different", "reference", "unsupported", "failed"]
    reason: str = ""
    max_relative_difference: Loss | None = None
    n_agree: Count | None = None
    n_predictions: Positive | None = None


@dataclass
class Results:
    """One comparison: the plan, the machine, and all that was measured."""

    plan: Plan
    environment: dict[str, Any]
    data: dict[str, Any]
    command: list[str]
    started: str
    parity: list[Parity] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    unsupported: dict[str, str] = field(default_factory=dict)
    """Rows that cannot take part, and why."""
    test_labels: dict[str, Any] | None = None
    gallery: dict[str, Any] | None = None
    """Images that the figures show, by test index (see `compare.record.gallery`)."""
    neurons: dict[str, Any] | None = None
    """What the first layer of one run has learned (see `compare.record.neurons`)."""
    floors: dict[str, list[Seconds]] = field(default_factory=dict)
    """Seconds per step of each library's matrix products (see `measure.floors`)."""
    finished: bool = False
    schema: int = SCHEMA

    def runs_of(self, label: str) -> list[Run]:
        """Return the runs of one row, by seed."""
        return [run for run in self.runs if run.implementation == label]

    def complete_runs_of(self, label: str) -> list[Run]:
        """Return the runs of one row that came to their end."""
        return [run for run in self.runs_of(label) if run.status == "complete"]

    def complete_runs(self) -> list[Run]:
        """Return the runs of all rows that came to their end."""
        return [run for run in self.runs if run.status == "complete"]

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False)

    def write(self, folder: Path) -> None:
        """Write `results.json` so that a reader never sees half a file."""
        write_atomically(folder / FILE_NAME, self.to_json().encode())


def read(folder: Path) -> Results:
    """Read the results in `folder`, and check all that they say.

    Raises
    ------
    UsageError
        If there are none, they are not of this schema, or a field is of another type,
        out of its range, or does not go with the others; with the field's path.
    """
    path = folder / FILE_NAME if folder.is_dir() else folder
    try:
        fields = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        raise UsageError(f"{path} holds no results of this suite (schema {SCHEMA})")
    try:
        found = msgspec.convert(fields, Results, strict=True)
        validation.require_known(fields, msgspec.to_builtins(found))
        validation.check(found)
    except msgspec.ValidationError as error:
        raise _wrong(path, validation.in_words(error)) from None
    except (validation.InvalidError, RecursionError) as error:
        raise _wrong(path, str(error)) from None
    return found


def _wrong(path: Path, sentence: str) -> UsageError:
    return UsageError(f"{path} is not as a run writes it: {sentence}")


def pack(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array of whole numbers >= 0 as JSON can hold it compactly.

    Its type is the smallest of uint8, uint16 and uint32 that holds them all.
    """
    highest = int(array.max()) if array.size else 0
    dtype = np.min_scalar_type(highest).newbyteorder("<")
    content = np.ascontiguousarray(array, dtype=dtype).tobytes()
    data = base64.b64encode(content).decode("ascii")
    return {"dtype": dtype.name, "shape": list(array.shape), "base64": data}


def unpack(packed: dict[str, Any]) -> NDArray[Any]:
    """Return the array that `pack` was given."""
    dtype = np.dtype(packed["dtype"]).newbyteorder("<")
    flat = np.frombuffer(base64.b64decode(packed["base64"]), dtype=dtype)
    return flat.reshape(packed["shape"])
