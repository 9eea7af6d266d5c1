"""The engines behind the page give their own answers and train as they always do."""

import base64
import itertools
import json
from typing import Any

import numpy as np
import pytest

import data
from compare import registry
from compare.config import HyperParameters
from compare.contract import Weights
from compare.lab import textbook_step
from compare.lab.settings import read_settings
from compare.record.model_file import Model
from compare.weights import epoch_order, initial_weights
from data.mnist_form import find_form
from numpy_impl import TextbookImplementation
from tests import autograd
from tests.lab.laboratory import ENGINES, Lab
from tests.parity import assert_parity, assert_weights_parity
from tests.predict.drawings import enlarged

DRAWN = "answer?width=140&height=140&network=model"


def bytes_of(X: np.ndarray) -> bytes:
    return bytes(np.rint(X * 255).astype(np.uint8).tobytes())


def test_ten_images_get_each_engines_own_answer(
    lab: Lab, model: Model, dataset: data.Dataset
) -> None:
    implementations = {name: model.implementation(name) for name in ENGINES}
    for X in dataset.X_test[:10]:
        place = "answer?width=28&height=28&as=pixels&network=model"
        form, *answers = lab.lines(place, bytes_of(X))
        assert form["form"]["pixels"] == np.rint(X * 255).tolist()
        found = {answer["name"]: answer["probs"] for answer in answers}
        assert found.keys() == set(ENGINES)
        for name, implementation in implementations.items():
            assert found[name] == implementation.predict_proba(X[None])[0].tolist()


def test_a_drawing_is_brought_into_the_form_of_predict(
    lab: Lab, dataset: data.Dataset
) -> None:
    digit = np.rint(dataset.X_test[3] * 255).astype(np.uint8).reshape(28, 28)
    drawing = np.roll(enlarged(digit, 5), (9, -12), axis=(0, 1))
    form = lab.lines(DRAWN, drawing.tobytes())[0]["form"]
    expected = find_form(drawing)
    assert form["pixels"] == expected.pixels.ravel().tolist()
    assert form["n_side_by_side"] == 1
    assert expected.boxed is not None
    assert (form["boxed"]["width"], form["boxed"]["height"]) == expected.boxed.shape[
        ::-1
    ]


def test_two_digits_are_noticed(lab: Lab) -> None:
    drawing = np.zeros((140, 140), np.uint8)
    drawing[20:120, 30:42] = drawing[20:120, 95:107] = 255
    assert lab.lines(DRAWN, drawing.tobytes())[0]["form"]["n_side_by_side"] == 2


def test_an_empty_board_says_nothing(lab: Lab) -> None:
    assert lab.lines(DRAWN, bytes(140 * 140)) == [{"empty": True}]


def wait(lab: Lab) -> dict[str, Any]:
    lab.wait_until(lambda: lab.training()["status"] != "running")
    return lab.training()


def test_two_steps_are_the_textbooks(lab: Lab, dataset: data.Dataset) -> None:
    settings = {"hidden_layers": [12], "batch_size": 50, "dtype": "float64", "seed": 3}
    for step in (1, 2):
        lab.json("training/step", settings)
        assert wait(lab)["step"] == step
    hyper_parameters = HyperParameters(
        layer_sizes=(784, 12, 10),
        dtype="float64",
        batch_size=50,
        learning_rate=read_settings({}, 10)["learning_rate"],
        momentum=read_settings({}, 10)["momentum"],
    )
    expected = registry.create("textbook", hyper_parameters)
    assert isinstance(expected, TextbookImplementation)
    expected.set_weights(initial_weights((784, 12, 10), seed=3, dtype="float64"))
    order = epoch_order(len(dataset.y_train), seed=3, epoch=0)[:100]
    expected.train_epoch(dataset.X_train.astype(np.float64), dataset.y_train, order)
    status, raw = lab.ask("weights?network=training")
    assert status == 200
    flat = np.concatenate([a.ravel() for pair in expected.weights for a in pair])
    assert_parity(np.frombuffer(raw), flat, name="θ", tolerance=1e-12)
    last = lab.training()["points"][-1]["engines"]
    assert last["numpy"]["difference"] == 0
    assert 0 <= last["sklearn"]["difference"] < 1e-13
    for row in last.values():
        assert row["images_per_second"] > 0


def test_pause_and_rewind_and_the_same_again(lab: Lab) -> None:
    settings = {"hidden_layers": [16], "batch_size": 500, "n_epochs": 50}
    lab.json("training/start", settings)
    lab.wait_until(lambda: lab.training()["step"] > 0)
    status, answer = lab.ask("training/start", json.dumps(settings).encode())
    assert status == 422
    assert b"pause" in answer
    lab.json("training/pause", {})
    paused = lab.training()
    assert paused["status"] == "paused"
    assert lab.training()["step"] == paused["step"]
    lab.json("training/rewind", {})
    again = lab.training()
    assert again["step"] == 0
    assert again["points"] == paused["points"][:1]
    lab.json("training/step", settings)
    first = wait(lab)["points"][1]
    lab.json("training/rewind", {})
    lab.json("training/step", settings)
    second = wait(lab)["points"][1]
    for name in ENGINES:
        for figure in ("loss", "accuracy", "batch_loss"):
            assert first["engines"][name][figure] == second["engines"][name][figure]


def test_an_engine_that_cannot_is_left_out_with_its_reason(lab: Lab) -> None:
    lab.json("training/step", {"hidden_layers": [8], "optimizer": "adamw"})
    found = wait(lab)
    assert found["engines"] == ["numpy"]
    assert "adamw" in found["left_out"]["sklearn"]
    assert found["step"] == 1


def test_a_training_that_diverges_ends_with_a_reason(lab: Lab) -> None:
    lab.json("training/start", {"hidden_layers": [8], "learning_rate": 1e30})
    found = wait(lab)
    assert found["status"] == "failed"
    assert "diverged" in found["left_out"]["numpy"]
    lab.json("training/step", {"hidden_layers": [8]})
    assert wait(lab)["engines"] == list(ENGINES)


def test_the_drawing_is_answered_by_the_network_in_training(
    lab: Lab, dataset: data.Dataset
) -> None:
    settings = {"hidden_layers": [], "batch_size": 1000, "dtype": "float64"}
    lab.json("training/step", settings)
    wait(lab)
    _, raw = lab.ask("weights?network=training")
    flat = np.frombuffer(raw)
    X = dataset.X_test[0].astype(np.float64)
    logits = np.rint(X * 255) / 255 @ flat[:7840].reshape(784, 10) + flat[7840:]
    expected = np.exp(logits) / np.exp(logits).sum()
    place = "answer?width=28&height=28&as=pixels&network=training"
    for answer in lab.lines(place, bytes_of(X))[1:]:
        np.testing.assert_allclose(answer["probs"], expected, rtol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_array_of_a_step_is_autograds(activation: str) -> None:
    rng = np.random.default_rng(5)
    sizes = (6, 5, 4, 3)
    weights: Weights = [
        (rng.normal(size=(m, n)), rng.normal(size=n))
        for m, n in itertools.pairwise(sizes)
    ]
    X, y = rng.normal(size=(2, 6)), np.array([2, 0])
    found = textbook_step.arrays(weights, X, y, activation, 0.5)
    expected = autograd.reference(weights, X, y, activation)
    assert_parity(found["p"], expected.probs, name="p")
    gradients = [(found[f"dW{k}"], found[f"db{k}"]) for k in range(3)]
    assert_weights_parity(gradients, expected.gradients, prefix="d")
    for k in range(3):
        # A bias of each image's own has that image's dz as its gradient.
        for i in range(2):
            alone = autograd.reference(weights, X[i : i + 1], y[i : i + 1], activation)
            assert_parity(found[f"dz{k}"][i] * 2, alone.gradients[k][1], name=f"dz{k}")
        W, dW = weights[k][0], expected.gradients[k][0]
        assert_parity(found[f"W{k}_new"], W - 0.5 * dW, name=f"W{k}")
    for k in range(2):
        da = found[f"dz{k + 1}"] @ weights[k + 1][0].T
        assert_parity(found[f"da{k}"], da, name=f"da{k}")


def test_the_step_of_the_example_is_the_pages(lab: Lab) -> None:
    found = lab.json("step", {"network": "example"})
    logits = np.frombuffer(base64.b64decode(found["z1"]["data"])).reshape(2, 2)
    # docs/1-the-network.md
    np.testing.assert_allclose(logits, [[2, 1], [1, 1]])
