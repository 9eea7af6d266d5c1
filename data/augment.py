"""New training images every epoch: each one turned, scaled, sheared, shifted and bent.

Every output pixel p looks at one place q(p) of the original image, between four pixels,
and takes their bilinear mixture; outside the image there is 0:

    q(p) = c + R S (p − c) + t + e(p)        c the centre of the image

R turns by an angle, S = [[1, shear], [0, 1]] · diag(scale_x, scale_y), t shifts, and e
is an elastic displacement: a smooth random field (Simard et al. 2003). All of it is
one resampling, so that an image is blurred once and not five times.

Fast because q is linear in the random numbers: e is a sum of Gaussian bumps around a
coarse grid of control points, so that the coordinates of a block of images are one
product of matrices, (random numbers) @ (fixed basis). What follows runs over blocks
that stay in the processor's cache.

The same (seed, epoch) gives the same images to every implementation, because they are
made outside of them. Refuses to be: an image library. Grey squares only.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

Array = NDArray[np.floating[Any]]

# Images per block: coordinates and scratch, some 20 kB per image, stay in the cache.
# Part of what (seed, epoch) means, because random numbers are drawn block by block.
BLOCK = 64
# Control points are so many σ apart: the bumps then still overlap to a smooth field.
SPACING = 1.5
# Zeros around an image, so that each of the four pixels around any place exists.
PAD = 1
# Epochs are ordered by the generator of [seed, epoch]; this one is another.
STREAM = 1
STRENGTHS = ("rotation_degrees", "scale", "shear", "shift_pixels", "elastic_pixels")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How strongly images are deformed; 0 everywhere leaves them as they are.

    Attributes
    ----------
    rotation_degrees : float
        The angle is uniform in ± this.
    scale : float
        Each axis is scaled by 1 ± up to this, uniformly; below 1.
    shear : float
        Uniform in ± this: columns moved per row.
    shift_pixels : float
        Along each axis, uniform in ± this.
    elastic_pixels : float
        Standard deviation of the elastic displacement, along each axis, at every pixel.
    smoothness_pixels : float
        σ of the Gaussian bumps: large ones bend strokes, small ones make them shake.
    fade_epochs : int
        Over so many epochs at the end of a training, the strengths fall in a straight
        line to `fade_to` times their value: see `at`.
    fade_to : float
        Of 0 to 1. The last images are then like those that the network will meet.

    Raises
    ------
    DataError
        If a value is negative or not finite, scale is 1 or more, smoothness below 1,
        or fade_to above 1.
    """

    rotation_degrees: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift_pixels: float = 0.0
    elastic_pixels: float = 0.0
    smoothness_pixels: float = 4.0
    fade_epochs: int = 0
    fade_to: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_number or not math.isfinite(value) or value < 0:
                raise DataError(f"{field.name} must be a number >= 0, got {value!r}")
        if self.scale >= 1:
            raise DataError(f"scale must be below 1, got {self.scale}")
        if self.smoothness_pixels < 1:
            raise DataError(
                f"smoothness_pixels must be >= 1, got {self.smoothness_pixels}"
            )

        if self.fade_to > 1:
            raise DataError(f"fade_to must be at most 1, got {self.fade_to}")

    def at(self, epoch: int, n_epochs: int) -> Augmentation:
        """Return the strengths of an epoch, counted from 0, of n_epochs in all."""
        faded = epoch + 1 - (n_epochs - self.fade_epochs)
        if faded <= 0 or self.fade_epochs == 0:
            return self
        factor = 1 - (1 - self.fade_to) * min(1.0, faded / self.fade_epochs)
        return replace(
            self, **{name: getattr(self, name) * factor for name in STRENGTHS}
        )


def augment(
    X: Array,
    settings: Augmentation,
    *,
    seed: int,
    epoch: int,
    out: Array | None = None,
) -> Array:
    """Return deformed copies of the images, row by row, in the dtype of X.

    Parameters
    ----------
    X : ndarray, shape (n, side²), float32 or float64
        Square images, row by row from the top left. Only read.
    settings : Augmentation
    seed, epoch : int
        At least 0. The same pair gives the same deformations for both dtypes.
    out : ndarray, optional
        Of the shape and dtype of X, C-contiguous; overwritten. What is returned is a
        new view of it, so that whoever remembers last epoch's X sees another object.

    Raises
    ------
    DataError
        If X does not hold square images of floats, or `out` is not like X.
    """
    side = _check(X, out)
    images = np.empty_like(X) if out is None else out[:]
    rng = np.random.default_rng([seed, epoch, STREAM])
    for start in range(0, len(X), BLOCK):
        rows = slice(start, start + BLOCK)
        places = draw_places(settings, side, len(X[rows]), rng, X.dtype)
        resample(X[rows], *places, out=images[rows])
    return images


def draw_places(
    settings: Augmentation,
    side: int,
    n: int,
    rng: np.random.Generator,
    dtype: np.dtype[Any],
) -> tuple[Array, Array]:
    """Draw where n images look: q(p) as (y, x), each (n, side²), in pixels from 0."""
    degrees, shear, scale_y, scale_x, *shift = rng.uniform(-1, 1, (6, n))
    angle = np.radians(degrees * settings.rotation_degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    slope = shear * settings.shear
    scale_y, scale_x = 1 + settings.scale * scale_y, 1 + settings.scale * scale_x

    basis = displacement_basis(side, settings.smoothness_pixels, np.dtype(dtype))
    numbers = np.empty((2, n, len(basis)), dtype)
    # R S with (x, y) as vectors; a basis row each for 1, y − c and x − c.
    numbers[0, :, 1], numbers[0, :, 2] = (sin * slope + cos) * scale_y, sin * scale_x
    numbers[1, :, 1], numbers[1, :, 2] = (cos * slope - sin) * scale_y, cos * scale_x
    numbers[:, :, 0] = (side - 1) / 2 + settings.shift_pixels * np.array(shift)
    n_bumps = len(basis) - 3
    bumps = rng.standard_normal((2, n, n_bumps), dtype=np.float32)
    np.multiply(bumps, settings.elastic_pixels, out=numbers[:, :, 3:])
    places = numbers.reshape(2 * n, -1) @ basis
    return places[:n], places[n:]


@functools.lru_cache(maxsize=4)
def displacement_basis(
    side: int, smoothness_pixels: float, dtype: np.dtype[Any]
) -> Array:
    """Return the fixed matrix: rows 1, y − c, x − c, then a Gaussian bump per point.

    The bumps are scaled at each pixel so that their squares sum to 1: independent
    standard normal factors then give displacements of variance 1 everywhere.
    """
    centred = np.arange(side) - (side - 1) / 2
    spacing = SPACING * smoothness_pixels
    half = math.ceil(side / 2 / spacing)  # the outermost points are outside
    points = spacing * np.arange(-half, half + 1)
    bump = np.exp(-((centred - points[:, None]) ** 2) / (2 * smoothness_pixels**2))
    bump /= np.sqrt((bump**2).sum(axis=0))
    bumps = np.einsum("ay,bx->abyx", bump, bump).reshape(-1, side * side)
    y, x = np.repeat(centred, side), np.tile(centred, side)
    return np.vstack([np.ones(side * side), y, x, bumps]).astype(dtype)


def resample(X: Array, y: Array, x: Array, *, out: Array) -> None:
    """Write each image of X at the places (y, x), bilinearly; outside it is 0.

    X, y, x and out are all (n, side²) and of one dtype; y and x are overwritten.
    SciPy: `map_coordinates(image, [y, x], order=1, mode="grid-constant")`.
    """
    n, side = len(X), math.isqrt(X.shape[1])
    # After clipping to [−1, side], the pixel below and right of any place is inside.
    width = side + 3
    padded = np.zeros((n, width, width), X.dtype)
    padded[:, PAD : PAD + side, PAD : PAD + side] = X.reshape(n, side, side)
    flat = padded.reshape(-1)

    y0, x0 = _split(y, side), _split(x, side)
    y0 *= width
    y0 += x0
    top_left = y0.astype(np.intp)
    top_left += (np.arange(n) * width * width)[:, None]

    # mode="clip": with "raise", take() copies through a hidden buffer.
    right, lower = np.empty_like(y0), x0
    flat.take(top_left, out=out, mode="clip")
    flat[1:].take(top_left, out=right, mode="clip")
    _mix(out, right, x, right)
    flat[width:].take(top_left, out=lower, mode="clip")
    flat[width + 1 :].take(top_left, out=right, mode="clip")
    _mix(lower, right, x, right)
    _mix(out, lower, y, lower)


def _split(places: Array, side: int) -> Array:
    """Return the whole part, counted in the padded image; leave the fraction."""
    np.clip(places, -PAD, side, out=places)
    places += PAD
    whole: Array = np.floor(places)
    places -= whole
    return whole


def _mix(first: Array, second: Array, fraction: Array, scratch: Array) -> None:
    """Overwrite first with first + fraction · (second − first); second may be lost."""
    np.subtract(second, first, out=scratch)
    scratch *= fraction
    first += scratch


def _check(X: Array, out: Array | None) -> int:
    """Return the side of the images, or raise DataError."""
    side = math.isqrt(X.shape[1]) if X.ndim == 2 else 0
    if side == 0 or side * side != X.shape[1]:
        raise DataError(
            "augmentation needs square images as rows of X, (n, side * side), "
            f"got shape {X.shape}"
        )
    if X.dtype not in (np.float32, np.float64):
        raise DataError(f"X must be float32 or float64, got {X.dtype}")
    if out is not None and (
        out.shape != X.shape or out.dtype != X.dtype or not out.flags.c_contiguous
    ):
        raise DataError(
            f"out must be C-contiguous, {X.dtype} of shape {X.shape}, "
            f"got {out.dtype} of shape {out.shape}"
        )
    return side
