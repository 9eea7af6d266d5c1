"""Digits drawn on the board: two hands with a tremor, and the middle lines of fonts.

Of any size and slant, anywhere on the board, always with the board's pen.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

SIDE, PEN = 280, 22
FONTS = ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "STIXGeneral", "cmr10")
N_BY_HAND, N_OF_FONTS = 7, 3

Points = list[tuple[float, float]]
Array = NDArray[np.floating[Any]]


def arc(
    x: float, y: float, width: float, height: float, start: float, end: float
) -> Points:
    """Points on an ellipse, from one angle in degrees to another; 90 is down."""
    angles = np.radians(np.linspace(start, end, 24))
    return [(x + width * np.cos(t), y + height * np.sin(t)) for t in angles]


# Strokes in a box of 1 x 1, y pointing down; two ways to write each digit.
STROKES: dict[int, tuple[list[Points], list[Points]]] = {
    0: ([arc(0.5, 0.5, 0.33, 0.48, -90, 270)], [arc(0.5, 0.5, 0.25, 0.48, -60, 310)]),
    1: ([[(0.5, 0), (0.5, 1)]], [[(0.3, 0.2), (0.52, 0), (0.52, 1)]]),
    2: (
        [[*arc(0.5, 0.28, 0.33, 0.28, -170, 30), (0.1, 1), (0.9, 1)]],
        [[*arc(0.5, 0.26, 0.3, 0.26, -200, 40), (0.15, 0.98), (0.65, 1), (0.9, 0.93)]],
    ),
    3: (
        [arc(0.45, 0.25, 0.32, 0.25, -150, 90) + arc(0.45, 0.74, 0.36, 0.26, -90, 150)],
        [
            [
                *((0.15, 0.02), (0.8, 0.02), (0.42, 0.4)),
                *arc(0.45, 0.7, 0.36, 0.3, -80, 150),
            ]
        ],
    ),
    4: (
        [[(0.65, 1), (0.65, 0), (0.08, 0.68), (0.95, 0.68)]],
        [[(0.2, 0), (0.15, 0.55), (0.85, 0.55)], [(0.75, 0.1), (0.7, 1)]],
    ),
    5: (
        [
            [
                *((0.85, 0), (0.25, 0), (0.2, 0.42)),
                *arc(0.47, 0.68, 0.35, 0.32, -130, 140),
            ]
        ],
        [
            [(0.25, 0.03), (0.2, 0.45), *arc(0.45, 0.7, 0.34, 0.3, -110, 150)],
            [(0.25, 0.03), (0.85, 0)],
        ],
    ),
    6: (
        [
            [
                *((0.75, 0.03), (0.4, 0.25), (0.2, 0.6)),
                *arc(0.5, 0.7, 0.32, 0.29, 180, -175),
            ]
        ],
        [arc(0.62, 0.5, 0.45, 0.5, -100, -200) + arc(0.48, 0.72, 0.3, 0.27, 160, -190)],
    ),
    7: (
        [[(0.1, 0), (0.9, 0), (0.4, 1)]],
        [[(0.12, 0.05), (0.88, 0), (0.45, 1)], [(0.3, 0.5), (0.75, 0.48)]],
    ),
    8: (
        [arc(0.5, 0.25, 0.27, 0.25, 90, 450) + arc(0.5, 0.75, 0.33, 0.25, -90, 270)],
        [
            [
                *((0.75, 0.15), *arc(0.5, 0.22, 0.26, 0.22, -30, -200), (0.5, 0.45)),
                *(*arc(0.5, 0.75, 0.3, 0.25, -60, 200), (0.5, 0.48), (0.76, 0.15)),
            ]
        ],
    ),
    9: (
        [[*arc(0.48, 0.28, 0.31, 0.28, 0, 360), (0.72, 0.7), (0.5, 1)]],
        [[*arc(0.48, 0.28, 0.3, 0.27, -20, 340), (0.8, 0.2), (0.78, 1)]],
    ),
}


def hundred() -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield a hundred drawings (280, 280) with what they are."""
    for digit in range(10):
        for i in range(N_BY_HAND + N_OF_FONTS):
            rng = np.random.default_rng([digit, i])
            by_hand = i < N_BY_HAND
            points = hand(digit, i % 2, rng) if by_hand else font(digit, i)
            yield drawn(points, rng, 1.0 if by_hand else 1.3), digit


def hand(digit: int, way: int, rng: np.random.Generator) -> Array:
    """Return points along the strokes, slanted, turned and trembling."""
    slant, turn = rng.uniform(-0.15, 0.3), rng.uniform(-0.12, 0.12)
    width = rng.uniform(0.5, 0.8)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    change = rotation @ np.array([[width, -slant * width], [0, 1]])
    lines = []
    for stroke in STROKES[digit][way]:
        corners = np.array(stroke)
        places = np.linspace(0, len(corners) - 1, 24 * len(corners))
        columns = [np.interp(places, range(len(corners)), c) for c in corners.T]
        along = np.stack(columns, axis=1)
        tremor = np.cumsum(rng.normal(0, 0.004, along.shape), axis=0)
        lines.append((along + tremor) @ change.T)
    return np.concatenate(lines)


def font(digit: int, i: int) -> Array:
    """Return points along the middle of a printed digit's strokes."""
    path = font_manager.findfont(FONTS[i % len(FONTS)])
    picture = Image.new("L", (SIDE, SIDE))
    where, letters = (SIDE // 2, SIDE // 2), ImageFont.truetype(path, 200)
    ImageDraw.Draw(picture).text(where, str(digit), 255, font=letters, anchor="mm")
    solid = np.asarray(picture) > 127
    depth = ndimage.distance_transform_edt(solid)
    middle = solid & (depth >= ndimage.maximum_filter(depth, 7) - 0.7)
    return np.argwhere(middle)[:, ::-1] / SIDE


def drawn(points: Array, rng: np.random.Generator, scale: float) -> NDArray[np.uint8]:
    """Draw points with the pen, of some size, somewhere on the board."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = scale * rng.uniform(0.35, 0.85) * SIDE
    room = np.maximum(SIDE / 2 - (high - low) * size / 2 - PEN, 0)
    place = SIDE / 2 + rng.uniform(-1, 1, 2) * room
    board = Image.new("L", (2 * SIDE, 2 * SIDE))  # drawn twice as large, then smoothed
    pen = ImageDraw.Draw(board)
    for x, y in 2 * ((points - (low + high) / 2) * size + place):
        pen.ellipse([x - PEN, y - PEN, x + PEN, y + PEN], fill=255)
    return np.asarray(board.resize((SIDE, SIDE), Image.Resampling.BOX))
