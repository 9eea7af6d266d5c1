"""Model files: what comes back, what any other program reads, and what is refused."""

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from compare import HyperParameters, initial_weights
from compare.errors import UsageError
from compare.record import model_file
from compare.record.model_file import Model

SIZES = (6, 5, 4, 3)


@contextmanager
def refused(*parts: str) -> Iterator[None]:
    """Expect a UsageError of one line that contains every part, in this order."""
    with pytest.raises(UsageError) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    assert re.search(".*".join(map(re.escape, parts)), message), message


def a_model(*, dtype: str = "float32", activation: str = "relu") -> Model:
    return Model(
        weights=initial_weights(SIZES, seed=1, scheme="torch_default", dtype=dtype),
        activation=activation,
        class_names=("a", "b", "ç"),
        data_source="somewhere",
        data_sha256="0" * 64,
        written_by="numpy",
        training={"epochs": 3, "betas": [0.9, 0.999]},
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    model_file.save(path, a_model())
    return path


def rewrite(path: Path, *, tensors: Any = None, **metadata: str | None) -> None:
    """Write the file again with other arrays or metadata; None takes a key away."""
    with safetensors.safe_open(str(path), framework="numpy") as file:
        merged = file.metadata() | metadata
        names = file.keys()  # a list
        arrays = {name: file.get_tensor(name) for name in names} | (tensors or {})
    kept = {key: value for key, value in merged.items() if value is not None}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    path.write_bytes(safetensors.numpy.save(arrays, kept))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "identity"])
def test_everything_comes_back_to_the_bit(
    tmp_path: Path, dtype: str, activation: str
) -> None:
    model = a_model(dtype=dtype, activation=activation)
    model_file.save(tmp_path / "m.safetensors", model)
    back = model_file.load(tmp_path / "m.safetensors")
    for (W, b), (W_back, b_back) in zip(model.weights, back.weights, strict=True):
        assert W_back.tobytes() == W.tobytes()
        assert b_back.tobytes() == b.tobytes()
        assert W_back.dtype == np.dtype(dtype)
    for name in (
        "activation",
        "class_names",
        "data_source",
        "data_sha256",
        "written_by",
        "training",
        "layer_sizes",
    ):
        assert getattr(back, name) == getattr(model, name), name


def test_a_convolutional_network_comes_back(tmp_path: Path) -> None:
    network = HyperParameters(
        layer_sizes=(90, 5, 3), conv_layers=((4, 2),), image_shape=(1, 9, 10)
    ).architecture
    model = dataclasses.replace(
        a_model(), weights=initial_weights(network, seed=1), image_shape=(1, 9, 10)
    )
    path = tmp_path / "model.safetensors"
    model_file.save(path, model)
    loaded = model_file.load(path)
    assert loaded.architecture == model.architecture == network
    for (W, b), (W_loaded, b_loaded) in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(W_loaded, W)
        np.testing.assert_array_equal(b_loaded, b)
    rewrite(path, conv_layers="[[4, 3]]")
    with refused("layers.0.W must have shape (4, 1, 3, 3) in", "conv4(3x3)", "got"):
        model_file.load(path)
    rewrite(path, conv_layers="[[4, 30]]")
    with refused("in its metadata, conv_layers[0] must read maps of at least 31"):
        model_file.load(path)


def test_any_program_reads_it_with_safetensors_alone(saved: Path) -> None:
    arrays = safetensors.torch.load_file(str(saved))
    assert sorted(arrays) == [f"layers.{n}.{p}" for n in range(3) for p in "Wb"]
    W, b = a_model().weights[0]
    torch.testing.assert_close(arrays["layers.0.W"], torch.tensor(W), rtol=0, atol=0)
    torch.testing.assert_close(arrays["layers.0.b"], torch.tensor(b), rtol=0, atol=0)


def test_a_transposed_view_is_saved_as_the_matrix_it_is(tmp_path: Path) -> None:
    model = a_model()
    W, b = model.weights[0]
    model.weights[0] = (np.asfortranarray(W), b)
    model_file.save(tmp_path / "m.safetensors", model)
    np.testing.assert_array_equal(
        model_file.load(tmp_path / "m.safetensors").weights[0][0], W
    )


def test_a_network_trained_with_adamw_predicts_in_scikit_learn(saved: Path) -> None:
    X = np.random.default_rng(0).random((4, 6), dtype=np.float32)
    model = model_file.load(saved)
    model.training["optimizer"] = "adamw"
    np.testing.assert_allclose(
        model.implementation("sklearn").predict_proba(X),
        model.implementation("torch").predict_proba(X),
        rtol=1e-5,
    )


def test_a_truncated_file_is_refused_at_every_length(saved: Path) -> None:
    content = saved.read_bytes()
    lengths = [0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 1]
    for length in lengths:
        saved.write_bytes(content[:length])
        with refused("model.safetensors: is not an intact safetensors file"):
            model_file.load(saved)


@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "arbitrary.safetensors"
    path.write_bytes(content)
    with refused("arbitrary.safetensors: "):
        model_file.load(path)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    torch.save({"0.weight": torch.zeros(3, 6)}, path)
    with refused("is not an intact safetensors file"):
        model_file.load(path)


@pytest.mark.parametrize(
    ("metadata", "parts"),
    [
        ({"format": None}, ("written by another program",)),
        ({"format": "pt"}, ("written by another program",)),
        ({"format_version": "2"}, ("has format version 2", "reads version 1")),
        ({"format_version": None}, ("has format version None",)),
        ({"class_names": None, "training": None}, ("lacks class_names, training",)),
        ({"scaling": "(pixel - mean) / sd"}, ("must be scaled as 'pixel / 255'",)),
        ({"activation": "gelu"}, ("activation must be one of", "gelu")),
        ({"layer_sizes": "6, 5"}, ("layer_sizes", "must be a JSON list", "'6, 5'")),
        ({"layer_sizes": "[6, -5, 3]"}, ("layer_sizes must be", "-5")),
        ({"layer_sizes": '["6", [5], null]'}, ("layer_sizes must be",)),
        ({"layer_sizes": "[6, 5, 3]"}, ("holds layers.2.W", "does not have")),
        ({"layer_sizes": "[6, 5, 4, 2, 3]"}, ("layers.2.W must have shape (4, 2)",)),
        ({"layer_sizes": "[7, 5, 4, 3]"}, ("must have shape (7, 5)", "got (6, 5)")),
        ({"class_names": '["a"]'}, ("must be 3 names", "got 1")),
        ({"class_names": "[1, 2, 3]"}, ("must be 3 names",)),
        ({"training": "[]"}, ("training", "must be a JSON object")),
        ({"training": "[" * 100_000}, ("training", "must be a JSON object")),
    ],
)
def test_metadata_that_breaks_a_rule_is_refused(
    saved: Path, metadata: dict[str, str | None], parts: tuple[str, ...]
) -> None:
    rewrite(saved, **metadata)
    with refused("model.safetensors: ", *parts):
        model_file.load(saved)


@pytest.mark.parametrize(
    ("tensors", "parts"),
    [
        ({"layers.1.b": None}, ("lacks layers.1.b",)),
        ({"layers.9.W": np.ones(1, np.float32)}, ("holds layers.9.W",)),
        ({"layers.0.W": np.ones((5, 6), np.float32)}, ("(6, 5)", "got (5, 6)")),
        ({"layers.0.b": np.ones((5, 1), np.float32)}, ("(5,)", "got (5, 1)")),
        ({"layers.0.b": np.ones(5)}, ("all F32 or all F64, got F32, F64",)),
        ({"layers.0.b": np.ones(5, np.int64)}, ("all F32 or all F64",)),
        (
            {"layers.1.b": np.array([1, 2, np.nan, 4], np.float32)},
            ("layers.1.b must be finite",),
        ),
        (
            {"layers.0.b": np.array([1, 2, 3, 4, np.inf], np.float32)},
            ("layers.0.b must be finite",),
        ),
    ],
)
def test_arrays_that_break_a_rule_are_refused(
    saved: Path, tensors: dict[str, Any], parts: tuple[str, ...]
) -> None:
    rewrite(saved, tensors=tensors)
    with refused("model.safetensors: ", *parts):
        model_file.load(saved)


def test_a_file_in_bfloat16_is_refused(saved: Path) -> None:
    arrays = safetensors.torch.load_file(str(saved))
    with safetensors.safe_open(str(saved), framework="pt") as file:
        metadata = file.metadata()
    halves = {name: array.bfloat16() for name, array in arrays.items()}
    safetensors.torch.save_file(halves, str(saved), metadata)
    with refused("all F32 or all F64, got BF16"):
        model_file.load(saved)


def test_missing_files_and_folders_say_how_to_train(tmp_path: Path) -> None:
    with refused("no such file", "predict --train"):
        model_file.load(tmp_path / "nothing.safetensors")
    with refused("is a folder"):
        model_file.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
    with refused("is not an ordinary file"):
        model_file.load(tmp_path / "pipe")


def test_a_name_too_long_to_be_one_is_a_sentence(tmp_path: Path) -> None:
    with refused("cannot be read (File name too long)"):
        model_file.load(tmp_path / ("x" * 5000))
    with refused("cannot be written (File name too long)"):
        model_file.save(tmp_path / ("x" * 5000 + ".safetensors"), a_model())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_sentence(saved: Path) -> None:
    saved.chmod(0)
    with refused("cannot be read"):
        model_file.load(saved)


def test_nothing_but_a_model_file_is_overwritten(tmp_path: Path) -> None:
    with refused("digit.png: the name of a model file must end in .safetensors"):
        model_file.save(tmp_path / "digit.png", a_model())
    assert list(tmp_path.iterdir()) == []


def test_weights_that_could_not_be_read_back_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    model = a_model()
    model.weights[1][0][0, 0] = np.nan
    with refused("layers.1.W must be finite"):
        model_file.save(path, model)
    model = a_model()
    model.weights[1] = (model.weights[1][0].T, model.weights[1][1])
    with refused("layers.1.W must have shape (5, 4)", "got (4, 5)"):
        model_file.save(path, model)
    model = a_model()
    model.weights[1] = (model.weights[1][0].astype(np.float16), model.weights[1][1])
    with refused("all float32 or all float64, got float16, float32"):
        model_file.save(path, model)
    assert not path.exists()


def test_a_failed_write_leaves_the_old_file(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with refused("cannot be written (No space left on device)"):
        model_file.save(saved, a_model(dtype="float64"))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_missing_folders_are_made_and_a_file_in_the_way_is_a_sentence(
    tmp_path: Path,
) -> None:
    model_file.save(tmp_path / "new" / "place" / "m.safetensors", a_model())
    (tmp_path / "file").write_text("")
    with refused("cannot be written"):
        model_file.save(tmp_path / "file" / "m.safetensors", a_model())


def test_the_training_is_json_with_every_hyper_parameter(tmp_path: Path) -> None:
    class Dataset:
        class_names = ("x", "y", "z")
        source, sha256 = "table.csv", "f" * 64

    hyper_parameters = HyperParameters(layer_sizes=SIZES, optimizer="adam")
    model = a_model().implementation("numpy")
    trained = Model.trained(
        model,
        name="numpy",
        hyper_parameters=hyper_parameters,
        dataset=Dataset,  # type: ignore[arg-type]  # the three fields it reads
        training={"epochs": 2},
    )
    model_file.save(tmp_path / "m.safetensors", trained)
    with safetensors.safe_open(
        str(tmp_path / "m.safetensors"), framework="numpy"
    ) as file:
        training = json.loads(file.metadata()["training"])
    assert training.pop("epochs") == 2
    assert HyperParameters(**training) == hyper_parameters
