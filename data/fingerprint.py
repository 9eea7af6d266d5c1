"""One hash for one body of data, the same in every file format.

How it is computed: each array is taken as the uncompressed IDX file it would be
(header and bytes); its SHA-256 is written in hexadecimal with a newline; the
SHA-256 of those lines is the fingerprint. The order is training images, training
labels, those of an official validation set, test images, test labels; a single table
has the first two only. Labels are the source's numbers, or class indices where it has
text. For a folder
of IDX files a shell gives the same answer::

    for f in train-images-idx3-ubyte train-labels-idx1-ubyte \\
             t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
        zcat $f.gz | sha256sum | cut -c1-64
    done | sha256sum

It identifies content; it is no defence against somebody who means harm.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np

from data.raw import IMAGE_SIDE, Bytes, Raw

# Two zero bytes, the code of unsigned bytes, the number of dimensions.
_IMAGES_MAGIC, _LABELS_MAGIC = 0x00000803, 0x00000801


def digests(raw: Raw) -> list[str]:
    """Return the SHA-256 of each array in IDX form: images, labels, per part."""
    numbers = np.array(raw.numbers)
    if numbers.max() > np.iinfo(np.uint8).max:
        numbers = np.arange(len(numbers))
    found = []
    for part in raw.parts:
        n = len(part.images)
        labels = numbers.astype(np.uint8)[part.labels]
        images_header = struct.pack(">4I", _IMAGES_MAGIC, n, IMAGE_SIDE, IMAGE_SIDE)
        found.append(_digest(images_header, part.images))
        found.append(_digest(struct.pack(">2I", _LABELS_MAGIC, n), labels))
    return found


def combined(file_digests: list[str]) -> str:
    """Return the SHA-256 of the digests, one a line."""
    lines = "".join(f"{digest}\n" for digest in file_digests)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


def _digest(header: bytes, content: Bytes) -> str:
    sha256 = hashlib.sha256(header)
    sha256.update(content.data)
    return sha256.hexdigest()
