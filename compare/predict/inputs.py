"""What is to be recognised: from names on the command line to images of 28 x 28.

Pictures are brought to MNIST's form, each of their digits for itself; data sets have it
already and are taken as they are. It asks no network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import DataError, sources
from data.classes import indexed
from data.digits import Box, Digit, find_digits
from data.pictures import KINDS, decode_picture
from data.raw import IMAGE_SIDE, N_PIXELS, Part
from data.readers import parts
from data.readers.items import Item, list_items
from data.readers.roles import kind_of, split_of

STANDARD_INPUT = "-"
MAX_INPUT_BYTES = 1_000_000_000
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"BM")
_NETPBM = tuple(b"P%d" % kind for kind in range(1, 7))


@dataclass(frozen=True, eq=False, kw_only=True)
class Images:
    """The images of one file.

    Attributes
    ----------
    source : str
        The file, as it was named.
    pixels : ndarray of shape (n, 784), uint8
        What the network is shown, before scaling.
    picture : ndarray of shape (height, width), uint8, or None
        The picture in grey as it was found; None for images of a data set.
    boxes : list of (left, top, width, height)
        Where each digit stands in the picture.
    lines : list of int
        The line of each digit, from 0.
    labels : list of str or None
        What the source says they are, by name.
    """

    source: str
    pixels: NDArray[np.uint8]
    picture: NDArray[np.uint8] | None = None
    boxes: list[Box] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    labels: list[str] | None = None


def read_all(
    names: Sequence[str], *, as_is: bool = False
) -> Iterator[Images | DataError]:
    """Read each file; of a folder or archive its pictures, by name, or its data set.

    What cannot be read comes as the error that says why, and the rest goes on.
    """
    for name in names:
        try:
            if not name:
                raise DataError("a name must not be empty; name a picture or a file")
            if name == STANDARD_INPUT:
                yield from _standard_input(as_is)
            else:
                yield from _read(name, as_is)
        except DataError as error:
            yield error


def _read(name: str, as_is: bool) -> Iterator[Images | DataError]:
    path = Path(name)
    exists = path.exists()
    items = list_items(path) if exists else []
    pictures = [item for item in items if _is_picture(item, alone=len(items) == 1)]
    if pictures and len(pictures) >= len(items) - len(pictures):
        labelled = len({item.folders[-1] for item in pictures if item.folders}) > 1
        for item in pictures:
            try:
                yield _of_picture(item, as_is, labelled)
            except DataError as error:
                yield error
        return
    try:
        found = sources.read_parts(name)
    except DataError as error:
        if len(items) != 1 or kind_of(items[0]):
            raise
        raise DataError(
            f"{name}: is no picture that is read here ({KINDS}), and no data set; save "
            "it as PNG or JPEG, which every program for pictures can"
        ) from error
    for part in found:
        yield _of_part(part, name)


def _is_picture(item: Item, *, alone: bool) -> bool:
    if kind_of(item) or not alone:
        return kind_of(item) == "picture"
    start = item.content()[:4]  # a name that says nothing
    netpbm = start.startswith(_NETPBM) and start[2:3].isspace()
    return start.startswith(_PICTURES) or netpbm


def _of_picture(item: Item, as_is: bool, labelled: bool = False) -> Images:
    picture = decode_picture(item.content(), item.where)
    try:
        whole = (0, 0, picture.shape[1], picture.shape[0])
        found = (
            [Digit(_taken_as_it_is(picture), whole, 0)]
            if as_is
            else find_digits(picture)
        )
    except DataError as error:
        raise DataError(f"{item.where}: {error}") from error
    has_class = labelled and item.folders and not split_of(item.folders[-1])
    return Images(
        source=item.where,
        pixels=np.stack([digit.pixels.reshape(N_PIXELS) for digit in found]),
        picture=picture,
        boxes=[digit.box for digit in found],
        lines=[digit.line for digit in found],
        labels=[item.folders[-1]] if has_class and len(found) == 1 else None,
    )


def _of_part(part: Part, name: str) -> Images:
    assert_images = part.images
    if assert_images is None:
        raise DataError(f"{part.where}: holds no images")
    labels = None
    if part.labels is not None:
        (index,), names, _ = indexed(
            [part.labels], names=part.label_names, called=part.where, where=part.where
        )
        labels = [names[k] for k in index]
    return Images(source=name, pixels=assert_images, labels=labels)


def _standard_input(as_is: bool) -> Iterator[Images]:
    content = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(content) > MAX_INPUT_BYTES:
        raise DataError(
            f"standard input: may have {MAX_INPUT_BYTES // 10**6:,} million bytes, "
            "got more; give a file, or less of it"
        )
    item = Item("standard input", "standard input", lambda: content)
    if _is_picture(item, alone=True):
        yield _of_picture(item, as_is)
        return
    for part in parts.read_items([item], where="standard input"):
        if part.images is not None:
            yield _of_part(part, "standard input")


def _taken_as_it_is(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape != (IMAGE_SIDE, IMAGE_SIDE):
        height, width = picture.shape
        raise DataError(
            f"--as-is needs pictures of {IMAGE_SIDE} x {IMAGE_SIDE} pixels, got "
            f"{width} x {height}; leave --as-is out and they are brought to this form"
        )
    return picture
