"""Reader of IDX files, the format of MNIST: a short header, then one byte per value.

An image file starts with four big-endian 32-bit numbers (magic 2051, count, rows,
columns), a label file with two (magic 2049, count). Files may be plain or gzip; the
content decides, not the name, because browsers unpack files and keep the ``.gz``.

It reads images of 28 x 28 and labels 0 to 9 only. The header says how many bytes
follow, and not one byte more is unpacked: a gzip bomb costs nothing.
Format: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from data.errors import DataError
from data.files import reason_of, require_file, unreadable
from data.raw import (
    IMAGE_SIDE,
    MAX_IMAGES,
    N_PIXELS,
    Bytes,
    Labelled,
    Raw,
    as_labels,
    as_pixels,
    labelled,
)

# Two zero bytes; 08: values are unsigned bytes; the number of dimensions.
IMAGES_MAGIC = 0x00000803
LABELS_MAGIC = 0x00000801
_KIND = {IMAGES_MAGIC: "image", LABELS_MAGIC: "label"}
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20

# The four files of a folder, by role; the same files go round with "-idx" and ".idx".
FILE_STEMS = {
    "training images": "train-images{}idx3-ubyte",
    "training labels": "train-labels{}idx1-ubyte",
    "test images": "t10k-images{}idx3-ubyte",
    "test labels": "t10k-labels{}idx1-ubyte",
}


def images_header(n_images: int) -> bytes:
    """Return the 16 bytes that open an image file."""
    return struct.pack(">4I", IMAGES_MAGIC, n_images, IMAGE_SIDE, IMAGE_SIDE)


def labels_header(n_labels: int) -> bytes:
    """Return the 8 bytes that open a label file."""
    return struct.pack(">2I", LABELS_MAGIC, n_labels)


def read_folder(folder: Path) -> Raw:
    """Read the four IDX files of a folder: training set and official test set.

    Of several spellings of one file, the first in this order is taken: plain with
    ``-idx``, gzip with ``-idx``, plain with ``.idx``, gzip with ``.idx``.
    """
    train_images, train_labels, test_images, test_labels = _find_files(folder)
    return Raw(
        train=_read_pair(train_images, train_labels),
        test=_read_pair(test_images, test_labels),
    )


def read_images(path: str | Path) -> Bytes:
    """Read an image file as uint8 of shape (n, 784); needs no labels.

    Raises
    ------
    DataError
        If the file cannot be read, is no image file, has images of another size, is
        shorter or longer than its header declares, or is a damaged gzip.
    """
    header, pixels = _read(Path(path), IMAGES_MAGIC)
    return as_pixels(pixels.reshape(header[0], N_PIXELS), where=str(path))


def read_labels(path: str | Path) -> Bytes:
    """Read a label file as uint8 of shape (n,); errors as for `read_images`."""
    _, labels = _read(Path(path), LABELS_MAGIC)
    return as_labels(labels, where=str(path))


def _find_files(folder: Path) -> list[Path]:
    """Return the four files in the order of `FILE_STEMS`, or name those not there."""
    found, missing = [], []
    for role, stem in FILE_STEMS.items():
        spellings = [stem.format(dot) + end for dot in "-." for end in ("", ".gz")]
        files = [folder / name for name in spellings if (folder / name).is_file()]
        if files:
            found.append(files[0])
        else:
            missing.append(f"the {role} ({spellings[0]})")
    if missing:
        raise DataError(
            f"a data folder needs four IDX files, plain or .gz, but {folder} lacks "
            f"{', '.join(missing)}; add what is missing"
        )
    return found


def _read_pair(images_path: Path, labels_path: Path) -> Labelled:
    return labelled(
        read_images(images_path),
        read_labels(labels_path),
        images_from=str(images_path),
        labels_from=str(labels_path),
    )


def _read(path: Path, magic: int) -> tuple[list[int], Bytes]:
    """Return the dimensions and the bytes that follow them, exactly as declared."""
    with _opened(path) as stream:
        shape = _read_header(stream, path, magic)
        values = np.empty(int(np.prod(shape)), dtype=np.uint8)
        n_read = _fill(values, stream)
        # For gzip this last read also checks the checksum at the end.
        surplus = stream.read(1) if n_read == values.size else b""
    if n_read < values.size:
        raise DataError(
            f"{path}: truncated, its header declares {values.size} bytes and {n_read} "
            "follow; download it again"
        )
    if surplus:
        raise DataError(
            f"{path}: overlong, its header declares {values.size} bytes and more "
            "follow; download it again"
        )
    return shape, values


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain or gzip file; say in a sentence what goes wrong in reading."""
    require_file(path, kind="an IDX file, plain or gzip")
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            if not zipped:
                yield file
                return
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield cast(BinaryIO, unzipped)
    # BadGzipFile is an OSError too, but one that says nothing about the disk.
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: corrupt gzip ({reason_of(error)}); download it again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _read_header(stream: BinaryIO, path: Path, magic: int) -> list[int]:
    """Check magic number, image size and count before any memory is asked for."""
    kind = _KIND[magic]
    header = stream.read(16 if magic == IMAGES_MAGIC else 8)
    if not header:
        raise DataError(f"{path}: is empty; download it again")
    if len(header) >= 4 and (found := struct.unpack(">I", header[:4])[0]) != magic:
        hint = f", which is that of {_KIND[found]} files" if found in _KIND else ""
        raise DataError(
            f"{path}: {kind} files start with the magic number {magic}, "
            f"got {found}{hint}; give the IDX {kind} file"
        )
    if len(header) < (16 if magic == IMAGES_MAGIC else 8):
        raise DataError(
            f"{path}: truncated, it ends after {len(header)} bytes inside its header; "
            "download it again"
        )
    _, count, *size = struct.unpack(f">{len(header) // 4}I", header)
    if size and size != [IMAGE_SIDE, IMAGE_SIDE]:
        raise DataError(
            f"{path}: images must be 28 x 28 pixels, got {size[0]} x {size[1]}; "
            "resize them first"
        )
    if not 1 <= count <= MAX_IMAGES:
        raise DataError(
            f"{path}: the header must declare 1 to {MAX_IMAGES} {kind}s, got {count}; "
            "split a larger file, download a broken one again"
        )
    return [count, *size]


def _fill(values: Bytes, stream: BinaryIO) -> int:
    """Read into `values` (overwritten) until it is full or the stream ends.

    Small pieces, because GzipFile.readinto copies each piece once more.
    """
    view = values.data
    n_read = 0
    while n_read < values.size:
        # Every buffered binary stream has readinto; typing's BinaryIO forgot it.
        piece = view[n_read : n_read + _CHUNK_BYTES]
        n_new = stream.readinto(piece)  # type: ignore[attr-defined]
        if not n_new:
            break
        n_read += n_new
    return n_read
