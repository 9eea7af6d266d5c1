"""Results that were read are checked as a whole before anything is made of them.

`results` and `field_types` say of which type each field is and in which range; this
file says what belongs together: rows and seeds of the plan, epochs in order, one answer
per test image, an accuracy that is that of the answers. Whoever edits the file by hand
gets the path of the first field that cannot be so.
"""

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from compare.record.field_types import (
    Data,
    Environment,
    Gallery,
    Neurons,
    Packed,
    ThreadPool,
)

if TYPE_CHECKING:
    from compare.record.results import Results, Run

# Far more than rounding leaves between an accuracy and its answers.
SAME = 1e-9

OF_A_COMPLETE_RUN = (
    "import_seconds",
    "create_seconds",
    "warm_up_seconds",
    "test_accuracy",
    "test_loss",
    "one_image_seconds",
    "test_set_seconds",
    "peak_memory_bytes",
    "predictions",
    "confidences",
)


class InvalidError(ValueError):
    """A field that cannot be so; says which and why."""


def require_known(raw: Any, known: Any, path: str = "") -> None:
    """Raise InvalidError for a field of `raw`, as read, that `known` does not have."""
    if isinstance(raw, dict) and isinstance(known, dict):
        for name, value in raw.items():
            here = f"{path}.{name}" if path else name
            _require(name in known, here, "is no field of results")
            require_known(value, known[name], here)
    elif isinstance(raw, list) and isinstance(known, (list, tuple)):
        for i, (value, each) in enumerate(zip(raw, known, strict=False)):
            require_known(value, each, f"{path}[{i}]")


def check(results: "Results") -> None:
    """Raise InvalidError for the first field that does not go with the others."""
    _typed(results.environment, Environment, "environment")
    if results.environment.get("load_average_at_start") is not None:
        known = "usable_cores" in results.environment
        _require(known, "environment.usable_cores", "is missing")
    _typed(results.data, Data, "data")
    hp, n_names = results.plan.hyper_parameters, len(results.data["class_names"])
    _require(
        n_names <= hp.n_classes,
        "data.class_names",
        f"has {n_names} names for a network of {hp.n_classes} classes",
    )
    if results.test_labels is not None:
        labels = _array(results.test_labels, "test_labels", results.data["n_test"])
        _below(labels, n_names, "test_labels", "the number of class names")
    _check_parity(results)
    for label in results.unsupported:
        _require_row(results, label, "unsupported")
    seen = set()
    for i, run in enumerate(results.runs):
        path = f"runs[{i}]"
        _require_row(results, run.implementation, f"{path}.implementation")
        _require_seed(results, run.seed, f"{path}.seed")
        once = (run.implementation, run.seed) not in seen
        _require(once, path, "repeats a row and a seed")
        seen.add((run.implementation, run.seed))
        _require(run.device in ("cpu", "gpu"), f"{path}.device", "is cpu or gpu")
        _check_run(results, run, path)
    _check_gallery(results)
    _check_neurons(results)
    lengths = {len(seconds) for seconds in results.floors.values()}
    _require(len(lengths) < 2, "floors", "must have as many rounds for each library")


def _check_parity(results: "Results") -> None:
    names = results.plan.implementations
    for i, record in enumerate(results.parity):
        path = f"parity[{i}]"
        known = record.implementation in names
        _require(known, f"{path}.implementation", "is not in the plan")
        agree, n = record.n_agree, record.n_predictions
        _require((agree is None) == (n is None), f"{path}.n_agree", "stands alone")
        if agree is not None and n is not None:
            _require(agree <= n, f"{path}.n_agree", f"is above n_predictions, {n}")


def _check_run(results: "Results", run: "Run", path: str) -> None:
    for i, pool in enumerate(run.thread_pools):
        _typed(pool, ThreadPool, f"{path}.thread_pools[{i}]")
    numbers = [record.epoch for record in run.epochs]
    in_order = numbers == list(range(len(numbers)))
    _require(in_order, f"{path}.epochs", "must count 0, 1, 2, …")
    n_epochs = results.plan.n_epochs
    _require(len(numbers) <= n_epochs, f"{path}.epochs", f"has more than {n_epochs}")
    for i, record in enumerate(run.epochs):
        in_round = record.turn < len(results.plan.rows)
        _require(in_round, f"{path}.epochs[{i}].turn", "is above the number of rows")
    last = numbers[-1:] if results.plan.patience is None else numbers
    if run.kept_epoch is not None:
        there = run.kept_epoch in last
        _require(there, f"{path}.kept_epoch", "is not an epoch that can be kept")
    patient = results.plan.patience is not None or not run.stopped_early
    _require(patient, f"{path}.stopped_early", "needs a plan with patience")
    for name in ("predictions", "confidences"):
        packed = getattr(run, name)
        if packed is not None:
            found = _array(packed, f"{path}.{name}", results.data["n_test"])
            limit = results.plan.hyper_parameters.n_classes
            if name == "predictions":
                _below(found, limit, f"{path}.{name}", "the number of classes")
            else:
                _below(found, 256, f"{path}.{name}", "256")
    if run.status == "complete":
        _check_complete(results, run, path)


def _check_complete(results: "Results", run: "Run", path: str) -> None:
    from compare.record.results import unpack

    for name in OF_A_COMPLETE_RUN:
        there = getattr(run, name) is not None
        _require(there, f"{path}.{name}", "is missing in a complete run")
    _require(bool(run.epochs), f"{path}.epochs", "are missing in a complete run")
    done = len(run.epochs) == results.plan.n_epochs or run.stopped_early
    _require(done, f"{path}.epochs", "end before the plan does")
    if results.test_labels is None or run.predictions is None:
        return
    right = unpack(run.predictions) == unpack(results.test_labels)
    accuracy = float(right.mean())
    _require(
        math.isclose(run.test_accuracy or 0.0, accuracy, abs_tol=SAME),
        f"{path}.test_accuracy",
        f"is {run.test_accuracy}, but its predictions give {accuracy}",
    )


def _check_gallery(results: "Results") -> None:
    gallery = results.gallery
    if gallery is None:
        return
    _typed(gallery, Gallery, "gallery")
    _require_run(results, gallery, "gallery")
    n_features = results.plan.hyper_parameters.n_features
    n_test = results.data["n_test"]
    _require(results.test_labels is not None, "test_labels", "are missing")
    for name in ("mistakes", "disagree"):
        total = gallery[f"n_{name}"]
        once = len(set(gallery[name])) == len(gallery[name])
        _require(once, f"gallery.{name}", "names an image twice")
        enough = len(gallery[name]) <= total
        _require(enough, f"gallery.{name}", f"has more than n_{name}, {total}")
        for i, index in enumerate(gallery[name]):
            here = f"gallery.{name}[{i}]"
            _require(index < n_test, here, f"must be below {n_test}, got {index}")
            there = str(index) in gallery["images"]
            _require(there, here, f"is {index}, which has no image")
    for index, packed in gallery["images"].items():
        here = f"gallery.images.{index}"
        _below(_array(packed, here, n_features), 256, here, "256")


def _check_neurons(results: "Results") -> None:
    neurons = results.neurons
    if neurons is None:
        return
    _typed(neurons, Neurons, "neurons")
    _require_run(results, neurons, "neurons")
    hp, n = results.plan.hyper_parameters, len(neurons["numbers"])
    side = hp.conv_layers[0][1] if hp.conv_layers else math.isqrt(hp.n_features)
    shape = tuple(neurons["images"]["shape"])
    expected = (n, side, side)
    _require(
        shape == expected,
        "neurons.images.shape",
        f"must be {list(expected)}, got {list(shape)}",
    )
    _array(neurons["images"], "neurons.images", n * side * side)


def _require_run(results: "Results", kept: dict[str, Any], path: str) -> None:
    """Require that `kept` names a row and a seed that came to their end."""
    _require_row(results, kept["row"], f"{path}.row")
    _require_seed(results, kept["seed"], f"{path}.seed")
    complete = {(run.implementation, run.seed) for run in results.complete_runs()}
    there = (kept["row"], kept["seed"]) in complete
    _require(there, path, "is of a run that did not come to its end")


def _array(packed: Any, path: str, size: int) -> Any:
    """Return the array of `packed` after checking that it holds `size` numbers."""
    from compare.record.results import unpack

    _typed(packed, Packed, path)
    n = math.prod(packed["shape"])
    _require(n == size, f"{path}.shape", f"must hold {size:,} numbers, got {n:,}")
    try:
        content = base64.b64decode(packed["base64"], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError(f"{path}.base64 is not base64") from None
    expected = n * np.dtype(packed["dtype"]).itemsize
    _require(
        len(content) == expected,
        f"{path}.base64",
        f"must hold {expected:,} bytes, got {len(content):,}",
    )
    return unpack(packed)


def _below(array: Any, limit: int, path: str, what: str) -> None:
    highest = int(array.max()) if array.size else 0
    _require(highest < limit, path, f"must be below {limit}, {what}, got {highest}")


def _typed(value: Any, kind: Any, path: str) -> None:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidError(in_words(error, path)) from None


def in_words(error: msgspec.ValidationError, path: str = "") -> str:
    """Return what msgspec found, the field's path first."""
    what, _, where = str(error).partition(" - at `")
    field = where.rstrip("`").removeprefix("$").lstrip(".")
    whole = f"{path}.{field}" if path and field else path or field
    return f"{whole}: {what}" if whole else what


def _require_row(results: "Results", label: str, path: str) -> None:
    known = label in results.plan.labels
    _require(known, path, f"is no row of the plan: {label!r}")


def _require_seed(results: "Results", seed: int, path: str) -> None:
    _require(seed in results.plan.seeds, path, f"is no seed of the plan: {seed}")


def _require(holds: bool, path: str, why: str) -> None:
    if not holds:
        raise InvalidError(f"{path} {why}")
