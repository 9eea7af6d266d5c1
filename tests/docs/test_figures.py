"""The figures in the pages are what the code draws, and say what the pages say."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import signal

from docs.figures import convolution, small_training
from docs.figures.__main__ import FIGURES, FOLDER, MEASURED
from docs.tools import pages
from tests.check.share import only


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path).convert("L"), dtype=float)


# Of those that train, one by default; the slowest to be drawn holds no numbers.
QUICK = ("flow", "loss_curves")


@pytest.mark.parametrize("name", only(QUICK, FIGURES))
def test_the_code_draws_the_figure(name: str, tmp_path: Path) -> None:
    stored, drawn = FOLDER / f"{name}.png", tmp_path / f"{name}.png"
    importlib.import_module(f"docs.figures.{name}").draw(drawn)
    assert pixels(drawn).shape == pixels(stored).shape, "draw it again: make docs"
    # Lines may move by a shade from one processor to another, not from place to place.
    assert np.abs(pixels(drawn) - pixels(stored)).mean() < 1
    assert stored.stat().st_size < 200_000


def test_every_figure_is_in_a_page() -> None:
    shown = {
        link.path.stem
        for page in pages.all_pages()
        for link in pages.links(page)
        if link.is_image
    }
    assert set(FIGURES) <= shown
    assert {path.stem for path in FOLDER.glob("*.png")} == set(FIGURES)


def test_the_drawn_kernel_is_what_its_page_says() -> None:
    digit, W, _ = small_training.trained_kernels()
    kernel = W[convolution.balanced(W)][0]
    # It answers to edges with the ink on their lower right side, and only to edges.
    lower_right = np.add.outer(np.arange(5), np.arange(5)) - 4
    assert np.sum(kernel * np.sign(lower_right)) > 0.7 * np.abs(kernel).sum()
    assert abs(kernel.sum()) < 0.2 * np.abs(kernel).sum()
    # The framed pixel of z is the one that pooling keeps.
    y, x = convolution.PLACE
    z = signal.correlate(digit[0, 0], kernel, mode="valid")
    pool = z[y - y % 2 :, x - x % 2 :][:2, :2]
    assert z[y, x] == pool.max() > 0


def stored_runs(dtype: str) -> list[Any]:
    drift = json.loads((FOLDER / "measured" / "drift.json").read_text(encoding="utf-8"))
    return [run for run in drift["runs"] if run["dtype"] == dtype]


def test_page_six_tells_what_was_measured() -> None:
    page = (pages.ROOT / "docs" / "6-how-we-compare.md").read_text(encoding="utf-8")
    assert max(max(run["differences"]) for run in stored_runs("float64")) < 1e-14
    float32 = stored_runs("float32")
    jumped = [run for run in float32 if run["differences"][-1] > 1e-3]
    assert (len(jumped), len(float32)) == (2, 6)
    assert "four of six runs agree to six digits" in page
    widest = max(jumped, key=lambda run: run["differences"][-1])
    assert f"{widest['differences'][-1]:.0%}".replace("%", " %") in page
    low, high = sorted(widest["test_accuracies"])
    assert (
        f"seed {widest['seed']} gave {low:.1%} and {high:.1%}".replace("%", " %")
        in page
    )


def test_the_three_loss_curves_are_one() -> None:
    text = (FOLDER / "measured" / "loss_curves.json").read_text(encoding="utf-8")
    losses = np.array(json.loads(text)["losses"])
    assert losses.shape[1] == 3
    assert losses[0].min() > 2 > 0.2 > losses[-1].max()
    assert (np.ptp(losses, axis=1) < 1e-14).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_what_is_measured_has_the_form_of_what_is_stored(name: str) -> None:
    module = importlib.import_module(f"docs.figures.{name}")
    stored = json.loads(module.MEASURED.read_text(encoding="utf-8"))
    again = module.measure(train_samples=2000)
    assert again.keys() == stored.keys()
    if name == "drift":
        pairs = [(r["dtype"], r["seed"]) for r in again["runs"]]
        assert pairs == [(r["dtype"], r["seed"]) for r in stored["runs"]]
        double = [r for r in again["runs"] if r["dtype"] == "float64"]
        assert max(max(r["differences"]) for r in double) < 1e-14
    else:
        assert (np.ptp(again["losses"], axis=1) < 1e-13).all()
