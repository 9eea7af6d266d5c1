"""MNIST's own digits made into drawings and photographs, to be brought back."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

import data
from data import sources

MNIST = Path(data.__file__).parent / "mnist"
Bytes = NDArray[np.uint8]


def digits(n: int) -> tuple[Bytes, Bytes]:
    """Return the first n test images, (n, 28, 28), and their labels."""
    images, labels = _all_digits()
    return images[:n].copy(), labels[:n].copy()


@functools.cache
def _all_digits() -> tuple[Bytes, Bytes]:
    (test,) = sources.read_parts(MNIST)
    assert test.images is not None
    assert test.labels is not None
    return test.images.reshape(-1, 28, 28), test.labels.astype(np.uint8)


def enlarged(digit: Bytes, factor: int) -> Bytes:
    side = 28 * factor
    return np.asarray(
        Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    )


def moved(digit: Bytes, rng: np.random.Generator) -> Bytes:
    """A digit somewhere on a page of 200 x 150."""
    page = np.zeros((200, 150), np.uint8)
    top, left = rng.integers(0, 200 - 84), rng.integers(0, 150 - 84)
    page[top : top + 84, left : left + 84] = enlarged(digit, 3)
    return page


def photograph(
    digit: Bytes,
    rng: np.random.Generator,
    *,
    noise: float = 10,
    contrast: float = 0.5,
    light_ink: bool = False,
) -> Bytes:
    """Ink on unevenly lit paper, 300 x 400, seen by a noisy camera."""
    height, width = 300, 400
    y, x = np.mgrid[0:height, 0:width] / 400
    angle = rng.uniform(0, 2 * np.pi)
    paper = 180 + 50 * (np.cos(angle) * x + np.sin(angle) * y)
    paper += 15 * np.sin(3 * x + rng.uniform(0, 6))
    ink = np.zeros((height, width))
    top, left = rng.integers(10, height - 150), rng.integers(10, width - 150)
    ink[top : top + 140, left : left + 140] = enlarged(digit, 5) / 255
    seen = paper * (1 - contrast * ink) + rng.normal(0, noise, ink.shape)
    seen = np.clip(seen, 0, 255)
    seen = 255 - seen if light_ink else seen
    return np.asarray(np.rint(seen), dtype=np.uint8)


def hairline(digit: Bytes) -> Bytes:
    """The digit as a thin pen draws it: the middle of its strokes, 5 pixels of 448."""
    solid = enlarged(digit, 16) > 127
    depth = ndimage.distance_transform_edt(solid)
    middle = solid & (depth >= ndimage.maximum_filter(depth, 7) - 0.7)
    pen = ndimage.binary_dilation(middle, iterations=2)
    return np.asarray(np.where(pen, 0, 255), dtype=np.uint8)
