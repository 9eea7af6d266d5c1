"""The ink of a drawing or photograph: its paper taken away, and what is not the digit.

The background is estimated and subtracted, so that light ink on dark, dark ink on
light, a shadow across the page and the camera's noise all end in the same picture. Then
dust goes, and what hangs in from the edge.

It knows no digits: what the strokes mean is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data.errors import DataError
from data.raw import IMAGE_SIDE

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

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

EIGHT = np.ones((3, 3), dtype=bool)  # neighbours, corners included


@dataclass(frozen=True, eq=False)
class Ink:
    """How much ink there is at each pixel: 0 none, `core` the middle of a stroke."""

    amount: Grey
    core: float
    noise: float


def find_ink(grey: Grey) -> Ink:
    """Subtract the paper, find out which way ink differs from it, and how strongly.

    `grey` (height, width) holds levels 0 … 255 and is only read.

    Raises
    ------
    DataError
        If nothing stands out from the background.
    """
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
    return Ink(amount, core, noise)


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


def keep_the_digit(ink: Ink) -> Grey:
    """Return the ink in 0 … 1 with dust, noise and what hangs in from the edge gone.

    A new array (height, width): 1 in the middle of strokes, 0 where there is none.

    Raises
    ------
    DataError
        If nothing clear is left then.
    """
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


def _with_soft_edges(strokes: Mask, ink: Ink, floor: float) -> Mask:
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
