"""`HyperParameters`: what it accepts, and one sentence for everything else."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import HyperParameters
from compare.errors import UsageError

NAN, INF = float("nan"), float("inf")

BAD: list[tuple[dict[str, Any], str]] = [
    ({"layer_sizes": ()}, "layer_sizes must be at least two whole numbers >= 1"),
    ({"layer_sizes": (784,)}, "layer_sizes must be at least two whole numbers >= 1"),
    ({"layer_sizes": (784, 0, 10)}, "layer_sizes must be"),
    ({"layer_sizes": (784, -3, 10)}, "layer_sizes must be"),
    ({"layer_sizes": (784, 12.5, 10)}, "layer_sizes must be"),
    ({"layer_sizes": (784, True, 10)}, "layer_sizes must be"),
    ({"layer_sizes": "784"}, "layer_sizes must be"),
    ({"layer_sizes": 784}, "layer_sizes must be a sequence of numbers, got 784"),
    ({"layer_sizes": None}, "layer_sizes must be a sequence of numbers, got None"),
    ({"layer_sizes": (784, 1)}, "layer_sizes must end with at least 2 classes, got 1"),
    ({"conv_layers": 3}, "conv_layers must be pairs of whole numbers >= 1, (out_chan"),
    ({"conv_layers": (8, 16)}, "conv_layers must be pairs of whole numbers >= 1, (ou"),
    ({"conv_layers": ((8, 5, 1),)}, "conv_layers must be pairs"),
    ({"conv_layers": ((8, 0),)}, "conv_layers must be pairs"),
    ({"conv_layers": ((8, 2.5),)}, "conv_layers must be pairs"),
    ({"conv_layers": "85"}, "conv_layers must be pairs"),
    (
        {"conv_layers": ((8, 5), (8, 12))},
        "conv_layers[1] must read maps of at least 13 x 13 pixels, a kernel of 12 and "
        "a pooling of 2, got 12 x 12: take smaller kernels or fewer layers",
    ),
    ({"image_shape": 784}, "image_shape must be a sequence of numbers, got 784"),
    ({"image_shape": (28, 28)}, "image_shape must be three whole numbers >= 1, chann"),
    ({"image_shape": (0, 28, 28)}, "image_shape must be three whole numbers"),
    (
        {"image_shape": (3, 32, 32), "conv_layers": ((8, 5),)},
        "image_shape must have as many numbers as layer_sizes has features, 784, got "
        "3 x 32 x 32 = 3072",
    ),
    ({"activation": "ReLU"}, "activation must be one of relu, sigmoid, tanh, identity"),
    ({"activation": None}, "activation must be one of"),
    ({"optimizer": "lbfgs"}, "optimizer must be one of sgd, adam, adamw, got 'lbfgs'"),
    ({"dtype": "float16"}, "dtype must be one of float32, float64, got 'float16'"),
    ({"dtype": np.float32}, "dtype must be one of"),
    (
        {"dtype": np.dtype("int64")},
        "dtype must be one of float32, float64, got 'int64'",
    ),
    ({"learning_rate": 0}, "learning_rate must be a finite number > 0, got 0"),
    ({"learning_rate": -0.1}, "learning_rate must be"),
    ({"learning_rate": NAN}, "learning_rate must be a finite number > 0, got nan"),
    ({"learning_rate": INF}, "learning_rate must be"),
    (
        {"learning_rate": 10**5000},
        "learning_rate must be a finite number > 0, got a whole number beyond every fl",
    ),
    ({"learning_rate": "0.1"}, "learning_rate must be"),
    ({"learning_rate": True}, "learning_rate must be"),
    ({"learning_rate": None}, "learning_rate must be"),
    ({"momentum": 1}, "momentum must be a finite number in [0, 1), got 1"),
    ({"momentum": -0.1}, "momentum must be"),
    ({"momentum": NAN}, "momentum must be"),
    ({"nesterov": True, "momentum": 0}, "nesterov needs momentum > 0, got momentum 0"),
    ({"nesterov": "no"}, "nesterov must be True or False, got 'no'"),
    ({"weight_decay": -1e-9}, "weight_decay must be a finite number >= 0, got -1e-09"),
    ({"weight_decay": INF}, "weight_decay must be"),
    ({"betas": (0.9,)}, "betas must be two numbers, got (0.9,)"),
    ({"betas": (0.9, 0.99, 0.999)}, "betas must be two numbers"),
    ({"betas": 0.9}, "betas must be a sequence of numbers, got 0.9"),
    ({"betas": (1.0, 0.999)}, "betas[0] must be a finite number in [0, 1), got 1.0"),
    ({"betas": (0.9, 1.0)}, "betas[1] must be a finite number in [0, 1), got 1.0"),
    ({"betas": (-0.1, 0.9)}, "betas[0] must be"),
    ({"betas": (0.9, NAN)}, "betas[1] must be"),
    ({"eps": 0}, "eps must be a finite number > 0, got 0"),
    ({"eps": NAN}, "eps must be"),
    ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
    ({"batch_size": 64.0}, "batch_size must be a whole number >= 1, got 64.0"),
    ({"batch_size": True}, "batch_size must be"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD, ids=[s[:40] for _, s in BAD])
def test_a_bad_value(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(sentence)}") as caught:
        HyperParameters(**fields)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_every_field_of_the_closed_division_has_a_bad_value_above() -> None:
    tried = {name for fields, _ in BAD for name in fields}
    closed = (
        "layer_sizes conv_layers image_shape activation optimizer "
        "learning_rate momentum nesterov "
        "weight_decay betas eps batch_size dtype"
    )
    assert tried == set(closed.split())
    assert tried <= {field.name for field in dataclasses.fields(HyperParameters)}


@pytest.mark.parametrize(
    "fields",
    [
        {"layer_sizes": (1, 2)},
        {"layer_sizes": [784, 300, 100, 50, 10]},
        {"conv_layers": ((8, 5), (8, 11))},
        {"momentum": 0},
        {"learning_rate": 1},
        {"learning_rate": 1e-37},
        {"betas": [0, 0]},
        {"batch_size": 1},
        {"batch_size": 10**6},
        # Adam has no momentum: the switch means nothing there, as in torch.
        {"optimizer": "adam", "nesterov": True, "momentum": 0},
    ],
    ids=str,
)
def test_values_at_the_edge(fields: dict[str, Any]) -> None:
    hyper_parameters = HyperParameters(**fields)
    for name, value in fields.items():
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(hyper_parameters, name) == expected


def test_the_default_network() -> None:
    default = HyperParameters()
    assert default.n_features == 784
    assert default.n_classes == 10
    # 784·128 + 128 + 128·64 + 64 + 64·10 + 10
    assert default.n_params == 109_386


def test_an_implementation_is_told_only_what_is_in_use() -> None:
    closed = HyperParameters().fields_in_use
    assert not {"conv_layers", "image_shape", "dropout", "n_epochs"} & set(closed)
    assert {"layer_sizes", "betas", "dtype"} <= set(closed)
    convolutional = HyperParameters(conv_layers=((8, 5),)).fields_in_use
    assert set(convolutional) - set(closed) == {"conv_layers", "image_shape"}
    regularized = HyperParameters(dropout=0.1).fields_in_use
    assert {"dropout", "schedule", "n_epochs"} <= set(regularized) - set(closed)


def test_it_cannot_change_and_takes_no_positions() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        HyperParameters().learning_rate = 1  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError):
        HyperParameters((784, 10))  # type: ignore[call-arg]  # that is the test


def test_through_json_and_back() -> None:
    """Also with NumPy's numbers, which JSON would refuse."""
    given = HyperParameters(
        layer_sizes=(np.int64(784), 10),  # type: ignore[arg-type]  # that is the test
        conv_layers=[[np.int64(8), 5], np.array([16, 5])],  # type: ignore[arg-type]  # that is the test
        image_shape=[1, 28, 28],  # type: ignore[arg-type]  # that is the test
        batch_size=np.int32(32),  # type: ignore[arg-type]  # that is the test
        learning_rate=np.float64(0.1),
        weight_decay=np.float32(0.5),  # type: ignore[arg-type]  # that is the test
        nesterov=np.bool_(True),  # type: ignore[arg-type]  # that is the test
        dtype=np.dtype("float64"),  # type: ignore[arg-type]  # that is the test
    )
    text = json.dumps(given.to_dict())
    assert HyperParameters(**json.loads(text)) == given
    assert given.conv_layers == ((8, 5), (16, 5))
    assert given.weight_decay == 0.5
    assert given.nesterov is True
    assert given.dtype == "float64"


def test_it_imports_no_numpy() -> None:
    """A worker reads its configuration before it times an import."""
    script = (
        "import sys, compare.config; "
        "print(sorted({'numpy', 'torch', 'sklearn'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"
