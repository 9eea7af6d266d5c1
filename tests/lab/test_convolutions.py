"""A convolutional network in the laboratory: who answers with it, and who trains it."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import data
from compare import registry
from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.lab import textbook_conv_step
from compare.lab.settings import read_settings
from compare.record import model_file
from compare.record.model_file import Model
from compare.weights import epoch_order, initial_weights
from numpy_impl import TextbookImplementation
from tests import autograd
from tests.conv_problems import SMALL, make_conv_problem
from tests.lab import laboratory
from tests.lab.convolutions import NETWORK, flat
from tests.lab.laboratory import Lab
from tests.lab.test_engines import bytes_of, wait
from tests.parity import assert_parity, assert_weights_parity

TRAINING = {"conv_layers": [[3, 5], [4, 4]], "hidden_layers": [12]}


def test_engines_answer_and_those_without_convolutions_say_so(
    lab: Lab, model_path: Path, cnn_path: Path, cnn: Model, dataset: data.Dataset
) -> None:
    place = "answer?width=28&height=28&as=pixels&network=model"
    X = dataset.X_test[0]
    described = json.loads(lab.ask("model", cnn_path.read_bytes())[1])
    assert described["conv_layers"] == [[3, 5], [4, 4]]
    [answer] = lab.lines(place, bytes_of(X))[1:]
    expected = cnn.implementation("numpy").predict_proba(X[None])[0]
    assert (answer["name"], answer["probs"]) == ("numpy", expected.tolist())
    known = {engine["name"]: engine for engine in lab.json("state")["engines"]}
    assert known["sklearn"]["status"] == "unable"
    assert "no convolutional layers" in known["sklearn"]["reason"]
    asked = {"pixels": np.rint(255 * X).astype(int).tolist(), "label": 7}
    step = lab.json("step", asked | {"network": "model", "learning_rate": 0.1})
    p = np.frombuffer(base64.b64decode(step["p"]["data"]))
    np.testing.assert_allclose(p, expected, atol=1e-6)
    assert (step["dW1"]["rows"], step["dW1"]["columns"]) == (4 * 3 * 4, 4)
    # Another model, and everybody is back.
    lab.ask("model", model_path.read_bytes())
    assert {e["status"] for e in lab.json("state")["engines"]} == {"ready"}
    assert len(lab.lines(place, bytes_of(X))) == 3


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_array_of_a_step_is_autograds(activation: str, *, ties: bool) -> None:
    problem = make_conv_problem(SMALL, activation=activation, batch_size=1, ties=ties)
    x, label = problem.X[0], int(problem.y[0])
    found = textbook_conv_step.arrays(
        problem.weights, x, label, SMALL.image_shape, activation, 0.5
    )
    expected = autograd.reference(*problem.arguments)
    assert_parity(found["p"], expected.probs, name="p")
    n = len(problem.weights)
    gradients = [(found[f"dW{k}"], found[f"db{k}"]) for k in range(n)]
    assert_weights_parity(gradients, expected.gradients, prefix="d")
    leaves = [torch.tensor(found[f"p{k}"][None], requires_grad=True) for k in range(2)]
    W, b = (torch.tensor(array) for array in problem.weights[1])
    Wa = functional.conv2d(leaves[0], W)
    z = Wa + b[:, None, None]
    assert_parity(found["Wa1"], Wa[0].detach().numpy(), name="Wa1")
    assert_parity(found["z1"], z[0].detach().numpy(), name="z1")
    # What a map gets back from the layer above it, by autograd alone.
    f = autograd.ACTIVATIONS[activation]
    fired = f(z)
    fired.retain_grad()
    pooled = functional.max_pool2d(fired, 2)
    pooled.backward(torch.tensor(found["dp1"][None]))
    assert fired.grad is not None
    assert leaves[0].grad is not None
    assert_parity(found["da1"], fired.grad[0].numpy(), name="da1")
    assert_parity(found["dp0"], leaves[0].grad[0].numpy(), name="dp0")
    for k, (W_k, _) in enumerate(problem.weights):
        moved = W_k - 0.5 * expected.gradients[k][0]
        assert_parity(found[f"W{k}_new"], moved, name=f"W{k}")


def test_other_images_are_refused(
    lab: Lab, cnn: Model, tmp_path: Path, dataset: data.Dataset
) -> None:
    network = Architecture((784, 10), ((2, 3),), (4, 14, 14))
    fields = {**vars(cnn), "weights": initial_weights(network, seed=0)}
    path = tmp_path / "four.safetensors"
    model_file.save(path, Model(**(fields | {"image_shape": (4, 14, 14)})))
    status, answer = lab.ask("model", path.read_bytes())
    assert status == 422
    assert answer == (
        b"The model must take 1 x 28 x 28 pixels (channels, rows, columns), "
        b"got 4 x 14 x 14.\n"
    )


def test_two_steps_are_the_textbooks(lab: Lab, dataset: data.Dataset) -> None:
    settings = {**TRAINING, "batch_size": 30, "dtype": "float64", "seed": 3}
    for step in (1, 2):
        lab.json("training/step", settings)
        found = wait(lab)
        assert found["step"] == step
    assert found["engines"] == ["numpy"]
    assert "no convolutional layers" in found["left_out"]["sklearn"]
    defaults = read_settings({}, 10)
    expected = registry.create(
        "textbook",
        HyperParameters(
            layer_sizes=(784, 12, 10),
            conv_layers=NETWORK.conv_layers,
            dtype="float64",
            batch_size=30,
            learning_rate=defaults["learning_rate"],
            momentum=defaults["momentum"],
        ),
    )
    assert isinstance(expected, TextbookImplementation)
    expected.set_weights(initial_weights(NETWORK, seed=3, dtype="float64"))
    order = epoch_order(len(dataset.y_train), seed=3, epoch=0)[:60]
    expected.train_epoch(dataset.X_train.astype(np.float64), dataset.y_train, order)
    _, raw = lab.ask("weights?network=training")
    wanted = np.array(flat(expected.get_weights()))
    assert_parity(np.frombuffer(raw), wanted, name="θ", tolerance=1e-12)


@pytest.mark.slow
def test_frameworks_train_the_same(cnn_path: Path, tmp_path: Path) -> None:
    for name in ("torch", "jax"):
        pytest.importorskip(name)
    names = ("numpy", "torch", "jax")
    started = laboratory.start(cnn_path, "--impl", *names, folder=tmp_path)
    try:
        started.ready(len(names))
        settings = {**TRAINING, "batch_size": 50, "dtype": "float64"}
        for _ in range(3):
            started.json("training/step", settings)
            found = wait(started)
        assert found["engines"] == list(names)
        rows = found["points"][-1]["engines"]
        assert rows["numpy"]["difference"] == 0
        for name in names[1:]:
            assert 0 <= rows[name]["difference"] < 1e-13
            assert rows[name]["loss"] == pytest.approx(rows["numpy"]["loss"], rel=1e-12)
    finally:
        started.process.terminate()
        started.process.wait(20)
        assert started.process.stdout is not None
        started.process.stdout.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"conv_layers": "8x5"}, "at most 3 pairs"),
        ({"conv_layers": [[8]]}, "at most 3 pairs"),
        ({"conv_layers": [[8, 0]]}, "at most 3 pairs"),
        ({"conv_layers": [[8, None]]}, "at most 3 pairs"),
        ({"conv_layers": [[65, 5]]}, "channels from 1 to 64"),
        ({"conv_layers": [[1, 2]] * 4}, "at most 3 pairs"),
        ({"conv_layers": [[8, 5], [8, 12]]}, "must read maps of at least 13 x 13"),
        ({"conv_layers": [[64, 3], [64, 3]], "batch_size": 4096}, "smaller batch"),
    ],
)
def test_what_is_no_convolution_is_one_sentence(
    lab: Lab, asked: dict[str, Any], said: str
) -> None:
    status, answer = lab.ask("training/step", json.dumps(asked).encode())
    assert status == 422
    assert said in answer.decode()
    assert answer.count(b"\n") == 1
