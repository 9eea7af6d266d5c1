"""What is to be recognised: from names on the command line to images of 28 x 28.

Pictures are brought to MNIST's form; the rows of IDX and CSV files have it already and
are taken as they are. It asks no network.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from data import DataError
from data.files import unreadable
from data.idx import read_images
from data.mnist_form import Form, find_form
from data.pictures import KINDS, SUFFIXES, read_picture
from data.raw import IMAGE_SIDE, N_PIXELS
from data.tables import read_csv

STANDARD_INPUT = "-"
MAX_INPUT_BYTES = 1_000_000_000
_IDX_OR_GZIP = (b"\x00\x00", b"\x1f\x8b")
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"BM")
_NETPBM = tuple(b"P%d" % kind for kind in range(1, 7))


@dataclass(frozen=True, eq=False)
class Images:
    """The images of one file.

    Attributes
    ----------
    source : str
        The file, as it was named.
    pixels : ndarray of shape (n, 784), uint8
        What the network is shown, before scaling.
    picture : ndarray of shape (height, width), uint8, or None
        The picture in grey as it was found; None for rows of a table.
    labels : ndarray of shape (n,), uint8, or None
        What a CSV file says they are.
    n_side_by_side : int
        How many shapes like digits stand beside one another in the picture.
    """

    source: str
    pixels: NDArray[np.uint8]
    picture: NDArray[np.uint8] | None = None
    labels: NDArray[np.uint8] | None = None
    n_side_by_side: int = 1


def read_all(
    names: Sequence[str], *, as_is: bool = False
) -> Iterator[Images | DataError]:
    """Read each file, the pictures of a folder in order of their names.

    What cannot be read comes as the error that says why, and the rest goes on.
    """
    for name in names:
        try:
            for each in _pictures_in(name):
                yield _read_or_error(each, as_is=as_is)
        except DataError as error:
            yield error


def _pictures_in(name: str) -> list[str]:
    """Return the pictures of a folder; a file stands for itself."""
    if not name:
        raise DataError("a name must not be empty; name a picture, a file or a folder")
    path = Path(name)
    try:
        if name == STANDARD_INPUT or not path.is_dir():
            return [name]
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise unreadable(path, error) from error
    if not inside:
        raise DataError(f"{name}: this folder holds no pictures; give {KINDS}")
    return [str(p) for p in inside]


def _read_or_error(name: str, *, as_is: bool) -> Images | DataError:
    try:
        return read(name, as_is=as_is)
    except DataError as error:
        return error


def read(name: str, *, as_is: bool = False) -> Images:
    """Read a file, or standard input for "-"; its content decides how.

    With `as_is`, a picture must be 28 x 28, light on black, and is not touched.

    Raises
    ------
    DataError
        If it cannot be read, is none of the formats, or holds nothing to recognise.
    """
    if name != STANDARD_INPUT:
        return _read(Path(name), name, as_is=as_is)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as file:
            _copy(sys.stdin.buffer, file)
        try:
            return _read(path, "standard input", as_is=as_is)
        except DataError as error:
            # The reader is not to hear of a file that is gone.
            raise DataError(str(error).replace(str(path), "standard input")) from error


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    shutil.copyfileobj(_Limited(source), target)


class _Limited:
    """A stream that refuses to go on for ever."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.left = stream, MAX_INPUT_BYTES

    def read(self, n_bytes: int = -1) -> bytes:
        content = self.stream.read(n_bytes)
        self.left -= len(content)
        if self.left < 0:
            raise DataError(
                f"standard input: may have {MAX_INPUT_BYTES // 10**6:,} million bytes, "
                "got more; give a file, or less of it"
            )
        return content


def _read(path: Path, source: str, *, as_is: bool) -> Images:
    kind = _kind(path)
    if kind == "idx":
        return Images(source, read_images(path))
    if kind == "csv":
        pixels, labels = read_csv(path)
        return Images(source, pixels, labels=labels)
    picture = read_picture(path)
    try:
        form = Form(_taken_as_it_is(picture), 1) if as_is else find_form(picture)
    except DataError as error:
        raise DataError(f"{source}: {error}") from error
    return Images(
        source,
        form.pixels.reshape(1, N_PIXELS),
        picture=picture,
        n_side_by_side=form.n_side_by_side,
    )


def _kind(path: Path) -> str:
    """Say which reader is meant: the name's ending, and without one, the content."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return "picture"
    if suffix == ".csv":
        return "csv"
    try:
        if not path.is_file():  # reading a pipe might wait for ever
            return "picture"  # whose reader says what is wrong
        with path.open("rb") as file:
            start = file.read(512)
    except OSError:
        return "picture"
    if start.startswith(_IDX_OR_GZIP):
        return "idx"
    netpbm = start.startswith(_NETPBM) and start[2:3].isspace()
    if start.startswith(_PICTURES) or netpbm or b"," not in start:
        return "picture"
    return "csv"


def _taken_as_it_is(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape != (IMAGE_SIDE, IMAGE_SIDE):
        height, width = picture.shape
        raise DataError(
            f"--as-is needs pictures of {IMAGE_SIDE} x {IMAGE_SIDE} pixels, got "
            f"{width} x {height}; leave --as-is out and they are brought to this form"
        )
    return picture
