"""What a model file must say and hold, checked before anything is made of it.

Every refusal names the file, the rule, what was found, and the cure.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from compare.architecture import Architecture
from compare.config import CONVOLUTION_PARAMETERS, HyperParameters
from compare.errors import UsageError

FORMAT = "numpy-vs-frameworks"
VERSION = "1"
SCALING = "pixel / 255"
KEYS = (
    "layer_sizes",
    "activation",
    "scaling",
    "class_names",
    "data_source",
    "data_sha256",
    "written_by",
    "training",
)
DTYPES = {"F32": "float32", "F64": "float64"}
HOW_TO_TRAIN = "python -m compare predict --train --save-model FILE"


def check_metadata(metadata: dict[str, str], path: Path) -> HyperParameters:
    """Return the network that is declared, or say why the file is none of ours."""
    if metadata.get("format") != FORMAT:
        raise UsageError(
            f"{path}: was written by another program (its metadata must say format = "
            f"{FORMAT}); train a model with `{HOW_TO_TRAIN}`"
        )
    version = metadata.get("format_version")
    if version != VERSION:
        raise UsageError(
            f"{path}: has format version {version}, this program reads version "
            f"{VERSION}; save the model again with this program"
        )
    missing = [key for key in KEYS if key not in metadata]
    if missing:
        raise UsageError(
            f"{path}: its metadata lacks {', '.join(missing)}; save the model again"
        )
    if metadata["scaling"] != SCALING:
        raise UsageError(
            f"{path}: its inputs must be scaled as {SCALING!r}, "
            f"got {metadata['scaling']!r}; train it again"
        )
    lists = {
        key: parsed(metadata, key, list, path)
        for key in ("layer_sizes", *CONVOLUTION_PARAMETERS)
        if key in metadata
    }
    try:
        return HyperParameters(**lists, activation=metadata["activation"])
    except UsageError as error:
        raise UsageError(f"{path}: in its metadata, {error}") from error


def parsed(metadata: dict[str, str], key: str, kind: type, path: Path) -> Any:
    """Return the value of a key, JSON of one kind, or say what it is instead."""
    try:
        value = json.loads(metadata[key])
    # A deeply nested text exhausts the stack.
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        what = "list" if kind is list else "object"
        raise UsageError(
            f"{path}: {key} in its metadata must be a JSON {what}, "
            f"got {metadata[key][:40]!r}; save the model again"
        )
    return value


def class_names_of(
    metadata: dict[str, str], n_classes: int, path: Path
) -> tuple[str, ...]:
    """Return the names of the classes, one each, or say what is wrong with them."""
    names = parsed(metadata, "class_names", list, path)
    if len(names) != n_classes or not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"{path}: class_names in its metadata must be {n_classes} names, one per "
            f"class, got {len(names)}; save the model again"
        )
    return tuple(names)


def check_shapes(
    shapes: dict[str, tuple[int, ...]], network: Architecture, path: Path
) -> None:
    """Refuse arrays that are not those of the network, by name and shape."""
    expected: dict[str, tuple[int, ...]] = {}
    for layer, (W_shape, b_shape) in enumerate(network.shapes):
        expected[f"layers.{layer}.W"] = W_shape
        expected[f"layers.{layer}.b"] = b_shape
    if unknown := sorted(shapes.keys() - expected.keys()):
        raise UsageError(
            f"{path}: holds {unknown[0]}, which the network {network} does not have"
        )
    for name, shape in expected.items():
        if name not in shapes:
            raise UsageError(f"{path}: lacks {name}; the network {network} needs it")
        if shapes[name] != shape:
            raise UsageError(
                f"{path}: {name} must have shape {shape} in the network {network}, "
                f"got {shapes[name]}"
            )


def check_types(found: set[str], path: Path) -> None:
    """Refuse numbers of other or of several types."""
    if len(found) > 1 or not found <= DTYPES.keys():
        raise UsageError(
            f"{path}: weights must be all F32 or all F64, got "
            f"{', '.join(sorted(found))}; convert them"
        )


def check_finite(tensors: dict[str, Any], path: Path) -> None:
    """Refuse weights that are no numbers: no network predicts with them."""
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise UsageError(
                f"{path}: {name} must be finite, got NaN or infinity; the training "
                "diverged, train it again with a lower learning rate"
            )
