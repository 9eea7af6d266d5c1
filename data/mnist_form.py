"""From a grey picture of one drawn digit to MNIST's form, step by step.

MNIST's own recipe: the digit, light on black, fills a box of 20 x 20 pixels with its
proportions kept, and stands in 28 x 28 so that its centre of mass is at the middle.
Before that, a drawing or photograph needs its paper taken away: the background is
estimated and subtracted, so that light ink on dark, dark ink on light, a shadow across
the page and the camera's noise all end in the same picture.

It knows no files and no labels, and looks for one digit: it cuts no numbers apart, but
it says that they are there.
Source of the form: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from data.errors import DataError
from data.raw import IMAGE_SIDE, Bytes

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

BOX_SIDE = 20
# In MNIST the centre of mass, counted from 0, lies within half a pixel of this.
CENTRE = 14
# Larger pictures are reduced to this first: noise averages out, and work is bounded.
WORKING_SIDE = 512
# The least difference between ink and paper, of 255 grey levels, and in units of the
# noise: below it there is nothing that a person would call a digit.
MIN_CONTRAST = 12.0
MIN_CONTRAST_IN_NOISE = 4.0
# Paper is one tone if this share of the whole picture is within so many grey levels.
FLAT, FLAT_SHARE = 3, 0.3
# More noise than this, in grey levels, and the picture is smoothed.
NOISY = 1.0
# Specks with less than this share of the largest stroke's ink are dust.
DUST_SHARE = 0.03
# Farther from a stroke than this share of the picture's side, and than MNIST's side,
# is no soft edge of it.
FAR_SHARE = 0.2
# Strokes are 2.6 pixels wide in MNIST (median); 98 in 100 digits have more than 2.
MIN_STROKE, STROKE = 1.4, 2.4
# A shape beside another is a digit too with these shares of the heaviest and tallest.
HEAVY, TALL = 0.2, 0.5

EIGHT = np.ones((3, 3), dtype=bool)  # neighbours, corners included


@dataclass(frozen=True, eq=False)
class _Ink:
    """How much ink there is at each pixel: 0 none, `core` the middle of a stroke."""

    amount: Grey
    core: float
    noise: float


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
    """

    pixels: Bytes
    n_side_by_side: int


def find_form(grey: Bytes | Grey) -> Form:
    """Return a grey picture of one digit, uint8 (height, width), in MNIST's form.

    A picture that has MNIST's form already keeps its pixels.

    Raises
    ------
    DataError
        If nothing stands out from the background.
    """
    if _has_the_form(grey):
        return Form(np.array(grey, dtype=np.uint8), 1)
    ink = _find_ink(_reduced(np.asarray(grey, dtype=np.float32)))
    drawn = _cropped(_keep_the_digit(ink))
    return Form(_centred(_boxed(_thickened(drawn))), _side_by_side(drawn))


def to_mnist_form(grey: Bytes | Grey) -> Bytes:
    """Return the pixels of `find_form`, for a picture of which one digit is known."""
    return find_form(grey).pixels


def _has_the_form(grey: Bytes | Grey) -> bool:
    """Say whether the picture is 28 x 28, on black, boxed and centred as in MNIST."""
    if grey.shape != (IMAGE_SIDE, IMAGE_SIDE) or not grey.any():
        return False
    rows, columns = (np.flatnonzero(grey.any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    off_centre = np.abs(np.subtract(ndimage.center_of_mass(grey), CENTRE)).max()
    return bool(max(height, width) == BOX_SIDE and off_centre <= 0.5)


def _reduced(grey: Grey) -> Grey:
    height, width = grey.shape
    factor = WORKING_SIDE / max(height, width)
    if factor >= 1:
        return grey
    return _resized(grey, round(height * factor), round(width * factor))


def _resized(grey: Grey, height: int, width: int) -> Grey:
    """Average areas when making it smaller, interpolate when making it larger."""
    height, width = max(1, height), max(1, width)
    smaller = height < grey.shape[0] or width < grey.shape[1]
    how = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(grey).resize((width, height), how))


def _find_ink(grey: Grey) -> _Ink:
    """Subtract the paper, find out which way ink differs from it, and how strongly."""
    difference = grey - _paper(grey)
    noise = _noise(difference, 1)
    if noise > NOISY:
        blur = max(1.0, max(grey.shape) / 250)
        difference = ndimage.gaussian_filter(difference, blur)
        noise = _noise(difference, round(4 * blur))
    # Ink is what there is more of, beyond the noise: dark strokes or light ones.
    beyond = np.where(np.abs(difference) > 3 * noise, difference, 0)
    amount = np.maximum(difference if beyond.sum() > 0 else -difference, 0)
    core = _core(amount)
    if core < max(MIN_CONTRAST, MIN_CONTRAST_IN_NOISE * noise):
        raise DataError(
            "nothing stands out from the background; the digit must differ from it by "
            f"at least {MIN_CONTRAST:.0f} of 255 grey levels and "
            f"{MIN_CONTRAST_IN_NOISE:.0f} times the noise, got {core:.0f} grey levels "
            f"and noise {noise:.0f}"
        )
    return _Ink(amount, core, noise)


def _paper(grey: Grey) -> Grey:
    """Return the background: one tone, or a smooth surface where light varies.

    The surface is a quadratic in x and y, fitted so that ink counts little (iteratively
    reweighted least squares with Tukey's weights), starting from the picture's edge.
    """
    edge = _edge_mask(grey.shape, max(1, min(grey.shape) // 20))
    tone = _commonest(grey[edge])
    if np.mean(np.abs(grey - tone) <= FLAT) > FLAT_SHARE:
        return np.full_like(grey, tone)
    y, x = np.indices(grey.shape, dtype=np.float64)
    x, y = x / grey.shape[1] - 0.5, y / grey.shape[0] - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    some = max(1, int(np.sqrt(grey.size / 4000)))
    A, values = terms[::some, ::some].reshape(-1, 6), grey[::some, ::some].ravel()
    weights = np.where(edge[::some, ::some].ravel(), 1.0, 0.01)
    for _ in range(20):
        # Normal equations, 6 x 6: the terms are of one size, and this is called often.
        weighted = A.T * weights
        surface, *_ = np.linalg.lstsq(weighted @ A, weighted @ values, rcond=None)
        residual = np.abs(values - A @ surface)
        scale = 4.685 * 1.4826 * max(1.0, float(np.median(residual)))
        weights = np.clip(1 - (residual / scale) ** 2, 0, None) ** 2
    return np.asarray(terms @ surface, dtype=np.float32)


def _commonest(values: Grey) -> float:
    """Return the grey level with the most values within `FLAT` of it."""
    counts = np.bincount(np.rint(np.clip(values, 0, 255)).astype(int), minlength=256)
    near = np.convolve(counts, np.ones(2 * FLAT + 1), mode="same")
    best = float(np.argmax(near))
    return float(np.median(values[np.abs(values - best) <= FLAT + 0.5]))


def _edge_mask(shape: tuple[int, ...], width: int) -> Mask:
    edge = np.ones(shape, dtype=bool)
    edge[width : shape[0] - width, width : shape[1] - width] = False
    return edge


def _noise(values: Grey, distance: int) -> float:
    """Return the standard deviation of the noise, from pixels `distance` apart.

    The median difference sees neither slow changes of light nor the few pixels where a
    stroke begins or ends.
    """
    apart = np.abs(values[:, distance:] - values[:, :-distance])
    return float(np.median(apart)) / (0.6745 * np.sqrt(2)) if apart.size else 0.0


def _core(amount: Grey) -> float:
    """Return the amount in the middle of strokes, by Ridler and Calvard's threshold."""
    threshold = 0.5 * float(amount.max(initial=0))
    for _ in range(10):
        above = amount > threshold
        if above.all():
            return 0.0  # no pixel is left to be paper
        if not above.any():
            break
        threshold = 0.5 * float(amount[above].mean() + amount[~above].mean())
    inside = amount[amount >= threshold]
    return float(np.percentile(inside, 90)) if inside.size else 0.0


def _keep_the_digit(ink: _Ink) -> Grey:
    """Return the ink in 0 … 1 with dust, noise and what hangs in from the edge gone."""
    noisy = ink.noise > NOISY
    strokes, n_strokes = ndimage.label(ink.amount > 0.5 * ink.core, EIGHT)
    numbers = np.arange(1, n_strokes + 1)
    masses = ndimage.sum_labels(ink.amount, strokes, numbers)
    # A shadow or a table's edge touches the border; so may the digit, if alone.
    inner = ~np.isin(numbers, strokes[_edge_mask(strokes.shape, 1)])
    if masses[inner].max(initial=0) < 0.1 * masses.max():
        inner[:] = True
    kept = inner & (masses >= DUST_SHARE * masses[inner].max())
    floor = max((0.2 if noisy else 0.1) * ink.core, 3 * ink.noise)
    whole = _with_soft_edges(np.isin(strokes, numbers[kept]), ink, floor)
    zero = floor if noisy else 0.0
    amount = np.clip((ink.amount - zero) / (ink.core - zero), 0, 1)
    drawn = np.where(whole, amount, 0).astype(np.float32)
    # The strongest ink may have hung in from the edge, and noise be all that is left.
    if not (drawn > 0.5).any():
        raise DataError(
            "nothing stands out from the background but what touches the picture's "
            "edge or is hardly stronger than the noise; show the whole digit, clearly"
        )
    return drawn


def _with_soft_edges(strokes: Mask, ink: _Ink, floor: float) -> Mask:
    """Return the strokes and the ink above `floor` that hangs together with them.

    Where that runs far away and out of the picture, as the lines of squared paper do,
    the floor rises until it no longer does.
    """
    edge = _edge_mask(strokes.shape, 1)
    far = max(IMAGE_SIDE, FAR_SHARE * max(strokes.shape))
    whole = ndimage.binary_propagation(strokes, EIGHT, mask=ink.amount > floor)
    out = whole & edge & ~strokes
    if out.any():
        out &= ndimage.distance_transform_edt(~strokes) > far
    # Above half of the core there are strokes only.
    while (whole & out).any() and floor < 0.5 * ink.core:
        floor = min(1.5 * floor, 0.5 * ink.core)
        whole = ndimage.binary_propagation(strokes, EIGHT, mask=ink.amount > floor)
    return np.asarray(whole)


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
    inside = np.pad(drawn > 0.5, 1)
    # Across a stroke of width w, the mean distance to its edge is w / 4.
    width = 4 * float(ndimage.distance_transform_edt(inside)[inside].mean()) - 1
    if width * scale >= MIN_STROKE:
        return drawn
    radius = (STROKE / scale - width) / 2
    around = np.pad(drawn > 0.5, int(radius) + 1)
    distance = np.asarray(ndimage.distance_transform_edt(~around), dtype=np.float32)
    thick: Grey = np.clip(radius + 1 - distance, 0, 1)
    return thick


def _boxed(drawn: Grey) -> Grey:
    """Fit the digit into 20 x 20, its proportions kept."""
    height, width = drawn.shape
    factor = BOX_SIDE / max(height, width)
    return np.clip(_resized(drawn, round(height * factor), round(width * factor)), 0, 1)


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
