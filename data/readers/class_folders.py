"""Reader of pictures in one folder per class, with train and test above, or without.

The folders are the labels. Pictures of 28 x 28 are taken as they are, dark ink on white
paper made light on black; larger ones are brought into MNIST's form, as `predict` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.errors import DataError
from data.mnist_form import to_mnist_form
from data.pictures import decode_picture
from data.raw import IMAGE_SIDE, Bytes, Part, as_labels
from data.readers.items import Item
from data.readers.roles import split_of


def read(items: Sequence[Item]) -> list[Part]:
    """Return one part for each of train, val and test, or one with neither.

    Raises
    ------
    DataError
        If a picture cannot be read, or nothing stands out in it.
    """
    by_split: dict[str, list[Item]] = {}
    for item in items:
        above = (split_of(folder) for folder in reversed(item.folders[:-1]))
        by_split.setdefault(next(filter(None, above), ""), []).append(item)
    return [_part(split, inside) for split, inside in by_split.items()]


def _part(split: str, items: list[Item]) -> Part:
    labels = np.array([item.folders[-1] for item in items])
    images, n_formed = [], 0
    for item in items:
        picture = decode_picture(item.content(), item.where)
        if picture.shape == (IMAGE_SIDE, IMAGE_SIDE):
            images.append(picture)
            continue
        try:
            images.append(to_mnist_form(picture))
        except DataError as error:
            raise DataError(f"{item.where}: {error}") from error
        n_formed += 1
    where = f"{items[0].where} and its like"
    pixels, notes = np.stack(images), []
    if n_formed:
        notes.append(
            f"{n_formed:,} pictures that were not 28 x 28 were brought into MNIST's "
            "form: cropped, scaled and centred"
        )
    if _on_white(pixels):
        pixels = 255 - pixels
        notes.append("dark ink on white paper was made light on black")
    return Part(
        where=where,
        split=split,
        images=pixels.reshape(len(pixels), -1),
        labels=as_labels(labels, where=where),
        notes=tuple(notes),
    )


def _on_white(pixels: Bytes) -> bool:
    """Say whether most pictures have a light edge."""
    edges = (pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1])
    return bool(np.median(np.concatenate(edges, axis=1).mean(axis=1)) > 127.5)
