"""Files written byte by byte, without the package under test, to read back with it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data import DataError

Bytes = NDArray[np.uint8]

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


@contextmanager
def refused(*parts: str) -> Iterator[None]:
    """Expect a DataError of one line that contains every part, in this order."""
    with pytest.raises(DataError) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    assert re.search(".*".join(map(re.escape, parts)), message), message


def complaint(action: Callable[[], object]) -> str | None:
    """Return what the DataError says that `action` may raise, or None."""
    try:
        action()
    except DataError as error:
        return str(error)
    return None


def image_file(n: int, *, fill: bytes | None = None, side: int = 28) -> bytes:
    """Return an image file whose image i is filled with the value i % 256."""
    content = fill
    if content is None:
        content = b"".join(bytes([i % 256]) * (side * side) for i in range(n))
    return struct.pack(">IIII", 2051, n, side, side) + content


def label_file(labels: list[int]) -> bytes:
    """Return a label file."""
    return struct.pack(">II", 2049, len(labels)) + bytes(labels)


def write_folder(folder: Path, *, n_train: int = 200, n_test: int = 30) -> Path:
    """Write a folder of four plain IDX files; image i has label i % 10."""
    folder.mkdir(exist_ok=True)
    for n, images, labels in (
        (n_train, TRAIN_IMAGES, TRAIN_LABELS),
        (n_test, TEST_IMAGES, TEST_LABELS),
    ):
        (folder / images).write_bytes(image_file(n))
        (folder / labels).write_bytes(label_file([i % 10 for i in range(n)]))
    return folder


def arrays(n: int) -> tuple[Bytes, Bytes]:
    """Return n images, shape (n, 28, 28), and labels, equal to those of the files."""
    values = np.arange(n, dtype=np.uint8)
    return np.tile(values[:, None, None], (1, 28, 28)), values % 10
