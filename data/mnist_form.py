"""From a grey picture of one drawn digit to MNIST's form, step by step.

MNIST's own recipe: the digit, light on black, fills a box of 20 x 20 pixels with its
proportions kept, and stands in 28 x 28 so that its centre of mass is at the middle.
Before that its paper is taken away, which is the job of `ink`.

It knows no files and no labels, and looks for one digit: it cuts no numbers apart, but
it says that they are there.
Source of the form: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from data.ink import Grey, find_ink, keep_the_digit
from data.raw import IMAGE_SIDE, Bytes

BOX_SIDE = 20
# In MNIST the centre of mass, counted from 0, lies within half a pixel of this.
CENTRE = 14
# Larger pictures are reduced to this first: noise averages out, and work is bounded.
WORKING_SIDE = 512
# Strokes are 2.4 pixels wide in MNIST (median); 99 in 100 digits have more than 1.2.
MIN_STROKE, STROKE = 1.2, 2.4
# In drawings smaller than this, it matters whether a stroke has one pixel or two.
FEW_PIXELS = 128
# A shape beside another is a digit too with these shares of the heaviest and tallest.
HEAVY, TALL = 0.2, 0.5


@dataclass(frozen=True, eq=False)
class Form:
    """A picture in MNIST's form.

    Attributes
    ----------
    pixels : ndarray of shape (28, 28), uint8
        Light on black, boxed and centred.
    n_side_by_side : int
        How many shapes as tall and heavy as digits stand beside one another: 1, or
        there is a number in the picture, squeezed into the place of one digit.
    cropped, boxed : ndarray in 0 … 1, or None
        The ink on its way: cut out, and fitted into 20 x 20 with its proportions kept.
        None for a picture that had the form already.
    """

    pixels: Bytes
    n_side_by_side: int
    cropped: Grey | None = None
    boxed: Grey | None = None


def find_form(grey: Bytes | Grey) -> Form:
    """Return a grey picture of one digit, uint8 (height, width), in MNIST's form.

    A picture that has MNIST's form already keeps its pixels.

    Raises
    ------
    DataError
        If nothing stands out from the background.
    """
    if has_the_form(grey):
        return Form(np.array(grey, dtype=np.uint8), 1)
    ink = find_ink(reduced(np.asarray(grey, dtype=np.float32), WORKING_SIDE))
    return in_form(keep_the_digit(ink))


def in_form(drawn: Grey) -> Form:
    """Return ink in 0 … 1, (height, width), cropped, boxed and centred."""
    drawn = _cropped(drawn)
    cropped = _thickened(drawn)
    boxed = _boxed(cropped)
    return Form(_centred(boxed), _side_by_side(drawn), cropped, boxed)


def to_mnist_form(grey: Bytes | Grey) -> Bytes:
    """Return the pixels of `find_form`, for a picture of which one digit is known."""
    return find_form(grey).pixels


def has_the_form(grey: Bytes | Grey) -> bool:
    """Say whether the picture is 28 x 28, on black, boxed and centred as in MNIST."""
    if grey.shape != (IMAGE_SIDE, IMAGE_SIDE) or not grey.any():
        return False
    rows, columns = (np.flatnonzero(grey.any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    off_centre = np.abs(np.subtract(ndimage.center_of_mass(grey), CENTRE)).max()
    return bool(max(height, width) == BOX_SIDE and off_centre <= 0.5)


def reduced(grey: Grey, side: int) -> Grey:
    """Return a picture whose longer side has at most `side` pixels."""
    height, width = grey.shape
    factor = side / max(height, width)
    if factor >= 1:
        return grey
    return resized(grey, round(height * factor), round(width * factor))


def resized(grey: Grey, height: int, width: int) -> Grey:
    """Average areas when making it smaller, interpolate when making it larger."""
    height, width = max(1, height), max(1, width)
    smaller = height < grey.shape[0] or width < grey.shape[1]
    how = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(grey).resize((width, height), how))


def _cropped(drawn: Grey) -> Grey:
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _side_by_side(drawn: Grey) -> int:
    """Count the shapes with empty columns between them, as heavy and tall as digits.

    Of MNIST's 10,000 test digits, drawn alone, 3 fall apart like this: mostly a 4 whose
    strokes do not meet.
    """
    strokes = drawn > 0.5
    shapes, n_shapes = ndimage.label(strokes.any(axis=0))
    parts = [strokes[:, shapes == i + 1] for i in range(n_shapes)]
    weights = [part.sum() for part in parts]
    heights = [np.ptp(np.flatnonzero(part.any(axis=1))) + 1 for part in parts]
    return sum(
        bool(weight >= HEAVY * max(weights) and height >= TALL * max(heights))
        for weight, height in zip(weights, heights, strict=True)
    )


def _thickened(drawn: Grey) -> Grey:
    """Make hairlines as wide as MNIST's strokes: as they are, they would fade."""
    scale = BOX_SIDE / max(drawn.shape)
    width = _stroke_width(drawn)
    if width * scale >= MIN_STROKE:
        return drawn
    radius = (STROKE / scale - width) / 2
    around = np.pad(drawn > 0.5, int(radius) + 1)
    distance = np.asarray(ndimage.distance_transform_edt(~around), dtype=np.float32)
    thick: Grey = np.clip(radius + 1 - distance, 0, 1)
    return thick


def _stroke_width(drawn: Grey) -> float:
    """Return the width of the strokes in pixels, from the mean distance to their edge.

    Across a stroke of width w that is w / 4, and half a pixel more, as distances are
    counted to the middle of the first pixel outside: w = 4 mean - 2. For one pixel and
    for two the mean is the same, so small drawings are measured in half pixels.
    """
    parts = 2 if max(drawn.shape) < FEW_PIXELS else 1
    inside = np.pad(drawn > 0.5, 1).repeat(parts, axis=0).repeat(parts, axis=1)
    mean = float(ndimage.distance_transform_edt(inside)[inside].mean())
    return (4 * mean - 2) / parts


def _boxed(drawn: Grey) -> Grey:
    """Fit the digit into 20 x 20, its proportions kept."""
    height, width = drawn.shape
    factor = BOX_SIDE / max(height, width)
    return np.clip(resized(drawn, round(height * factor), round(width * factor)), 0, 1)


def _centred(drawn: Grey) -> Bytes:
    """Put the centre of mass at the middle of 28 x 28, as near as whole pixels go."""
    canvas = np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    starts = [
        min(max(0, round(CENTRE - centre)), IMAGE_SIDE - length)
        for centre, length in zip(
            ndimage.center_of_mass(drawn), drawn.shape, strict=True
        )
    ]
    place = tuple(
        slice(start, start + length)
        for start, length in zip(starts, drawn.shape, strict=True)
    )
    canvas[place] = np.rint(drawn * 255)
    return canvas
