"""Reader of Parquet files: Hugging Face's columns of pictures, or tables of pixels.

They need pyarrow, which is optional.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from data.errors import DataError
from data.files import reason_of
from data.raw import IMAGE_SIDE, N_PIXELS, Bytes, Part, as_labels, as_pixels
from data.readers.items import Item
from data.readers.roles import split_of
from data.readers.tables import LABEL_NAMES, by_name


def read(item: Item) -> Part | None:
    """Return the images and labels of a Parquet file, None if it holds no images.

    Raises
    ------
    DataError
        If pyarrow is missing, the file damaged, or a picture not 28 x 28.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise DataError(
            f"{item.where}: Parquet files need pyarrow; run `pip install pyarrow`"
        ) from error
    try:
        table = parquet.read_table(io.BytesIO(item.content()))
    except (ArrowException, OSError) as error:
        raise DataError(
            f"{item.where}: is not an intact Parquet file ({reason_of(error)}); "
            "download it again"
        ) from error
    names = list(table.column_names)
    pictures = [
        name for name in names if "binary" in str(table.schema.field(name).type)
    ]
    label: int | None
    if pictures:
        images: Bytes = _pictures(table[pictures[0]].to_pylist(), item)
        rest = [i for i, name in enumerate(names) if name != pictures[0]]
        usual = [i for i in rest if names[i].lower() in LABEL_NAMES]
        label = next(iter(usual or rest), None)
    elif len(names) >= N_PIXELS:
        columns, label, _ = by_name(names, item)
        frame = table.select(columns).to_pandas()
        images = as_pixels(frame.to_numpy(), where=item.where)
    else:
        return None
    labels = None
    if label is not None:
        labels = as_labels(np.array(table[label].to_pylist(), object), where=item.where)
    return Part(
        where=item.where,
        split=split_of(item.name.rsplit("/")[-1]),
        images=images,
        labels=labels,
        label_names=_names_in(table.schema.metadata, label, names),
    )


def _pictures(cells: list[Any], item: Item) -> Bytes:
    """Decode a column of pictures; Hugging Face wraps each in a dictionary."""
    from data.pictures import decode_picture  # needs Pillow

    found = []
    for row, cell in enumerate(cells):
        where = f"{item.where}, row {row + 1}"
        picture = decode_picture(
            cell["bytes"] if isinstance(cell, dict) else cell, where
        )
        if picture.shape != (IMAGE_SIDE, IMAGE_SIDE):
            height, width = picture.shape
            raise DataError(
                f"{where}: images must be 28 x 28, got {width} x {height}; resize them"
            )
        found.append(picture.reshape(-1))
    return np.stack(found)


def _names_in(
    metadata: dict[bytes, bytes] | None, label: int | None, columns: list[str]
) -> dict[int, str] | None:
    """Return the class names that Hugging Face keeps beside the schema."""
    if label is None or not metadata or b"huggingface" not in metadata:
        return None
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return dict(enumerate(map(str, features[columns[label]]["names"])))
    except (ValueError, KeyError, TypeError):  # another edition of its format
        return None
