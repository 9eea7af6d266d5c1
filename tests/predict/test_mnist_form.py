"""Bringing pictures to MNIST's form, tested against MNIST itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from compare.contract import Implementation
from compare.record import model_file
from data import mnist_form
from data.mnist_form import find_form, to_mnist_form
from tests.predict import drawings

Bytes = NDArray[np.uint8]
Drawing = Callable[[Bytes, np.random.Generator], Bytes]
# Of 250 digits, drawing costs about 0.015 of the right answers of a photograph; the
# standard deviation of that difference is 0.011.
N = 250
TOLERANCE = {"hairline": 0.04, "photograph": 0.03}

# name -> (the drawing, least mean cosine similarity to the original)
DRAWINGS: dict[str, tuple[Drawing, float]] = {
    "as it is": (lambda d, _: d, 1.0),
    "dark on light": (lambda d, _: 255 - d, 0.99),
    "enlarged in blocks": (lambda d, _: d.repeat(8, axis=0).repeat(8, axis=1), 0.97),
    "enlarged smoothly": (lambda d, _: 255 - drawings.enlarged(d, 10), 0.93),
    "somewhere on a page": (drawings.moved, 0.93),
    "grey on grey": (lambda d, _: 100 + drawings.enlarged(d, 6) // 4, 0.93),
    "photograph": (drawings.photograph, 0.88),
    "photograph, light ink": (
        lambda d, rng: drawings.photograph(d, rng, light_ink=True),
        0.88,
    ),
    "photograph, noisy": (lambda d, rng: drawings.photograph(d, rng, noise=20), 0.88),
    "photograph, faint": (
        lambda d, rng: drawings.photograph(d, rng, contrast=0.3),
        0.88,
    ),
    "hairline": (lambda d, _: drawings.hairline(d), 0.80),
}


@pytest.fixture(scope="module")
def network(model_path: Path) -> Implementation:
    return model_file.load(model_path).implementation("numpy")


def answers(network: Implementation, images: Bytes) -> NDArray[np.int64]:
    X = images.reshape(-1, 784).astype(np.float32) / 255
    chosen: NDArray[np.int64] = network.predict_proba(X).argmax(axis=1)
    return chosen


def cosine_similarity(a: Bytes, b: Bytes) -> NDArray[np.float64]:
    x, y = (v.reshape(len(v), -1).astype(float) for v in (a, b))
    norms = np.sqrt((x * x).sum(1) * (y * y).sum(1))
    return np.asarray((x * y).sum(1) / norms)


# Drawn with many steps, or enlarged: so is what stands somewhere on a page.
SLOW = tuple(
    n for n in DRAWINGS if n.startswith(("hairline", "photograph", "enlarged", "grey"))
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in DRAWINGS],
)
def test_mnist_comes_back_close_and_is_recognised(
    network: Implementation, name: str
) -> None:
    draw, similarity = DRAWINGS[name]
    originals, labels = drawings.digits(N)
    rng = np.random.default_rng(0)
    back = np.stack([to_mnist_form(draw(digit, rng)) for digit in originals])
    assert back.dtype == np.uint8
    assert cosine_similarity(back, originals).mean() >= similarity
    accuracy = (answers(network, back) == labels).mean()
    expected = (answers(network, originals) == labels).mean()
    assert expected > 0.94
    assert accuracy >= expected - TOLERANCE.get(name.partition(",")[0], 0.02)


def test_mnist_itself_is_not_touched() -> None:
    originals, _ = drawings.digits(1000)
    # One test image in 5,000 fills a box of 19, not 20; it may be redrawn.
    same = [np.array_equal(to_mnist_form(digit), digit) for digit in originals]
    assert np.mean(same) >= 0.999


@pytest.mark.parametrize("wrong", ["place", "size"])
def test_a_digit_of_28_x_28_in_another_form_is_brought_to_mnists(wrong: str) -> None:
    """Boxed but beside the centre, or centred but too small."""
    for digit in drawings.digits(20)[0]:
        other = np.roll(digit, 3, axis=0)
        if wrong == "size":
            small = Image.fromarray(digit).resize((20, 20), Image.Resampling.BOX)
            other = np.pad(np.asarray(small), 4)
        form = to_mnist_form(other)
        rows, columns = (np.flatnonzero(form.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        assert np.abs(np.subtract(ndimage.center_of_mass(form), 14)).max() <= 0.501


def test_the_result_fills_the_box_and_is_centred_by_mass() -> None:
    originals, _ = drawings.digits(20)
    rng = np.random.default_rng(1)
    for digit in originals:
        form = to_mnist_form(drawings.photograph(digit, rng)).astype(float)
        rows, columns = (np.flatnonzero(form.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        total, at = form.sum(), np.arange(28)
        centre = (form.sum(1) @ at / total, form.sum(0) @ at / total)
        assert np.abs(np.subtract(centre, 14)).max() <= 0.501
        assert form.max() >= 200


def test_dust_and_a_dark_corner_are_left_out() -> None:
    (digit, *_), _ = drawings.digits(1)
    page = 255 - np.pad(drawings.enlarged(digit, 6), 40)
    clean = to_mnist_form(page)
    page[5:8, 5:8] = 0  # a speck of dust
    page[200:, :20] = 30  # a thumb at the edge
    np.testing.assert_array_equal(to_mnist_form(page), clean)


def test_a_dot_that_belongs_to_the_digit_stays() -> None:
    page = np.zeros((100, 100), np.uint8)
    page[20:50, 40:60] = page[60:80, 40:60] = 255
    form = to_mnist_form(page)
    inked = np.flatnonzero(form.any(axis=1))
    assert np.ptp(inked) + 1 == 20
    # 30, 10 and 20 rows of ink, gap and ink become 10, 3 and 7.
    assert len(inked) == 17


@pytest.mark.parametrize("n_digits", [1, 3])
def test_digits_side_by_side_are_counted(n_digits: int) -> None:
    """Of digits 8 pixels apart on a page, drawn in two ways; a 4 may fall apart."""
    originals, _ = drawings.digits(90)
    found = []
    for i in range(0, len(originals) - n_digits, n_digits):
        row = [drawings.enlarged(d, 4) for d in originals[i : i + n_digits]]
        cut = [digit[:, digit.any(axis=0)] for digit in row]
        gapped = [np.pad(digit, ((30, 30), (4, 4))) for digit in cut]
        page = np.pad(np.concatenate(gapped, axis=1), ((0, 0), (30, 30)))
        found.append(find_form(page if i % 2 else 255 - page).n_side_by_side)
    assert np.mean(np.equal(found, n_digits)) >= 0.95
    if n_digits > 1:
        assert min(found) > 1


def test_parts_of_one_digit_are_no_digits() -> None:
    """A dot, a bar above, a short stroke beside: none is as tall and heavy as one."""
    page = np.zeros((100, 100), np.uint8)
    page[20:80, 30:40] = 255
    for rows, columns in (
        (slice(85, 95), slice(30, 40)),  # below: the same columns
        (slice(20, 45), slice(60, 70)),  # beside, too short
        (slice(20, 60), slice(60, 62)),  # beside, too thin
    ):
        other = page.copy()
        other[rows, columns] = 255
        assert find_form(other).n_side_by_side == 1
    page[20:60, 60:70] = 255  # beside, 40 of 60 tall, and heavy
    assert find_form(page).n_side_by_side == 2


@pytest.mark.parametrize("width", [1, 2, 3, 4, 6, 10, 20])
def test_strokes_of_known_width_are_measured(width: int) -> None:
    page = np.zeros((120, 120), np.float32)
    page[4:116, 50 : 50 + width] = 1
    # A stroke's ends are edges too, and lie in its last half width.
    assert mnist_form._stroke_width(page) == pytest.approx(width, rel=0.07)
    large = np.pad(page, 20)
    # Here one pixel counts as two.
    assert mnist_form._stroke_width(large) == pytest.approx(
        width + (width % 2) / width, rel=0.07
    )


@pytest.mark.parametrize("width", [1, 2, 3, 4, 6, 10, 20])
def test_slanting_strokes_of_known_width_are_measured(width: int) -> None:
    y, x = np.indices((120, 120))
    page = (np.abs(x - y) < width / np.sqrt(2)).astype(np.float32)
    true = page.sum() / (120 * np.sqrt(2))  # as many pixels as it has, by its length
    assert mnist_form._stroke_width(page) == pytest.approx(true, rel=0.1, abs=0.5)


def test_mnists_own_strokes_have_the_width_that_hairlines_get() -> None:
    originals, _ = drawings.digits(1000)
    widths = [mnist_form._stroke_width(digit / np.float32(255)) for digit in originals]
    assert np.median(widths) == pytest.approx(mnist_form.STROKE, abs=0.2)
    assert np.mean(np.greater(widths, mnist_form.MIN_STROKE)) >= 0.99


@pytest.mark.parametrize("height", [20, 24, 27, 30, 36, 42, 60, 120, 300])
def test_hairlines_get_the_width_of_mnists_strokes(height: int) -> None:
    """A 4 drawn by hand, in strokes of one pixel, from tiny to large."""
    page = np.full((height + 12, height + 12), 255, np.uint8)
    middle = 6 + height // 2
    page[6:-6, middle] = page[6:middle, 6] = page[middle, 6:middle] = 0
    form = np.asarray(to_mnist_form(page) / 255, dtype=np.float32)
    assert 1.3 <= mnist_form._stroke_width(form) <= 3.1
    assert form.max() > 0.7


def on_squared_paper(digit: Bytes, ink_of_lines: int) -> Bytes:
    drawn = np.pad(drawings.enlarged(digit, 8), 80)
    lines = np.zeros_like(drawn)
    lines[::25] = lines[:, ::25] = ink_of_lines
    return 255 - np.maximum(drawn, lines)


@pytest.mark.parametrize(
    "ink_of_lines",
    [
        pytest.param(30, marks=pytest.mark.slow),
        55,
        pytest.param(100, marks=pytest.mark.slow),
    ],
)
def test_the_lines_of_squared_paper_are_left_out(ink_of_lines: int) -> None:
    originals, _ = drawings.digits(40)
    pages = [on_squared_paper(digit, ink_of_lines) for digit in originals]
    back = np.stack([to_mnist_form(page) for page in pages])
    for form in back:
        rows, columns = (np.flatnonzero(form.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    assert cosine_similarity(back, originals).mean() >= 0.9
