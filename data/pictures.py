"""Reader of picture files: PNG, JPEG and their like, as grey levels.

It decodes and makes grey, nothing more: finding the digit is the job of `ink` and
`mnist_form`. Only formats that are plain pictures are tried, and the size is read from
the header and held against a limit before anything is unpacked, so that a decompression
bomb costs nothing.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from data.errors import DataError
from data.files import reason_of, require_file, unreadable
from data.raw import Bytes

# JPEG includes MPO, what some telephones make of it.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM")
KINDS = "PNG, JPEG, BMP, GIF, WebP or PPM"
# As many as the largest telephone cameras take; 0.6 GB while it is decoded as RGB.
MAX_PIXELS = 200_000_000
MAX_BYTES = 200_000_000
# JPEG can be decoded at a half, a quarter, an eighth; this much detail is enough.
ENOUGH_SIDE = 1024
# What undoes each orientation of EXIF; 1 is upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_limit_lock = threading.Lock()


def read_picture(path: str | Path) -> Bytes:
    """Read a picture as grey levels, uint8 (height, width).

    It is turned as its camera says, an animation gives its first frame, and a
    transparent ground becomes white or black, whichever the drawing stands out from.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, truncated, no picture of these formats,
        or has more than 200 million pixels or bytes.
    """
    path = Path(path)
    require_file(path, kind=f"a picture ({KINDS})")
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MAX_BYTES:
            raise DataError(
                f"{path}: a picture may have {MAX_BYTES // 10**6} million bytes, got "
                f"{n_bytes / 1e6:,.0f} million; make it smaller"
            )
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if not content:
        raise DataError(f"{path}: is empty; export it again")
    return decode_picture(content, str(path))


def decode_picture(content: bytes, where: str) -> Bytes:
    """Read the bytes of a picture file as `read_picture` does; `where` names it.

    Raises
    ------
    DataError
        As `read_picture`.
    """
    Image.init()  # or WebP would be unknown until another format has failed
    with warnings.catch_warnings():
        # Pillow warns of large pictures, where ours is the limit, and of odd metadata.
        warnings.simplefilter("ignore")
        try:
            with _our_limit():
                opened = Image.open(io.BytesIO(content), formats=FORMATS)
            with opened as picture:
                return _grey(_upright(picture, where))
        except UnidentifiedImageError as error:
            raise DataError(f"{where}: is no picture; give {KINDS}") from error
        except Image.DecompressionBombError as error:
            # Pillow refuses twice its limit before it tells the size.
            more = f"more than {2 * MAX_PIXELS // 10**6} million"
            raise _too_large(where, more) from error
        except DataError:
            raise
        # What Pillow's decoders raise for damaged files is not one class of error.
        except (OSError, ValueError, SyntaxError, EOFError, TypeError) as error:
            raise _damaged(where, error) from error
        except (IndexError, KeyError, ArithmeticError, NotImplementedError) as error:
            raise _damaged(where, error) from error
        except MemoryError as error:
            raise _too_large(where, "more than this machine's memory") from error


@contextmanager
def _our_limit() -> Iterator[None]:
    """Let Pillow open what we allow; its own limit is lower and holds for everybody.

    It is checked while a file is opened, so it is back before anything is unpacked.
    """
    with _limit_lock:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _upright(picture: Image.Image, where: str) -> Image.Image:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_large(where, f"{width} x {height}")
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (ENOUGH_SIDE, ENOUGH_SIDE))
    picture.load()
    turn = _turn(picture)
    return picture if turn is None else picture.transpose(turn)


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """Return how the camera was held; a block of EXIF that makes no sense says nothing.

    Pillow's own `exif_transpose` also writes the block anew, and fails where any other
    entry of it is odd.
    """
    try:
        return TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    # Pillow's parser raises whatever a forged block makes it stumble over.
    except Exception:
        return None


def _grey(picture: Image.Image) -> Bytes:
    """Return the luminance; transparency shows the ground that contrasts with it."""
    if picture.mode.startswith(("I", "F")):
        return _from_deep(np.asarray(picture))
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    layers = np.asarray(picture.convert("RGBA").convert("LA"), dtype=np.float32)
    grey, alpha = layers[..., 0], layers[..., 1] / 255
    if not alpha.any():
        return np.zeros(grey.shape, np.uint8)
    ink = float((grey * alpha).sum() / alpha.sum())
    ground = 0.0 if ink > 127.5 else 255.0
    return np.rint(grey * alpha + ground * (1 - alpha)).astype(np.uint8)


def _from_deep(values: NDArray[np.generic]) -> Bytes:
    """Bring 16-bit grey levels to 8 bits; Pillow's own conversion cuts them off."""
    return np.rint(np.clip(values.astype(np.float64) / 257, 0, 255)).astype(np.uint8)


def _too_large(where: str, size: str) -> DataError:
    return DataError(
        f"{where}: a picture may have {MAX_PIXELS // 10**6} million pixels, got "
        f"{size}; make it smaller"
    )


def _damaged(where: str, error: Exception) -> DataError:
    return DataError(
        f"{where}: is a damaged picture ({reason_of(error)}); export it again"
    )
