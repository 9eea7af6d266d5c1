"""The page with a convolutional network: its arithmetic, its maps, its training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data
from compare.lab import export, textbook_conv_step
from compare.lab import page as pages
from compare.record.model_file import Model
from numpy_impl import ConvNetwork, textbook, textbook_conv
from tests.conv_problems import SMALL, make_conv_problem
from tests.lab import laboratory
from tests.lab.convolutions import flat, in_float64
from tests.lab.laboratory import Lab
from tests.lab.test_engines import wait
from tests.lab.test_page import SEVEN, call, click, draw, errors, put, text
from tests.parity import assert_parity

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
        return import("lab/convolution_step").then((step) => ({
          maps: pass.maps.map(({a, z, fired, pooled}) => [a, z, fired, pooled].map((each) => list(each.data))),
          step: Object.fromEntries(Object.entries(step.convolutionalStep(network, pass.X, [a[4]], 0.3)).map(([key, array]) => [key, list(array.data)])),
          probs: list(pass.probs), why: list(m.whyNot(network, pass, 3, 1)), count: m.countOf(network),
        }));
    """  # noqa: E501  # JavaScript
    given = (description, flat(problem.weights), list(SMALL.image_shape))
    label = int(problem.y[0])
    found = call(page, "model", code, *given, pixels.tolist(), label)
    X = pixels[np.newaxis] / 255
    arrays = textbook_conv_step.arrays(
        problem.weights, X[0], label, SMALL.image_shape, activation, 0.3
    )
    assert arrays.keys() <= found["step"].keys()
    for name, array in arrays.items():
        ours = np.array(found["step"][name], np.float64).reshape(np.shape(array))
        assert_parity(ours, np.asarray(array), name=name + case, tolerance=1e-12)
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


# --- the page -------------------------------------------------------------------------


@pytest.mark.slow  # looking inside a dense network is not
def test_a_channel_and_a_place_of_its_map(
    browser: Any, cnn_lab: Lab, cnn: Model, dataset: data.Dataset
) -> None:
    from selenium.webdriver.common.keys import Keys

    page = laboratory.opened(browser, cnn_lab)
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
    assert errors(page) == []


@pytest.mark.slow  # of a dense network it is not
def test_stepping_shows_the_equations_of_a_convolution(
    browser: Any, cnn_lab: Lab, dataset: data.Dataset
) -> None:
    from selenium.webdriver.common.keys import Keys

    page = laboratory.opened(browser, cnn_lab)
    put(page, np.rint(dataset.X_test[0] * 255).astype(np.uint8))
    cnn_lab.wait_until(lambda: text(page, "answer-numpy") != "")
    page.find_element("css selector", "input[value=drawing]").click()
    cnn_lab.wait_until(lambda: "the same" in text(page, "step-proof"))
    assert text(page, "step-proof").startswith("textbook_conv.py has computed the same")
    assert float(text(page, "step-proof").split()[-1].rstrip(".").replace("−", "-")) < (
        1e-12
    )
    numbers, files = [], set()
    while page.find_element("id", "step-next").is_enabled():
        click(page, "step-next")
        number = int(text(page, "step-title").rpartition("(")[2].rstrip(")"))
        line = page.find_element("css selector", "#textbook .now")
        assert f"({number})" in line.get_attribute("textContent")
        numbers.append(number)
        files.add(text(page, "step-file"))
    forward = [25, 26, 3, 30] * 2 + [32, 2, 3, 2, 4, 5, 6, 7]
    backward = [8, 9, 10, 11, 8, 9, 10, 31, 11, 27, 28, 29, 31, 11, 27, 28]
    assert numbers == [*forward, *backward, *[19] * 8]
    assert files == {"textbook.py", "textbook_conv.py"}
    page.find_element("id", "step-list").send_keys(Keys.HOME, Keys.ARROW_DOWN)
    kernels = page.find_elements("css selector", "#step-operands .heat")[1]
    kernels.send_keys(*[Keys.ARROW_RIGHT] * 5)
    reading = page.find_elements("css selector", "#step-operands .reading")[1]
    assert reading.text.startswith(
        "[1, 0, 0, 0] = "
    )  # over the gap, to the next kernel
    page.find_element("id", "step-list").send_keys(Keys.END)
    before = text(page, "step-note")
    click(page, "step-again")
    note = text(page, "step-note")
    assert note != before
    losses = [float(word.rstrip(".,")) for word in note.split() if word[0].isdigit()]
    assert losses[1] < losses[0]
    page.find_element("css selector", "input[value=example]").click()
    assert errors(page) == []


@pytest.mark.slow  # of a dense network it is not
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


@pytest.mark.slow  # of a dense network it is not
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
