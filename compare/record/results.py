"""What was measured, and its JSON. Written as it comes; everything else reads it.

Tables, figures and reports are made from this file alone. Units are in the names;
accuracies are fractions.
"""

import base64
import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare.errors import UsageError
from compare.record.files import write_atomically
from compare.record.plan import Plan

# Results of another number are refused: a field means something else there.
SCHEMA = 2
FILE_NAME = "results.json"


@dataclass
class EpochRecord:
    """One timed epoch and what it achieved."""

    epoch: int
    """Counted from 0."""
    turn: int
    """When this implementation had its turn in the round, counted from 0."""
    train_seconds: float
    cpu_seconds: float
    train_sample_loss: float
    train_sample_accuracy: float
    val_loss: float
    val_accuracy: float
    augment_seconds: float = 0.0
    """Deforming the images of this epoch, off the clock of training."""


@dataclass
class Run:
    """One implementation with one seed, in a process of its own."""

    implementation: str
    seed: int
    device: str = "cpu"
    """Where it computes; a GPU leaves its processor idle."""
    status: str = "running"
    """running, complete, failed or interrupted."""
    reason: str = ""
    import_seconds: float | None = None
    create_seconds: float | None = None
    warm_up_seconds: float | None = None
    thread_pools: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)
    stopped_early: bool = False
    kept_epoch: int | None = None
    """Whose weights were tested, counted from 0: the last, or early stopping's best."""
    test_accuracy: float | None = None
    test_loss: float | None = None
    one_image_seconds: float | None = None
    test_set_seconds: float | None = None
    peak_memory_bytes: int | None = None
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


@dataclass
class Parity:
    """The float64 epoch of one implementation, against the reference."""

    implementation: str
    reference: str
    status: str
    """equal, different, reference, unsupported or failed."""
    reason: str = ""
    max_relative_difference: float | None = None
    n_agree: int | None = None
    n_predictions: int | None = None


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
    """Read the results in `folder`.

    Raises
    ------
    UsageError
        If there are none, or they are not of this schema.
    """
    path = folder / FILE_NAME if folder.is_dir() else folder
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        raise UsageError(f"{path} holds no results of this suite (schema {SCHEMA})")
    try:
        fields["plan"] = Plan.from_dict(fields["plan"])
        fields["parity"] = [Parity(**record) for record in fields["parity"]]
        fields["runs"] = [_read_run(record) for record in fields["runs"]]
        return Results(**fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} lacks or misnames a field: {error}") from None


def _read_run(fields: dict[str, Any]) -> Run:
    epochs = [EpochRecord(**record) for record in fields["epochs"]]
    return Run(**{**fields, "epochs": epochs})


def pack(array: NDArray[np.uint8]) -> dict[str, Any]:
    """Return an array of small numbers as JSON can hold it compactly."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return {"dtype": "uint8", "shape": list(array.shape), "base64": data}


def unpack(packed: dict[str, Any]) -> NDArray[np.uint8]:
    """Return the array that `pack` was given."""
    flat = np.frombuffer(base64.b64decode(packed["base64"]), dtype=np.uint8)
    return flat.reshape(packed["shape"])
