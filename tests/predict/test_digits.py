"""Rows, forms and pages of digits: each found, cut out and recognised, in order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from compare import cli
from compare.contract import Implementation
from compare.record import model_file
from data.digits import find_digits
from tests.predict import drawings
from tests.predict.drawings import Bytes


@pytest.fixture(scope="module")
def network(model_path: Path) -> Implementation:
    return model_file.load(model_path).implementation("numpy")


def page(
    first: int, rows: int, columns: int, *, side: int = 84, frames: bool = False
) -> Bytes:
    """Ink in 0 … 255 on 0: MNIST's test digits from number `first` on, row by row."""
    digits = drawings.digits(first + rows * columns)[0][first:]
    cell = side + 36
    ink = np.zeros((rows * cell + 40, columns * cell + 40), np.uint8)
    rng = np.random.default_rng(first)
    for k, digit in enumerate(digits):
        top, left = 20 + k // columns * cell, 20 + k % columns * cell
        if frames:
            ink[top : top + cell - 8, left : left + cell - 8] = 230
            ink[top + 2 : top + cell - 10, left + 2 : left + cell - 10] = 0
        y, x = top + rng.integers(8, 20), left + rng.integers(8, 20)
        large = drawings.enlarged(digit, side // 28)
        place = ink[y : y + side, x : x + side]
        np.maximum(place, large, out=place)
    return ink


def photographed(ink: Bytes, *, slope: float = 0.0) -> Bytes:
    """Dark on paper that is half as light in one corner, with the camera's noise."""
    height, width = ink.shape
    y, x = np.mgrid[0:height, 0:width]
    seen = 210 * (1 - 0.3 * x / width - 0.2 * y / height) * (1 - 0.7 * ink / 255)
    seen = np.stack(  # lines that rise to the right
        [np.roll(column, -round(slope * i)) for i, column in enumerate(seen.T)], axis=1
    )
    noise = np.random.default_rng(1).normal(0, 6, seen.shape)
    return np.asarray(np.clip(seen + noise, 0, 255), dtype=np.uint8)


@pytest.mark.parametrize(
    ("first", "rows", "columns", "draw"),
    [
        (0, 1, 3, page),
        (30, 1, 6, lambda *what: 255 - page(*what)),
        (60, 4, 6, lambda *what: photographed(page(*what))),
        (100, 3, 5, lambda *what: 255 - page(*what, frames=True)),
        (130, 3, 5, lambda *what: photographed(page(*what, frames=True))),
        (150, 3, 6, lambda *what: photographed(page(*what), slope=0.04)),
    ],
    ids=["row", "dark row", "photo", "form", "photographed form", "sloping lines"],
)
def test_every_digit_is_found_in_reading_order(
    network: Implementation,
    first: int,
    rows: int,
    columns: int,
    draw: Callable[[int, int, int], Bytes],
) -> None:
    found = find_digits(draw(first, rows, columns))
    expected = [line for line in range(rows) for _ in range(columns)]
    assert [digit.line for digit in found] == expected
    for one, following in itertools.pairwise(found):
        if one.line == following.line:
            assert one.box[0] + one.box[2] <= following.box[0]
    # The order shows in the answers: one in five may be wrong, as single digits are.
    labels = drawings.digits(first + len(found))[1][first:]
    X = np.stack([digit.pixels for digit in found]).reshape(-1, 784)
    answers = network.predict_proba(X.astype(np.float32) / 255).argmax(axis=1)
    assert np.mean(answers == labels) >= 0.8


def test_boxes_are_in_pixels_of_the_picture() -> None:
    large = np.zeros((1500, 3000), np.uint8)  # twice as wide as what is looked at
    large[400:1000, 500:700] = large[400:1000, 2000:2200] = 255
    boxes = [digit.box for digit in find_digits(large)]
    np.testing.assert_allclose(
        boxes, [[500, 400, 200, 600], [2000, 400, 200, 600]], atol=4
    )


def test_one_digit_stays_one() -> None:
    """Of MNIST's digits, alone on a page, 4 of 1,500 fall apart: a 4, a 5, two 9."""
    apart = [
        k
        for k, digit in enumerate(drawings.digits(100)[0])
        if len(find_digits(np.pad(drawings.enlarged(digit, 4), 20))) > 1
    ]
    assert len(apart) <= 1


def test_parts_dust_and_rules_are_no_digits() -> None:
    drawn = np.zeros((200, 300), np.uint8)
    for left in (60, 120, 180):
        drawn[60:120, left : left + 14] = 255
    expected = [digit.box for digit in find_digits(drawn)]
    assert len(expected) == 3
    drawn[126:132, 100:104] = 255  # a comma
    drawn[150:152, 10:290] = 255  # a rule
    drawn[20:22, 20:22] = 255  # dust
    drawn[0:90, 280:300] = 255  # what hangs in from the edge
    assert [digit.box for digit in find_digits(drawn)] == expected
    drawn[44:54, 180:200] = 255  # the bar above the last belongs to it
    *same, (left, top, width, height) = [digit.box for digit in find_digits(drawn)]
    assert same == expected[:2]
    assert (left, top, width, height) == (180, 44, 20, 76)


def test_the_figure_has_boxes(
    tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(photographed(page(60, 2, 4))).save(tmp_path / "page.jpg")
    out = tmp_path / "seen.png"
    arguments = [str(tmp_path / "page.jpg"), "--model", str(model_path)]
    assert cli.main(["predict", *arguments, "--show", str(out)]) == 0
    printed = capsys.readouterr()
    assert "page.jpg, line by line:" in printed.out
    assert len(printed.out.splitlines()[-1].split()) == 4
    assert out.stat().st_size > 20_000
