"""Reader of CSV tables, one image a line: Kaggle's digit-recognizer and its cousins.

The first line names the columns: `label` and 784 pixels, or the pixels alone for
images to be predicted (Kaggle's test.csv). Pixels are named pixel0 ... pixel783
(digit-recognizer), pixel1 ... pixel784 (Fashion-MNIST) or 1x1 ... 28x28 (MNIST in
CSV). The columns may stand in any order; names decide.

It guesses nothing: a cell that is no whole number in range is an error that names
its row and column, and never a missing value, a zero or a category.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.files import require_file, unreadable
from data.raw import IMAGE_SIDE, N_CLASSES, N_PIXELS, Bytes, Labelled, Raw, not_a_byte

LABEL = "label"
_SIDE = range(1, IMAGE_SIDE + 1)
PIXEL_NAMES = (
    tuple(f"pixel{i}" for i in range(N_PIXELS)),
    tuple(f"pixel{i}" for i in range(1, N_PIXELS + 1)),
    tuple(f"{row}x{column}" for row in _SIDE for column in _SIDE),
)

# What stands where commas should: spreadsheets write semicolons in some languages.
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


def read_table(path: str | Path) -> Raw:
    """Read a CSV file with labels: one table, no official test set."""
    images, labels = read_csv(path)
    if labels is None:
        raise DataError(
            f"{path}: training needs a column named {LABEL!r}, and there is none; "
            "give the CSV with labels (Kaggle's train.csv)"
        )
    return Raw(train=Labelled(images, labels))


def read_csv(path: str | Path) -> tuple[Bytes, Bytes | None]:
    """Read a CSV file as images, uint8 (n, 784), and labels, uint8 (n,) or None.

    Raises
    ------
    DataError
        If the file cannot be read or is no text, its separator is no comma, a column
        is missing, unknown or there twice, there are no rows, or a cell is no whole
        number from 0 to 255 (label: 0 to 9).
    """
    path = Path(path)
    require_file(path, kind="a CSV file")
    try:
        # utf-8-sig: spreadsheet programs open a file with a byte-order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = _read_names(file, path)
            pixel_columns = _check_names(names, path)
            cells = _read_cells(file, names, path)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: is not a text file (byte {error.start} is not UTF-8); "
            "export it again as CSV"
        ) from error
    except csv.Error as error:
        raise DataError(
            f"{path}: is not a CSV file ({error}); export it again as CSV"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    images = np.ascontiguousarray(cells[:, pixel_columns])
    if LABEL not in names:
        return images, None
    return images, cells[:, names.index(LABEL)].copy()


def _read_names(file: TextIO, path: Path) -> list[str]:
    first_line = file.readline()
    if not first_line.strip():
        raise DataError(
            f"{path}: the first line must name the columns, and it is empty; "
            "download the file again"
        )
    names = [name.strip() for name in next(csv.reader([first_line]))]
    other = max(OTHER_SEPARATORS, key=first_line.strip().count)
    if len(names) == 1 and other in first_line.strip():
        raise DataError(
            f"{path}: the separator must be a comma, but the first line has "
            f"{OTHER_SEPARATORS[other]} and no comma; export it again with commas"
        )
    return names


def _check_names(names: list[str], path: Path) -> list[int]:
    """Return the columns of the 784 pixels in their order, or say what is wrong."""
    rule = f"{path}: the columns must be {LABEL} and pixel0 to pixel783"
    if all(_is_number(name) for name in names):
        raise DataError(
            f"{rule}, but the first line holds numbers; put a line of column names "
            "on top"
        )
    where = {name: column for column, name in enumerate(names)}
    if len(where) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{rule}, each once, but {twice!r} is there twice; drop one")
    # The naming the file comes closest to; the first of them if it resembles none.
    expected = max(PIXEL_NAMES, key=lambda pixels: len(where.keys() & set(pixels)))
    missing = [name for name in expected if name not in where]
    if missing:
        raise DataError(
            f"{rule}, but {len(missing)} of {N_PIXELS} pixels are missing, the first "
            f"is {missing[0]!r}; export all pixels of 28 x 28 images"
        )
    unknown = [name for name in names if name not in {LABEL, *expected}]
    if unknown:
        raise DataError(f"{rule}, but there is also {unknown[0]!r}; drop that column")
    return [where[name] for name in expected]


def _read_cells(file: TextIO, names: list[str], path: Path) -> Bytes:
    """Return all cells below the header as uint8, shape (rows, columns)."""
    below_header = file.tell()
    cells = _parse_fast(file)
    if cells is None or cells.shape[1] != len(names) or _label_too_high(cells, names):
        file.seek(below_header)
        cells = _parse_strictly(csv.reader(file), names, path)
    if len(cells) == 0:
        raise DataError(f"{path}: holds no images below its header; add rows")
    return cells


def _parse_fast(file: TextIO) -> Bytes | None:
    """Parse the whole table in C; None if any cell or any row is not as it should be.

    It only accepts plain whole numbers from 0 to 255, so nothing wrong gets through.
    """
    with warnings.catch_warnings():
        # "No data" is a warning; _read_cells says it better.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return np.loadtxt(
                file,
                delimiter=",",
                dtype=np.uint8,
                comments=None,
                quotechar='"',
                ndmin=2,
            )
        except UnicodeDecodeError:
            raise
        except ValueError:
            return None


def _label_too_high(cells: Bytes, names: list[str]) -> bool:
    return LABEL in names and bool((cells[:, names.index(LABEL)] >= N_CLASSES).any())


def _parse_strictly(rows: Iterable[list[str]], names: list[str], path: Path) -> Bytes:
    """Parse row by row, a hundred times slower, and name the first bad cell.

    Numbers such as 12.0 pass, for programs that write whole numbers that way.
    """
    highest = np.array([N_CLASSES - 1 if name == LABEL else 255 for name in names])
    parsed = []
    for n_row, row in enumerate(filter(None, rows), start=1):
        if len(row) != len(names):
            raise DataError(
                f"{path}, row {n_row}: every row must have {len(names)} cells like "
                f"the header, got {len(row)}; repair or drop that row"
            )
        values = _as_floats(row)
        # NaN fails the comparisons, so it counts as bad.
        good = (values >= 0) & (values <= highest) & (np.floor(values) == values)
        if not good.all():
            column = int(np.argmin(good))
            raise DataError(_bad_cell(path, n_row, names[column], row[column]))
        parsed.append(values.astype(np.uint8))
    if not parsed:
        return np.empty((0, len(names)), dtype=np.uint8)
    return np.stack(parsed)


def _as_floats(row: list[str]) -> NDArray[np.float64]:
    """Return the row's numbers, NaN for whatever is none."""
    # NumPy drops a NUL at a cell's end, and like Python reads 1_0 as 10.
    whole = "".join(row)
    if whole.isascii() and "_" not in whole and "\0" not in whole:
        with suppress(ValueError):
            return np.array(row).astype(np.float64)
    return np.array([float(c) if _is_number(c) else np.nan for c in row])


def _bad_cell(path: Path, n_row: int, name: str, cell: str) -> str:
    what, highest = ("a label", N_CLASSES - 1) if name == LABEL else ("a pixel", 255)
    if not cell.strip():
        found = "an empty cell"
    else:
        found = cell.strip() if _is_number(cell) else f"the text {cell.strip()[:20]!r}"
    return not_a_byte(f"{path}, row {n_row}, column {name}", what, found, highest)


def _is_number(cell: str) -> bool:
    """Say whether it is a number in writing, where Python reads 1_0 as 10."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.isascii()
