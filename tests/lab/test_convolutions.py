"""A convolutional network in the laboratory: answers, maps, training, export."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data
from compare import registry
from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.lab import export
from compare.lab import page as pages
from compare.lab.settings import read_settings
from compare.record import model_file
from compare.record.model_file import Model
from compare.weights import epoch_order, initial_weights
from numpy_impl import ConvNetwork, TextbookImplementation, textbook, textbook_conv
from tests.conv_problems import SMALL, make_conv_problem
from tests.lab import laboratory
from tests.lab.laboratory import Lab
from tests.lab.test_engines import bytes_of, wait
from tests.lab.test_page import SEVEN, call, click, draw, errors, put, text
from tests.parity import assert_parity

NETWORK = Architecture((784, 12, 10), ((3, 5), (4, 4)))
TRAINING = {"conv_layers": [[3, 5], [4, 4]], "hidden_layers": [12]}


@pytest.fixture(scope="session")
def cnn_path(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned nothing: what it answers is as good a test."""
    rng = np.random.default_rng(1)
    weights = [
        (W, rng.normal(0, 0.1, b.shape).astype(b.dtype))
        for W, b in initial_weights(NETWORK, seed=1, scheme="he_normal")
    ]
    path = tmp_path_factory.mktemp("cnn") / "cnn.safetensors"
    fields = {**vars(model), "weights": weights}
    model_file.save(path, Model(**fields))
    return path


@pytest.fixture(scope="session")
def cnn(cnn_path: Path) -> Model:
    return model_file.load(cnn_path)


@pytest.fixture
def cnn_lab(lab: Lab, cnn_path: Path, model_path: Path) -> Iterator[Lab]:
    """The laboratory with the convolutional network; afterwards as it was."""
    assert lab.ask("model", cnn_path.read_bytes())[0] == 200
    yield lab
    assert lab.ask("model", model_path.read_bytes())[0] == 200


def in_float64(model: Model) -> list[tuple[Any, Any]]:
    return [(W.astype(np.float64), b.astype(np.float64)) for W, b in model.weights]


def flat(weights: Any) -> list[float]:
    arrays = [a.ravel() for pair in weights for a in pair]
    values: list[float] = np.concatenate(arrays).astype(np.float64).tolist()
    return values


# --- the page's own arithmetic --------------------------------------------------------


def test_the_pages_convolutions_are_numpys(page: Any) -> None:
    """All in one opened page: to open it takes longer than to compute."""
    for activation in ("relu", "sigmoid", "tanh", "identity"):
        for ties in (False, True):
            assert_same_convolutions(page, activation, ties=ties)


def assert_same_convolutions(page: Any, activation: str, *, ties: bool) -> None:
    """Every map, the probabilities and the gradient of a difference of two logits."""
    case = f", {activation}{', ties' if ties else ''}"
    problem = make_conv_problem(SMALL, activation=activation, ties=ties)
    rng = np.random.default_rng(2)
    # Of black and white alone, the sums of whole weights are exact: ties are ties.
    pixels = 255 * rng.integers(0, 2, SMALL.layer_sizes[0])
    if not ties:
        pixels = rng.integers(0, 256, SMALL.layer_sizes[0])
    description = {
        "layer_sizes": list(SMALL.layer_sizes),
        "conv_layers": [list(layer) for layer in SMALL.conv_layers],
        "activation": activation,
    }
    code = """
        const network = m.networkOf(a[0], Float64Array.from(a[1]), a[2]);
        const pass = m.passOf(network, a[3]);
        const list = (values) => Array.from(values);
        return {
          maps: pass.maps.map(({a, z, fired, pooled}) => [a, z, fired, pooled].map((each) => list(each.data))),
          probs: list(pass.probs), why: list(m.whyNot(network, pass, 3, 1)), count: m.countOf(network),
        };
    """  # noqa: E501  # JavaScript
    given = (description, flat(problem.weights), list(SMALL.image_shape))
    found = call(page, "model", code, *given, pixels.tolist())
    X = pixels[np.newaxis] / 255
    maps, zs, inputs = textbook_conv.forward(
        problem.weights, X, SMALL.image_shape, activation
    )
    read = [maps[0][0], maps[1][0], inputs[0]]
    for layer, (a, z, fired) in enumerate(maps):
        expected = (a, z, fired, read[layer + 1])
        for name, ours, array in zip(
            ("a", "z", "f(z)", "pooled"), found["maps"][layer], expected, strict=True
        ):
            ours = np.array(ours, np.float64).reshape(array.shape)
            assert_parity(ours, array, name=f"{name}{layer}{case}", tolerance=1e-12)
    probs = textbook.softmax(zs[-1])[0]
    assert_parity(np.array(found["probs"]), probs, name=f"p{case}", tolerance=1e-12)
    network = ConvNetwork(
        SMALL.layer_sizes,
        conv_layers=SMALL.conv_layers,
        image_shape=SMALL.image_shape,
        activation=activation,
        dtype="float64",
    )
    for layer, (W, b) in enumerate(problem.weights):
        network.W[layer][...], network.b[layer][...] = W, b
    why = network.logit_gradient(X, 3, 1)[0]
    assert_parity(np.array(found["why"]), why, name=f"why{case}", tolerance=1e-12)
    assert found["count"] == SMALL.n_params


def test_the_pages_answer_is_numpys_in_float64(
    page: Any, cnn: Model, dataset: data.Dataset
) -> None:
    pixels = np.rint(dataset.X_test[:10] * 255).astype(np.float64)
    code = """
        const network = m.networkOf(a[0], Float64Array.from(a[1]));
        return a[2].map((pixels) => Array.from(m.probabilities(network, pixels)));
    """
    given = (pages.describe(cnn), flat(cnn.weights), pixels.tolist())
    found = call(page, "model", code, *given)
    *_, zs, _ = textbook_conv.forward(in_float64(cnn), pixels / 255)
    assert_parity(np.array(found), textbook.softmax(zs[-1]), name="p", tolerance=1e-12)


# --- the engines ----------------------------------------------------------------------


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
    status, refused = lab.ask(
        "step",
        json.dumps(
            {"network": "model", "pixels": [0] * 784, "label": 1, "learning_rate": 0.1}
        ).encode(),
    )
    assert (status, refused.decode()) == (
        422,
        "Stepping through takes dense networks; this one has convolutions.\n",
    )
    # Another model, and everybody is back.
    lab.ask("model", model_path.read_bytes())
    assert {e["status"] for e in lab.json("state")["engines"]} == {"ready"}
    assert len(lab.lines(place, bytes_of(X))) == 3


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


# --- the page -------------------------------------------------------------------------


def opened(browser: Any, lab: Lab) -> Any:
    browser.get(lab.address)
    ready = "return document.documentElement.dataset.ready === 'true'"
    lab.wait_until(lambda: browser.execute_script(ready))
    lab.wait_until(lambda: "starting" not in text(browser, "answers"))
    return browser


def test_a_channel_and_a_place_of_its_map(
    browser: Any, cnn_lab: Lab, cnn: Model, dataset: data.Dataset
) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, cnn_lab)
    assert text(page, "described").startswith("784 → conv 3 (5×5) → conv 4 (4×4) → 12")
    # Its drawing is the image: what is on the board is brought into the form first.
    put(page, np.rint(dataset.X_test[0] * 255).astype(np.uint8))
    cnn_lab.wait_until(lambda: text(page, "answer-numpy") != "")
    assert text(page, "answer-numpy") == text(page, "answer-javascript")
    assert text(page, "answer-sklearn") == ""
    channels = page.find_elements("css selector", ".channel")
    assert len(channels) == 3 + 4
    channels[3 + 2].click()
    assert text(page, "channel-title") == "Channel 3 of layer 2"
    kernels = page.find_elements("css selector", ".kernel")
    assert len(kernels) == 3
    place = page.find_element("id", "channel-map")
    place.click()  # in the middle: a map of 9 x 9
    assert "At row 5, column 5:" in text(page, "channel-sum")
    place.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    shown = text(page, "channel-sum")
    assert shown.startswith("At row 6, column 6: z = ")
    pixels = page.execute_async_script(
        """
        const done = arguments[arguments.length - 1];
        const canvas = document.getElementById("centred");
        const image = canvas.getContext("2d").getImageData(0, 0, 28, 28).data;
        done(Array.from({length: 784}, (_, i) => image[4 * i]));
        """
    )
    X = np.array([pixels]) / 255
    maps, _, inputs = textbook_conv.forward(in_float64(cnn), X)
    words = shown.replace("− ", "-").replace("+ ", "").replace("−", "-").split()
    *parts, z = (float(word.rstrip(":")) for word in (*words[7:10], words[11]))
    assert sum(parts) == pytest.approx(z, abs=2e-3)
    assert z == pytest.approx(maps[1][1][0, 2, 5, 5], rel=1e-3)
    page.find_elements("css selector", ".kernel")[1].click()
    tables = page.find_elements("css selector", "#channel-numbers table")
    patch, kernel, products = (
        np.array([float(word) for word in each.text.replace("−", "-").split()])
        for each in tables
    )
    np.testing.assert_allclose(patch, maps[1][0][0, 1, 5:9, 5:9].ravel(), atol=0.0051)
    np.testing.assert_allclose(kernel, cnn.weights[1][0][2, 1].ravel(), atol=0.0051)
    np.testing.assert_allclose(products, patch * kernel, atol=0.02)
    pool = np.sort(maps[1][2][0, 2, 4:6, 4:6].ravel())
    said = text(page, "channel-pool").replace("−", "-")
    holds = said.partition("holds ")[2].partition(":")[0].split(", ")
    np.testing.assert_allclose(np.sort([float(n) for n in holds]), pool, rtol=1e-2)
    largest = inputs[0].reshape(4, 4, 4)[2, 2, 2]
    assert max(float(n) for n in holds) == pytest.approx(largest, rel=1e-2)
    place.send_keys(*[Keys.ARROW_RIGHT] * 9)
    assert "belongs to no pool" in text(page, "channel-pool")
    page.find_element("css selector", "input[value=drawing]").click()
    assert "takes dense networks" in text(page, "step-note")
    page.find_element("css selector", "input[value=example]").click()
    assert errors(page) == []


def test_the_page_trains_it_and_answers_with_it(page: Any, lab: Lab) -> None:
    from selenium.webdriver.support.select import Select

    Select(page.find_element("id", "train-network")).select_by_visible_text(
        "convolutional"
    )
    assert page.find_element("name", "hidden_layers").get_property("value") == "64"
    field = page.find_element("name", "conv_layers")
    assert field.get_property("value") == "8x5-16x5"
    field.clear()
    field.send_keys("2x5-3x5")
    chosen = Select(page.find_element("id", "train-network")).first_selected_option
    assert chosen.text == "own sizes"
    click(page, "train-step")
    lab.wait_until(lambda: lab.training()["settings"].get("conv_layers") is not None)
    wait(lab)
    lab.wait_until(lambda: text(page, "accuracy-numpy").endswith("%"))
    assert "no convolutional layers" in text(page, "accuracy-sklearn")
    draw(page, *SEVEN)
    click(page, "use-training")
    lab.wait_until(lambda: "conv 2 (5×5)" in text(page, "described"))
    lab.wait_until(
        lambda: text(page, "answer-numpy") == text(page, "answer-javascript") != ""
    )
    assert len(page.find_elements("css selector", ".channel")) == 2 + 3
    click(page, "use-model")
    lab.wait_until(lambda: "conv" not in text(page, "described"))
    assert errors(page) == []


def test_the_exported_page_holds_it(
    browser: Any, cnn: Model, dataset: data.Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "cnn.html"
    assert export.write(path, cnn, dataset) < 1_500_000
    browser.get(path.as_uri())
    click(browser, "pick")
    image = browser.execute_script(
        "return document.getElementById('message').innerText"
    )
    index = int(image.partition(": ")[0].rpartition(" ")[2].replace(",", ""))
    X = np.rint(dataset.X_test[index : index + 1] * 255).astype(np.float64) / 255
    *_, zs, _ = textbook_conv.forward(in_float64(cnn), X)
    assert text(browser, "answer-javascript") == cnn.class_names[int(zs[-1].argmax())]
    browser.find_element("css selector", ".channel").click()
    assert text(browser, "channel-title") == "Channel 1 of layer 1"
    assert errors(browser) == []
