"""The page in a real browser: drawing, looking, training; and its own arithmetic."""

import base64
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import data
from compare.lab import page as pages
from compare.lab import textbook_step
from compare.record.model_file import Model
from data.mnist_form import find_form
from numpy_impl import Network, textbook
from tests.lab.laboratory import ENGINES, Lab
from tests.parity import assert_parity
from tests.predict.drawings import enlarged

SEEN = (*ENGINES, "javascript")


def call(browser: Any, module: str, code: str, *arguments: Any) -> Any:
    """Run code with a module of the page; `m` is the module, `a` the arguments."""
    script = f"""
        const [done, a] = [arguments[arguments.length - 1], arguments];
        import("lab/{module}").then((m) => {{ {code} }}).then(done)
          .catch((error) => done({{failed: String(error.stack || error)}}));
    """
    found = browser.execute_async_script(script, *arguments)
    assert not (isinstance(found, dict) and "failed" in found), found["failed"]
    return found


def click(browser: Any, name: str) -> None:
    browser.find_element("id", name).click()


def text(browser: Any, name: str) -> str:
    return str(browser.find_element("id", name).text)


def answers(browser: Any) -> list[str]:
    return [text(browser, f"answer-{name}") for name in SEEN]


def put(browser: Any, grey: NDArray[np.uint8]) -> None:
    """Put pixels on the board, and lift the pen."""
    image = base64.b64encode(enlarged(grey.reshape(28, 28), 10).tobytes()).decode()
    browser.execute_script(
        """
        const board = document.getElementById("board");
        const context = board.getContext("2d");
        const image = context.createImageData(280, 280);
        const grey = atob(arguments[0]);
        for (let i = 0; i < grey.length; i++) {
          const value = grey.charCodeAt(i);
          image.data.set([value, value, value, 255], 4 * i);
        }
        context.putImageData(image, 0, 0);
        board.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
        """,
        image,
    )


def draw(browser: Any, *points: tuple[int, int]) -> None:
    """Draw one stroke with the mouse, through points counted from the middle."""
    from selenium.webdriver.common.action_chains import ActionChains

    board = browser.find_element("id", "board")
    actions = ActionChains(browser, duration=10)
    first, *rest = points
    actions.move_to_element_with_offset(board, *first).click_and_hold()
    for point in rest:
        actions.move_to_element_with_offset(board, *point)
    actions.release().perform()


SEVEN = ((-70, -90), (0, -92), (70, -90), (40, -20), (10, 40), (-10, 95))


def errors(browser: Any) -> list[str]:
    """What the console complains of, but for requests that a test has provoked."""
    return [entry["message"] for entry in browser.get_log("browser")]


def test_images_drawn_pixel_by_pixel(
    page: Any, lab: Lab, model: Model, dataset: data.Dataset
) -> None:
    implementation = model.implementation("numpy")
    for X in dataset.X_test[:4]:
        grey = np.rint(X * 255).astype(np.uint8)
        put(page, grey)
        form = find_form(enlarged(grey.reshape(28, 28), 10)).pixels.reshape(1, 784)
        probs = implementation.predict_proba(form.astype(np.float32) / 255)[0]
        expected = [model.class_names[int(probs.argmax())]] * len(SEEN)
        shown = ", ".join(expected[:1]) + ": "
        lab.wait_until(lambda e=expected, s=shown: answers(page) == e)  # type: ignore[misc]  # bound now, called now
        bars = page.find_element("css selector", "#answers tr:first-child .bars")
        assert bars.get_attribute("aria-label").startswith(shown)
    assert "largest difference" in text(page, "agreement")
    assert errors(page) == []


@pytest.mark.slow  # strokes and clear: the exported page
def test_a_stroke_undo_and_clear(page: Any, lab: Lab) -> None:
    assert answers(page) == [""] * 3
    draw(page, *SEVEN)
    lab.wait_until(lambda: answers(page) == ["7"] * 3)
    click(page, "undo")
    lab.wait_until(lambda: answers(page) == [""] * 3)
    draw(page, (-60, -80), (-60, 80))
    draw(page, (60, -80), (60, 80))
    lab.wait_until(lambda: "side by side" in text(page, "message"))
    click(page, "clear")
    lab.wait_until(lambda: answers(page) == [""] * 3)
    assert text(page, "message") == text(page, "agreement") == ""


@pytest.mark.slow
def test_the_keyboard_draws(page: Any, lab: Lab) -> None:
    from selenium.webdriver.common.keys import Keys

    board = page.find_element("id", "board")
    board.send_keys(*[Keys.ARROW_UP] * 6, Keys.SPACE, *[Keys.ARROW_DOWN] * 13)
    lab.wait_until(lambda: answers(page) == ["1"] * 3)
    board.send_keys(Keys.BACKSPACE)
    lab.wait_until(lambda: answers(page) == [""] * 3)


def set_training(browser: Any, **settings: object) -> None:
    """Fill the form; the network is dense, whatever another test has trained."""
    for name, value in {"conv_layers": "", **settings}.items():
        field = browser.find_element("name", name)
        field.clear()
        field.send_keys(str(value))


def test_train_pause_rewind(page: Any, lab: Lab) -> None:
    set_training(page, hidden_layers="128-64", batch_size=64, n_epochs=50)
    click(page, "train-start")
    lab.wait_until(page.find_element("id", "train-pause").is_enabled)
    lab.wait_until(lambda: lab.training()["step"] > 0)
    assert text(page, "accuracy-numpy").endswith("%")
    click(page, "train-pause")
    lab.wait_until(lambda: text(page, "train-status").startswith("Paused"))
    step = lab.training()["step"]
    assert f"step {step:,}" in text(page, "train-status")
    accuracies = [text(page, f"accuracy-{name}") for name in ENGINES]
    assert len(set(accuracies)) == 1
    draw(page, *SEVEN)
    click(page, "use-training")
    lab.wait_until(lambda: len(set(answers(page))) == 1 and answers(page)[0] != "")
    click(page, "train-rewind")
    lab.wait_until(lambda: text(page, "train-status").startswith("At the start"))
    assert lab.training()["step"] == 0
    click(page, "use-model")
    assert errors(page) == []


@pytest.mark.parametrize(
    "activation",
    [
        "relu",
        "tanh",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("sigmoid", "identity")),
    ],
)
def test_the_pages_own_arithmetic_is_numpys(page: Any, activation: str) -> None:
    rng = np.random.default_rng(3)
    sizes = (30, 13, 7, 5)
    network = Network(sizes, activation=activation, dtype="float64")
    network.params[:] = rng.normal(0, 0.6, network.n_params)
    weights = list(zip(network.W, network.b, strict=True))
    X, y = rng.normal(size=(3, 30)), np.array([4, 0, 2])
    flat = np.concatenate([a.ravel() for pair in weights for a in pair])
    code = """
        const weights = m.fromFlat(a[0], Float64Array.from(a[1]));
        const X = m.matrix(3, 30, Float64Array.from(a[2]));
        const step = m.trainingStep(weights, X, a[3], a[4], 0.3);
        const found = {};
        for (const [key, array] of Object.entries(step)) found[key] = Array.from(array.data);
        const first = m.matrix(1, 30, Float64Array.from(a[2].slice(0, 30)));
        found.why = Array.from(m.logitGradient(weights, first, a[4], 4, 1).data);
        return found;
    """  # noqa: E501  # JavaScript
    given = (list(sizes), flat.tolist(), X.ravel().tolist(), y.tolist(), activation)
    found = call(page, "network", code, *given)
    expected = textbook_step.arrays(weights, X, y, activation, 0.3)
    expected["why"] = network.logit_gradient(X[:1], 4, 1)
    assert expected.keys() <= found.keys()
    for name, array in expected.items():
        ours = np.array(found[name]).reshape(np.shape(array))
        assert_parity(ours, np.asarray(array), name=name, tolerance=1e-12)


def test_the_pages_answer_is_numpys_in_float64(
    page: Any, model: Model, dataset: data.Dataset
) -> None:
    pixels = np.rint(dataset.X_test[:20] * 255).astype(np.float64)
    flat = np.concatenate([a.ravel() for pair in model.weights for a in pair])
    code = """
        const network = m.networkOf(a[0], Float64Array.from(a[1]));
        return a[2].map((pixels) => Array.from(m.probabilities(network, pixels)));
    """
    values = flat.astype(np.float64).tolist()
    found = call(page, "model", code, pages.describe(model), values, pixels.tolist())
    weights = [(W.astype(np.float64), b.astype(np.float64)) for W, b in model.weights]
    zs, _ = textbook.forward(weights, pixels / 255, model.activation)
    assert_parity(np.array(found), textbook.softmax(zs[-1]), name="p", tolerance=1e-12)


def test_the_form_without_a_server_is_predicts(
    page: Any, dataset: data.Dataset
) -> None:
    rng = np.random.default_rng(1)
    for X in dataset.X_test[:6]:
        digit = np.rint(X * 255).astype(np.uint8).reshape(28, 28)
        factor = int(rng.integers(2, 10))
        drawing = np.zeros((280, 280), np.uint8)
        top, left = rng.integers(0, 281 - 28 * factor, 2)
        side = 28 * factor
        drawing[top : top + side, left : left + side] = enlarged(digit, factor)
        drawing[0, 0] = drawing[279, 279] = 3  # what a careless eraser leaves
        code = "return m.findForm(Uint8Array.from(a[0]), 280, 280)"
        found = call(page, "form", code, drawing.ravel().tolist())
        expected = find_form(drawing)
        difference = np.abs(np.array(found["pixels"]) - expected.pixels.ravel())
        assert difference.max() <= 1  # of 255: Pillow rounds to float32 between passes
        assert found["nSideBySide"] == expected.n_side_by_side


def test_stepping_shows_every_equation_and_its_line(page: Any, lab: Lab) -> None:
    lab.wait_until(lambda: "the same" in text(page, "step-proof"))
    assert "the largest difference is" in text(page, "step-proof")
    steps = page.find_elements("css selector", "#step-list option")
    marked = []
    for _ in steps[1:]:
        click(page, "step-next")
        number = text(page, "step-title").rpartition("(")[2].rstrip(")")
        line = page.find_element("css selector", "#textbook .now")
        marked.append((number, line.get_attribute("textContent").rstrip()))
    assert len(marked) == 17  # all but the first of 18
    for number, line in marked:
        assert line.endswith(f"({number})")
    assert not page.find_element("id", "step-next").is_enabled()
    click(page, "step-again")
    assert "The step is taken" in text(page, "step-note")


def test_looking_inside_adds_up(page: Any, lab: Lab, dataset: data.Dataset) -> None:
    put(page, np.rint(dataset.X_test[0] * 255).astype(np.uint8))
    lab.wait_until(lambda: answers(page)[-1] == "7")
    page.find_element("css selector", "#layers .neuron").click()
    shown = text(page, "neuron-sum").replace("− ", "−").replace("+ ", "")
    words = shown.replace("−", "-").split()
    *parts, z = (float(word.rstrip(":")) for word in (*words[2:5], words[6]))
    assert sum(parts) == pytest.approx(z, abs=2e-3)
    assert text(page, "speaks").startswith("The logit of 7")


def test_everything_has_a_name_and_nothing_is_too_wide(page: Any) -> None:
    nameless = page.execute_script(
        """
        const elements = document.querySelectorAll(
          "button, input, select, a, canvas, [role=img], [role=group], fieldset");
        return [...elements].filter((element) => {
          const label = element.labels?.[0]?.textContent || element.ariaLabel
            || element.getAttribute("aria-label") || element.textContent;
          return !label.trim();
        }).map((element) => element.outerHTML.slice(0, 120));
        """
    )
    assert nameless == []
    try:
        for width in (390, 768, 1400):
            size = {"width": width, "height": 900, "deviceScaleFactor": 1}
            page.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride", size | {"mobile": width < 500}
            )
            script = "return document.documentElement.scrollWidth"
            assert page.execute_script(script) <= width
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.slow
def test_a_second_page_sees_the_same_training(page: Any, lab: Lab) -> None:
    click(page, "train-step")
    lab.wait_until(lambda: lab.training()["status"] != "running")
    step = lab.training()["step"]
    first = page.current_window_handle
    page.switch_to.new_window("tab")
    try:
        page.get(lab.address)
        lab.wait_until(lambda: f"step {step:,}" in text(page, "train-status"))
        draw(page, *SEVEN)
        lab.wait_until(lambda: answers(page) == ["7"] * 3)
    finally:
        page.close()
        page.switch_to.window(first)
    assert answers(page) == [""] * 3


@pytest.mark.slow
def test_nothing_blocks_for_a_tenth_of_a_second(page: Any, lab: Lab) -> None:
    page.execute_script(
        """
        window.longest = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
          window.longest = Math.max(window.longest, entry.duration);
        })).observe({type: "longtask"});
        """
    )
    draw(page, *SEVEN)
    set_training(page, hidden_layers="128-64", batch_size=64, n_epochs=1)
    click(page, "train-start")
    lab.wait_until(lambda: lab.training()["step"] > 0)
    click(page, "use-training")
    page.find_element("css selector", "input[value=drawing]").click()
    for _ in range(20):
        click(page, "step-next")
    click(page, "train-pause")
    lab.wait_until(lambda: lab.training()["status"] != "running")
    click(page, "use-model")
    assert page.execute_script("return window.longest") < 100


def test_the_files_of_the_page_are_those_that_are_served() -> None:
    there = {path.name for path in pages.FOLDER.iterdir()} - {"index.html"}
    assert there == set(pages.STATIC)
