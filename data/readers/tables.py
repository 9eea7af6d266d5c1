"""Reader of CSV tables, one image a row.

A CSV file may have a line of names or none, its labels in any column, and any usual
separator. Pixels are found by their names: `pixel0`, `pixel1` and on, `1x1` to `28x28`,
or any other word with consecutive numbers; without names by their places. What is left
over is the label.

Parquet files are those of Hugging Face, with a column of PNG or JPEG pictures, or
tables of pixels. They need pyarrow, which is optional.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.files import reason_of
from data.raw import (
    IMAGE_SIDE,
    MAX_CLASSES,
    N_PIXELS,
    Part,
    as_labels,
    as_pixels,
    bad_pixel,
)
from data.readers.items import Item
from data.readers.roles import split_of

if TYPE_CHECKING:
    import pandas as pd

# Ten thousand rows of whole numbers are 63 MB until they are bytes.
_CHUNK_ROWS = 10_000
_SEPARATORS = (",", ";", "\t", "|", " ")
LABEL_NAMES = ("label", "labels", "class", "classes", "target", "y", "digit", "letter")
_LABEL_WORDS = ("character", "category", "class_id", "label_id", "fine_label")
_COUNTERS = ("", "id", "index", "imageid", "image_id", "row")


def read_csv(item: Item) -> Part | None:
    """Return the images and labels of a CSV file, None if it holds no 784 pixels.

    Raises
    ------
    DataError
        If it is no text, a row is too long, a cell is no pixel, or it cannot be said
        which column is the label.
    """
    content = item.content()
    names, separator = _first_line(content, item)
    has_names = not all(_is_number(name) for name in names[1:-1])
    if len(names) < N_PIXELS:
        return None
    columns = by_name(names, item) if has_names else None
    cells, others = _cells(content, item, separator, has_names, columns, len(names))
    if columns is None:
        pixels, labels, note = _by_place(cells, others, item)
    else:
        label, note = columns[1], columns[2]
        pixels, labels = cells, None if label is None else others[label]
    return Part(
        where=item.where,
        split=split_of(item.name.rsplit("/")[-1]),
        images=as_pixels(pixels, where=item.where),
        labels=None if labels is None else as_labels(labels, where=item.where),
        notes=(f"{item.where}: {note}",) if note else (),
    )


def _first_line(content: bytes, item: Item) -> tuple[list[str], str]:
    """Return the cells of the first line and the separator they have."""
    line = content[:100_000].split(b"\n", 1)[0].strip(b"\r")
    try:
        # utf-8-sig: spreadsheet programs open a file with a byte-order mark.
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{item.where}: is not a text file (byte {error.start} is not UTF-8); "
            "export it again as CSV"
        ) from error
    separator = max(_SEPARATORS, key=text.count)
    cells = [cell.strip().strip("\"'") for cell in text.split(separator)]
    return cells, separator


def by_name(names: list[str], item: Item) -> tuple[list[int], int | None, str | None]:
    """Return the pixel columns in order, the label's column, and what to say of it."""
    pixels = _numbered(names)
    rest = [i for i in range(len(names)) if i not in set(pixels)]
    usual = [i for i in rest if names[i].lower() in (*LABEL_NAMES, *_LABEL_WORDS)]
    if len(pixels) != N_PIXELS and len(usual) == 1 and len(names) == N_PIXELS + 1:
        # Names of another kind: whatever is not the label is a pixel, in its place.
        return [i for i in range(len(names)) if i != usual[0]], usual[0], None
    if len(pixels) != N_PIXELS:
        raise DataError(
            f"{item.where}: a row must have {N_PIXELS} pixels, but of its {len(names)} "
            f"columns {len(pixels)} are numbered pixels (from {names[pixels[0]]!r}), "
            f"beside {_shown(names, rest) or 'nothing else'}; images must be 28 x 28"
        )
    unknown = [i for i in rest if names[i].lower() not in _COUNTERS]
    unknown = [i for i in unknown if not names[i].lower().startswith("unnamed")]
    candidates = usual or unknown
    if len(candidates) > 1:
        raise DataError(
            f"{item.where}: which column is the label? There are {_shown(names, rest)} "
            "beside the pixels; call the right one 'label'"
        )
    if not candidates:
        return pixels, None, None
    note = None if usual else f"column {names[candidates[0]]!r} is taken for the label"
    return pixels, candidates[0], note


def _shown(names: Sequence[str], columns: Sequence[int]) -> str:
    shown = ", ".join(repr(names[i]) for i in columns[:4])
    return shown + (f" and {len(columns) - 4} more" if len(columns) > 4 else "")


def _numbered(names: list[str]) -> list[int]:
    """Return the columns called r x c, or one word with consecutive numbers, in order.

    Of several words, the one with most columns.
    """
    grid = {
        f"{r + 1}x{c + 1}": IMAGE_SIDE * r + c for r in range(28) for c in range(28)
    }
    words: dict[str, dict[int, int]] = {}
    for column, name in enumerate(names):
        if name in grid:
            words.setdefault("x", {})[grid[name]] = column
        elif match := re.fullmatch(r"(\D*?)(\d{1,4})", name):
            words.setdefault(match[1], {})[int(match[2])] = column
    best = max(words.values(), key=len, default={})
    return [best[number] for number in sorted(best)]


def _cells(
    content: bytes,
    item: Item,
    separator: str,
    has_names: bool,
    columns: tuple[list[int], int | None, str | None] | None,
    n_columns: int,
) -> tuple[NDArray[Any], dict[int, NDArray[Any]]]:
    """Return the pixels as numbers, and every other column as it stands.

    Without names, whose places are yet to be found, "pixels" are all but the first and
    the last column.
    """
    import pandas as pd

    pixels = columns[0] if columns else list(range(1, n_columns - 1))
    others = sorted(set(range(n_columns)) - set(pixels))
    kept: list[NDArray[Any]] = []
    rest: dict[int, list[Any]] = {column: [] for column in others}
    try:
        reader = pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            header=None,
            skiprows=1 if has_names else 0,
            names=range(n_columns),
            index_col=False,
            chunksize=_CHUNK_ROWS,
            encoding="utf-8-sig",
            low_memory=False,
        )
        with reader, warnings.catch_warnings():
            # Cells beyond the last name would be dropped with a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            for chunk in filter(len, reader):
                kept.append(_as_numbers(chunk, pixels, len(kept), item))
                for column in others:
                    rest[column].extend(chunk[column].tolist())
    except (ValueError, pd.errors.ParserWarning) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{item.where}: is not a table of {n_columns} columns "
            f"({reason_of(error)}); export it again as CSV"
        ) from error
    if not kept:
        raise DataError(f"{item.where}: holds no images below its header; add rows")
    return np.concatenate(kept), {c: np.array(v, object) for c, v in rest.items()}


def _as_numbers(
    chunk: pd.DataFrame, pixels: list[int], n_before: int, item: Item
) -> NDArray[Any]:
    """Return these columns as bytes, or as float32 where they are no whole numbers."""
    found = chunk[pixels]
    bad = [column for column in pixels if found[column].dtype.kind not in "iuf"]
    if bad:
        cells = found[bad[0]]
        row = int(np.argmax([not _is_number(str(cell)) for cell in cells]))
        raise bad_pixel(
            item.where, n_before * _CHUNK_ROWS + row, f"the text {cells.iloc[row]!r}"
        )
    numbers = found.to_numpy()
    if np.isnan(numbers).any():
        row = int(np.argmax(np.isnan(numbers).any(axis=1)))
        raise bad_pixel(item.where, n_before * _CHUNK_ROWS + row, "an empty cell")
    with np.errstate(invalid="ignore"):
        whole = numbers.astype(np.uint8)
    return whole if (whole == numbers).all() else numbers.astype(np.float32)


def _by_place(
    inner: NDArray[Any], others: dict[int, NDArray[Any]], item: Item
) -> tuple[NDArray[Any], NDArray[Any] | None, str | None]:
    """Return pixels and labels of a table without names, and what to say of it.

    MNIST has its labels first. The last column is taken if it varies and the first
    does not look like a label.
    """
    first, last = others[0], others[inner.shape[1] + 1]
    if inner.shape[1] == N_PIXELS - 2:
        return _joined(first, inner, last, item), None, None
    if inner.shape[1] != N_PIXELS - 1:
        raise DataError(
            f"{item.where}: a row without names must have {N_PIXELS} pixels and a "
            f"label, got {inner.shape[1] + 2} numbers; images must be 28 x 28"
        )
    labels_last = not _like_labels(first) and _like_labels(last)
    note = f"no line of names; the {'last' if labels_last else 'first'} column is taken"
    if labels_last:
        return _joined(first, inner, None, item), last, f"{note} for the label"
    return _joined(None, inner, last, item), first, f"{note} for the label"


def _like_labels(values: NDArray[Any]) -> bool:
    return 2 <= len({str(value) for value in values}) <= MAX_CLASSES


def _joined(
    first: NDArray[Any] | None,
    inner: NDArray[Any],
    last: NDArray[Any] | None,
    item: Item,
) -> NDArray[Any]:
    """Put the columns at the edge back to the pixels between them."""
    columns = [inner]
    for place, values in ((0, first), (len(columns), last)):
        if values is not None:
            try:
                numbers = values.astype(np.float64)
            except ValueError:
                row = int(np.argmax([not _is_number(str(v)) for v in values]))
                found = f"the text {values[row]!r}"
                raise bad_pixel(item.where, row, found) from None
            column = numbers.astype(np.float32)[:, None]
            whole = column.astype(np.uint8) if _is_bytes(numbers) else column
            columns.insert(place if place == 0 else len(columns), whole)
    return np.concatenate(columns, axis=1)


def _is_bytes(numbers: NDArray[np.float64]) -> bool:
    return bool(((numbers >= 0) & (numbers <= 255) & (numbers % 1 == 0)).all())


def _is_number(cell: str) -> bool:
    """Say whether it is a number in writing, where Python reads 1_0 as 10."""
    if "_" in cell:
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
