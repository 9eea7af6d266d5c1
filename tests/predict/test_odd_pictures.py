"""Pictures that hold no digit: a form or a sentence, never a warning or a traceback."""

from __future__ import annotations

import warnings
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from data import DataError
from data.mnist_form import to_mnist_form


@pytest.mark.parametrize(
    "page",
    [
        np.zeros((28, 28), np.uint8),
        np.full((300, 200), 255, np.uint8),
        np.full((1, 1), 7, np.uint8),
        np.tile(np.linspace(60, 200, 400), (300, 1)).astype(np.uint8),
        np.random.default_rng(0).normal(128, 20, (300, 300)).clip(0, 255),
    ],
    ids=["black", "white", "one pixel", "a gradient", "noise"],
)
def test_a_page_without_ink_is_refused(page: NDArray[np.float64]) -> None:
    with pytest.raises(DataError, match="nothing stands out from the background"):
        to_mnist_form(page.astype(np.uint8))


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    seed=st.integers(0, 10_000),
    share=st.floats(0, 1),
)
def test_whatever_the_picture_the_answer_is_a_form_or_a_sentence(
    height: int, width: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    page = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < share)
    before = page.astype(np.uint8)
    with suppress(DataError):  # "nothing stands out"
        form = to_mnist_form(before)
        assert form.shape == (28, 28)
        assert form.dtype == np.uint8
        assert form.any()
    np.testing.assert_array_equal(before, page)


def a_cloud(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    cloud = rng.integers(0, 256, (height, width)).astype(float)
    return np.asarray(ndimage.gaussian_filter(cloud, rng.choice([0, 0.5, 1, 3, 6])))


def some_rectangles(
    rng: np.random.Generator, height: int, width: int
) -> NDArray[np.float64]:
    page = np.full((height, width), float(rng.integers(256)))
    for _ in range(rng.integers(1, 8)):
        top, bottom = sorted(rng.integers(0, height + 1, 2))
        left, right = sorted(rng.integers(0, width + 1, 2))
        page[top:bottom, left:right] = rng.integers(256)
    page += rng.normal(0, rng.choice([0, 0, 5]), page.shape)
    return np.asarray(ndimage.gaussian_filter(page, rng.choice([0, 1, 2, 5])))


def check_odd_picture(seed: int, height: int, width: int) -> None:
    """What is no digit gives a form or a sentence, never a warning or a traceback."""
    rng = np.random.default_rng(seed)
    page = (a_cloud if rng.random() < 0.5 else some_rectangles)(rng, height, width)
    if rng.random() < 0.5:
        page = (page - page.min()) * (255 / max(1.0, np.ptp(page)))
    with warnings.catch_warnings(), suppress(DataError):
        warnings.simplefilter("error")
        form = to_mnist_form(np.clip(page, 0, 255).astype(np.uint8))
        assert form.shape == (28, 28)
        assert form.dtype == np.uint8
        assert form.any()


# Small pages are the odd ones: little paper, and strokes that all touch the edge.
SIDES = st.integers(1, 8) | st.integers(1, 150)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), height=SIDES, width=SIDES)
def test_any_odd_picture_is_a_form_or_a_sentence(
    seed: int, height: int, width: int
) -> None:
    check_odd_picture(seed, height, width)


@pytest.mark.parametrize("largest", [4, 12, 30, 120, 700])
def test_odd_pictures_are_forms_or_sentences(largest: int) -> None:
    sizes = np.random.default_rng(largest).integers(1, largest + 1, (3000, 2))
    n = 5 if largest > 500 else 40
    for seed, (height, width) in enumerate(sizes[:n].tolist()):
        check_odd_picture(seed, height, width)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ([[193, 109]], "at least 12 of 255 grey levels"),
        (
            [
                [216, 72, 170, 88, 176],
                [153, 202, 13, 59, 232],
                [200, 217, 225, 169, 254],
                [206, 10, 212, 227, 249],
            ],
            "hardly stronger than the noise",
        ),
    ],
    ids=["all ink and no paper", "strong ink at the edge only"],
)
def test_a_page_without_clear_strokes_is_refused(
    page: list[list[int]], reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        to_mnist_form(np.array(page, np.uint8))
