"""One file for a trained network, whoever trained it and whoever uses it.

It goes through `get_weights` and `set_weights`, so every implementation of the
contract, a user's own included, reads and writes it. The format is safetensors:
numbers and text, nothing that could run. The arrays are `layers.0.W` (fan_in,
fan_out) and `layers.0.b` (fan_out,), `layers.1.W` and so on, all float32 or all
float64; W of a convolution is (out_channels, in_channels, k, k). The metadata, text
each:

==================  ==========================================================
key                 value
==================  ==========================================================
``format``          ``numpy-vs-frameworks``
``format_version``  ``1``
``layer_sizes``     JSON list: features, hidden layers, classes
``conv_layers``     JSON list of [out_channels, kernel_size]; absent without any
``image_shape``     JSON list: channels, height, width; absent likewise
``activation``      after every layer but the last; a softmax follows the last
``scaling``         ``pixel / 255``: what turns pixels into inputs
``class_names``     JSON list, one name per class
``data_source``     what it was trained on, as asked for
``data_sha256``     fingerprint of that data
``written_by``      the implementation that trained it
``training``        JSON object: hyper-parameters, epochs, seed …; never interpreted
==================  ==========================================================

Optimizer state is not kept: a loaded network predicts, or starts training afresh.
Without this module: `safetensors.numpy.load_file(path)["layers.0.W"]`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy

from compare import registry
from compare.architecture import MNIST_SHAPE, Architecture
from compare.config import HyperParameters
from compare.contract import Implementation, Weights
from compare.errors import UsageError
from compare.files import write_atomically
from compare.record import model_checks
from compare.record.model_checks import DTYPES, FORMAT, HOW_TO_TRAIN, SCALING, VERSION

if TYPE_CHECKING:
    from data import Dataset

SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """Weights and what they mean.

    Attributes
    ----------
    weights : list of (W, b)
        As in `compare.contract`; float32 or float64.
    activation : str
        One of `compare.config.ACTIVATIONS`.
    class_names : tuple of str
        Entry k names class k.
    data_source, data_sha256 : str
        What it was trained on.
    written_by : str
        Name of the implementation that trained it.
    training : dict
        How it was trained; anything that JSON can hold.
    image_shape : tuple of int
        Channels, height, width of what a convolution reads; else without meaning.
    """

    weights: Weights
    activation: str
    class_names: tuple[str, ...]
    data_source: str
    data_sha256: str
    written_by: str
    training: dict[str, Any] = field(default_factory=dict)
    image_shape: tuple[int, int, int] = MNIST_SHAPE

    @classmethod
    def trained(
        cls,
        implementation: Implementation,
        *,
        name: str,
        hyper_parameters: HyperParameters,
        dataset: Dataset,
        training: dict[str, Any] | None = None,
    ) -> Model:
        """Return the model that `implementation`, called `name`, has become.

        `training` adds what the hyper-parameters do not say: seed, epochs, ….
        """
        return cls(
            weights=implementation.get_weights(),
            activation=hyper_parameters.activation,
            class_names=tuple(dataset.class_names),
            data_source=dataset.source,
            data_sha256=dataset.sha256,
            written_by=name,
            training=hyper_parameters.to_dict() | (training or {}),
            image_shape=hyper_parameters.image_shape,
        )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Features, dense hidden layers, classes."""
        convolutional = len(self.conv_layers) > 0
        n_features = (
            math.prod(self.image_shape) if convolutional else len(self.weights[0][0])
        )
        return n_features, *(len(b) for W, b in self.weights if W.ndim == 2)

    @property
    def conv_layers(self) -> tuple[tuple[int, int], ...]:
        """(out_channels, kernel_size) of each convolution; none in a dense network."""
        return tuple((len(W), W.shape[-1]) for W, _ in self.weights if W.ndim == 4)

    @property
    def architecture(self) -> Architecture:
        """The network by its sizes."""
        return Architecture(self.layer_sizes, self.conv_layers, self.image_shape)

    def implementation(self, name: str) -> Implementation:
        """Return the implementation of that name with these weights, to predict with.

        Its optimizer is the default one whatever trained the model, so that each
        implementation can use what another trained with an optimizer it lacks.
        """
        hyper_parameters = HyperParameters(
            layer_sizes=self.layer_sizes,
            conv_layers=self.conv_layers,
            image_shape=self.image_shape,
            activation=self.activation,
            dtype=self.weights[0][0].dtype.name,
        )
        implementation = registry.create(name, hyper_parameters)
        implementation.set_weights(self.weights)
        return implementation


def save(path: str | Path, model: Model) -> None:
    """Write `model`; the file is there whole or not at all.

    Raises
    ------
    UsageError
        If `path` does not end in .safetensors or cannot be written, or the weights
        are not all of one float type, do not fit each other, or are not finite.
    """
    path = Path(path)
    require_suffix(path)
    tensors = {}
    for layer, (W, b) in enumerate(model.weights):
        tensors[f"layers.{layer}.W"] = np.ascontiguousarray(W)
        tensors[f"layers.{layer}.b"] = np.ascontiguousarray(b)
    network = model.architecture
    model_checks.check_shapes(
        {name: t.shape for name, t in tensors.items()}, network, path
    )
    dtypes = sorted({t.dtype.name for t in tensors.values()})
    if len(dtypes) > 1 or dtypes[0] not in DTYPES.values():
        raise UsageError(
            f"weights must be all float32 or all float64, got {', '.join(dtypes)}"
        )
    model_checks.check_finite(tensors, path)
    metadata = {
        "format": FORMAT,
        "format_version": VERSION,
        "layer_sizes": json.dumps(network.layer_sizes),
        "activation": model.activation,
        "scaling": SCALING,
        "class_names": json.dumps(model.class_names),
        "data_source": model.data_source,
        "data_sha256": model.data_sha256,
        "written_by": model.written_by,
        "training": json.dumps(model.training),
    }
    if network.conv_layers:
        metadata["conv_layers"] = json.dumps(network.conv_layers)
        metadata["image_shape"] = json.dumps(network.image_shape)
    write_atomically(path, safetensors.numpy.save(tensors, metadata))


def load(path: str | Path) -> Model:
    """Read a model that `save` wrote, and check everything before it is used.

    Raises
    ------
    UsageError
        If the file cannot be read, is truncated, is no safetensors file or another
        program's, is of a newer version, lacks metadata, or its arrays are missing,
        of another shape or type than declared, or not finite.
    """
    path = Path(path)
    try:
        _require_file(path)
        with safetensors.safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            declared = model_checks.check_metadata(metadata, path)
            names = file.keys()  # not a dict: safetensors gives a list
            slices = {name: file.get_slice(name) for name in names}
            shapes = {name: tuple(s.get_shape()) for name, s in slices.items()}
            model_checks.check_shapes(shapes, declared.architecture, path)
            model_checks.check_types({s.get_dtype() for s in slices.values()}, path)
            tensors = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise UsageError(
            f"{path}: is not an intact safetensors file ({error}); save the model again"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path}: cannot be read ({reason})") from error
    model_checks.check_finite(tensors, path)
    return Model(
        weights=[
            (tensors[f"layers.{layer}.W"], tensors[f"layers.{layer}.b"])
            for layer in range(len(declared.architecture.shapes))
        ],
        activation=declared.activation,
        class_names=model_checks.class_names_of(metadata, declared.n_classes, path),
        data_source=metadata["data_source"],
        data_sha256=metadata["data_sha256"],
        written_by=metadata["written_by"],
        training=model_checks.parsed(metadata, "training", dict, path),
        image_shape=declared.image_shape,
    )


def _require_file(path: Path) -> None:
    if path.is_file():
        return
    problem = "no such file"
    if path.exists():
        problem = "is a folder" if path.is_dir() else "is not an ordinary file"
    raise UsageError(f"{path}: {problem}; train a model with `{HOW_TO_TRAIN}`")


def require_suffix(path: Path) -> None:
    """Raise UsageError unless `path` ends as model files do.

    Nothing else is ever overwritten by a model: no picture, no table.
    """
    if path.suffix != SUFFIX:
        raise UsageError(f"{path}: the name of a model file must end in {SUFFIX}")
