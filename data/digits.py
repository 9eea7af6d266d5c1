"""A row of digits, a form, a photographed page: each digit cut out, in reading order.

Shapes as tall and heavy as the picture's digits are digits; smaller ones above or below
belong to them (the bar of a 5), or are commas and dust. Frames, rules and what touches
the picture's edge are no digits. Digits that touch one another are not taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data.errors import DataError
from data.ink import EIGHT, NOISY, Grey, Ink, find_ink
from data.mnist_form import (
    Form,
    find_form,
    has_the_form,
    in_form,
    reduced,
    resized,
)
from data.raw import Bytes

# Pages are reduced to this: a digit of 28 pixels is then a thirtieth of the page.
PAGE_SIDE = 1400
# Shares of the typical digit's height and ink that a digit has at least.
TALL, HEAVY = 0.5, 0.15
# The strength of ink is compared within such a share of the page, and may fall to this.
SPANS, FAINT = 8, 0.35
# A part of a digit may stand apart from its body by this share of the height.
GAP = 0.35
# A stroke longer than so many times its width, and than the digits, is a rule.
THIN = 7
# Parts with less than this share of a digit's ink are dust.
DUST = 0.03

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a picture.

    Attributes
    ----------
    pixels : ndarray of shape (28, 28), uint8
        In MNIST's form.
    box : (left, top, width, height)
        Where it stands, in pixels of the picture.
    line : int
        The line it stands in, from 0 at the top.
    """

    pixels: Bytes
    box: Box
    line: int


@dataclass(frozen=True, eq=False)
class _Shape:
    """A connected stroke, or several that make one digit."""

    numbers: tuple[int, ...]
    top: int
    bottom: int
    left: int
    right: int
    mass: float

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def with_part(self, part: _Shape) -> _Shape:
        return _Shape(
            self.numbers + part.numbers,
            min(self.top, part.top),
            max(self.bottom, part.bottom),
            min(self.left, part.left),
            max(self.right, part.right),
            self.mass + part.mass,
        )


def find_digits(grey: Bytes) -> list[Digit]:
    """Return the digits of a grey picture, uint8 (height, width), line by line.

    A picture of one digit gives what `find_form` makes of it.

    Raises
    ------
    DataError
        If nothing stands out from the background.
    """
    height, width = grey.shape
    whole = (0, 0, width, height)
    if has_the_form(grey):
        return [Digit(find_form(grey).pixels, whole, 0)]
    page = reduced(np.asarray(grey, dtype=np.float32), PAGE_SIDE)
    ink = _evened(find_ink(page))
    strokes, _ = ndimage.label(ink.amount > 0.5 * ink.core, EIGHT)
    lines = _lines(_digits(_shapes(strokes, ink.amount), page.shape))
    if sum(map(len, lines)) < 2:
        return [Digit(find_form(grey).pixels, whole, 0)]
    scale = height / page.shape[0], width / page.shape[1]
    found = []
    for n_line, shapes in enumerate(lines):
        for shape in shapes:
            form = _form(shape, strokes, ink)
            found.append(Digit(form.pixels, _box(shape, scale), n_line))
    return found


def _evened(ink: Ink) -> Ink:
    """Make ink as strong where the light is weak as where it is strong."""
    some = max(1, max(ink.amount.shape) // 200)
    clear = ndimage.gaussian_filter(ink.amount, 1.0)[::some, ::some]
    span = max(2, max(clear.shape) // SPANS)
    strongest = ndimage.maximum_filter(clear, span)
    smooth = ndimage.gaussian_filter(strongest, span / 2)
    local = resized(smooth, *ink.amount.shape)
    floor = max(FAINT * ink.core, 8 * ink.noise)
    amount = ink.amount * (ink.core / np.clip(local, min(floor, ink.core), ink.core))
    return Ink(amount, ink.core, ink.noise)


def _shapes(strokes: NDArray[np.integer], amount: Grey) -> list[_Shape]:
    slices = ndimage.find_objects(strokes)
    masses = ndimage.sum_labels(amount, strokes, np.arange(1, len(slices) + 1))
    return [
        _Shape((n,), rows.start, rows.stop, columns.start, columns.stop, float(mass))
        for n, ((rows, columns), mass) in enumerate(
            zip(slices, masses, strict=True), start=1
        )
    ]


def _digits(shapes: list[_Shape], page: tuple[int, ...]) -> list[_Shape]:
    """Return the digits among the shapes, with the parts that stand apart."""
    inside = [s for s in shapes if not _touches_edge(s, page) and s.height > 2]
    heaviest = max((s.mass for s in inside), default=0.0)
    clear = [s for s in inside if s.mass > DUST * DUST * heaviest]
    clear = [s for s in clear if not _is_frame(s, clear)]
    if not clear:
        return []
    height, mass = _typical(clear)
    clear = [s for s in clear if not _is_rule(s, height)]
    bodies = [s for s in clear if s.height >= TALL * height and s.mass >= HEAVY * mass]
    for part in (s for s in clear if s not in bodies and s.mass >= DUST * mass):
        near = [body for body in bodies if _belongs(part, body, height)]
        if near:
            body = min(near, key=lambda b: _gap(part, b))
            bodies[bodies.index(body)] = body.with_part(part)
    return bodies


def _touches_edge(shape: _Shape, page: tuple[int, ...]) -> bool:
    return (
        min(shape.top, shape.left) == 0
        or shape.bottom == page[0]
        or shape.right == page[1]
    )


def _is_frame(shape: _Shape, others: list[_Shape]) -> bool:
    """Say whether there are shapes inside it that count beside its own ink."""
    inside = sum(
        other.mass
        for other in others
        if other is not shape
        and shape.top < other.top
        and other.bottom < shape.bottom
        and shape.left < other.left
        and other.right < shape.right
    )
    return inside > 0.15 * shape.mass


def _typical(shapes: list[_Shape]) -> tuple[float, float]:
    """Return the height and the ink of the digit in which the middle of the ink is.

    Weighing by ink makes a hundred specks count less than one digit.
    """
    by_height = sorted(shapes, key=lambda s: s.height)
    middle = np.searchsorted(
        np.cumsum([s.mass for s in by_height]), sum(s.mass for s in shapes) / 2
    )
    height = by_height[int(middle)].height
    alike = [s.mass for s in shapes if TALL * height <= s.height <= height / TALL]
    return float(height), float(np.median(alike))


def _is_rule(shape: _Shape, height: float) -> bool:
    flat = shape.width > THIN * shape.height and shape.width > height
    upright = shape.height > THIN * shape.width and shape.height > 2 * height
    return flat or upright or shape.height > 4 * height


def _belongs(part: _Shape, body: _Shape, height: float) -> bool:
    overlap = min(part.right, body.right) - max(part.left, body.left)
    beside = overlap >= 0.5 * min(part.width, body.width)
    return beside and _gap(part, body) <= GAP * height


def _gap(part: _Shape, body: _Shape) -> int:
    return max(0, body.top - part.bottom, part.top - body.bottom)


def _lines(digits: list[_Shape]) -> list[list[_Shape]]:
    """Sort from left to right, line by line; lines may slope.

    Each digit joins the line whose last digit it stands beside.
    """
    lines: list[list[_Shape]] = []
    for digit in sorted(digits, key=lambda d: d.left):
        beside = [(_beside(digit, line[-1]), k) for k, line in enumerate(lines)]
        best, k = max(beside, default=(0.0, 0))
        if best >= 0.25:
            lines[k].append(digit)
        else:
            lines.append([digit])
    return sorted(lines, key=lambda line: np.mean([d.top + d.bottom for d in line]))


def _beside(one: _Shape, other: _Shape) -> float:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared / min(one.height, other.height)


def _form(shape: _Shape, strokes: NDArray[np.integer], ink: Ink) -> Form:
    """Bring one digit into MNIST's form, with the soft edges of its strokes."""
    margin = max(2, shape.height // 10)
    rows = slice(max(0, shape.top - margin), shape.bottom + margin)
    columns = slice(max(0, shape.left - margin), shape.right + margin)
    near = strokes[rows, columns]
    own = np.isin(near, shape.numbers)
    zero = 0.2 * ink.core if ink.noise > NOISY else 0.1 * ink.core
    soft = ndimage.binary_dilation(own, EIGHT, iterations=max(1, margin // 3))
    kept = own | (soft & (near == 0) & (ink.amount[rows, columns] > zero))
    amount = np.clip(ink.amount[rows, columns] / ink.core, 0, 1)
    drawn = np.where(kept, amount, 0).astype(np.float32)
    if not (drawn > 0.5).any():
        raise DataError("a digit is too faint; show it more clearly")
    return in_form(drawn)


def _box(shape: _Shape, scale: tuple[float, float]) -> Box:
    return (
        round(shape.left * scale[1]),
        round(shape.top * scale[0]),
        round(shape.width * scale[1]),
        round(shape.height * scale[0]),
    )
