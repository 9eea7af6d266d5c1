"""CSV tables: Kaggle's layout and its cousins, and every kind of bad cell."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from data.tables import read_csv
from tests.data.handmade import refused

KAGGLE = ["label", *(f"pixel{i}" for i in range(784))]


def rows_of_cells(n: int) -> list[list[str]]:
    """Row i has label i % 10 and all pixels i."""
    return [[str(i % 10), *[str(i)] * 784] for i in range(n)]


def saved(folder: Path, names: list[str], rows: list[list[str]]) -> Path:
    path = folder / "train.csv"
    lines = [",".join(cells) for cells in (names, *rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_kaggle_train(tmp_path: Path) -> None:
    rows = rows_of_cells(3)
    rows[1][1 + 30] = "255"
    images, labels = read_csv(saved(tmp_path, KAGGLE, rows))
    assert labels is not None
    assert labels.tolist() == [0, 1, 2]
    assert images.shape == (3, 784)
    assert images.dtype == np.uint8
    assert images.flags.c_contiguous
    assert images[1, 30] == 255
    assert images[2].tolist() == [2] * 784


def test_kaggle_test_has_no_labels(tmp_path: Path) -> None:
    path = saved(tmp_path, KAGGLE[1:], [row[1:] for row in rows_of_cells(2)])
    images, labels = read_csv(str(path))
    assert labels is None
    assert images[1].tolist() == [1] * 784
    with refused("needs a column named 'label'"):
        data.load(path)


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel{i + 1}" for i in range(784)],
        [f"{i // 28 + 1}x{i % 28 + 1}" for i in range(784)],
    ],
    ids=["from-one", "row-x-column"],
)
def test_other_usual_names(tmp_path: Path, names: list[str]) -> None:
    row = ["4", *(str(i % 256) for i in range(784))]
    images, _ = read_csv(saved(tmp_path, ["label", *names], [row]))
    assert images[0].tolist() == [i % 256 for i in range(784)]


def test_names_decide_and_not_places(tmp_path: Path) -> None:
    row = ["4", *(str(i % 256) for i in range(784))]
    path = saved(tmp_path, KAGGLE[::-1], [row[::-1]])
    images, labels = read_csv(path)
    assert labels is not None
    assert labels.tolist() == [4]
    assert images[0].tolist() == [i % 256 for i in range(784)]


def test_what_spreadsheets_write(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    lines = [",".join(f'"{cell}"' for cell in row) for row in [KAGGLE, ["3"] * 785]]
    path.write_text("\r\n".join([*lines, "", ""]), encoding="utf-8-sig")
    images, labels = read_csv(path)
    assert images.tolist() == [[3] * 784]
    assert labels is not None
    assert labels.tolist() == [3]


def test_whole_numbers_written_as_floats(tmp_path: Path) -> None:
    rows = [[f"{cell}.0" for cell in row] for row in rows_of_cells(3)]
    images, labels = read_csv(saved(tmp_path, KAGGLE, rows))
    assert images[2].tolist() == [2] * 784
    assert labels is not None
    assert labels.tolist() == [0, 1, 2]


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 8), seed=st.integers(0, 2**32))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, n: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels, labels = rng.integers(0, 256, (n, 784)), rng.integers(0, 10, n)
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(KAGGLE)
        writer.writerows(np.column_stack([labels, pixels]).tolist())
    read_pixels, read_labels = read_csv(path)
    np.testing.assert_array_equal(read_pixels, pixels)
    np.testing.assert_array_equal(read_labels, labels)


class TestBadCells:
    @pytest.mark.parametrize(
        ("cell", "found"),
        [
            ("", "an empty cell"),
            ("  ", "an empty cell"),
            ("abc", "the text 'abc'"),
            ("True", "the text 'True'"),
            ("nan", "nan"),
            ("inf", "inf"),
            ("256", "256"),
            ("-1", "-1"),
            ("99999999999999999999", "99999999999999999999"),
            ("0.5", "0.5"),
            ("1_0", "the text '1_0'"),
            ("1_0.0", "the text '1_0.0'"),
            ("3\0", r"the text '3\x00'"),
            ("\u0663", "the text '\u0663'"),
            ("0x10", "the text '0x10'"),
        ],
    )
    def test_pixel(self, tmp_path: Path, cell: str, found: str) -> None:
        rows = rows_of_cells(30)
        rows[16][1 + 400] = cell
        with refused("row 17, column pixel400: a pixel must", f"got {found};"):
            data.load(saved(tmp_path, KAGGLE, rows))

    @pytest.mark.parametrize(
        ("cell", "found"),
        [
            ("10", "10"),
            ("-1", "-1"),
            ("3.5", "3.5"),
            ("", "an empty"),
            ("seven", "the text"),
            ("0_1", "the text '0_1'"),
            ("3\0", r"the text '3\x00'"),
        ],
    )
    def test_label(self, tmp_path: Path, cell: str, found: str) -> None:
        rows = rows_of_cells(30)
        rows[4][0] = cell
        with refused("row 5, column label: a label must", "0 to 9", f"got {found}"):
            data.load(saved(tmp_path, KAGGLE, rows))

    @pytest.mark.parametrize("n_cells", [784, 786, 1])
    @pytest.mark.parametrize("n_row", [1, 12])
    def test_ragged_row(self, tmp_path: Path, n_row: int, n_cells: int) -> None:
        rows = rows_of_cells(30)
        rows[n_row - 1] = ["1"] * n_cells
        with refused(f"row {n_row}: every row must have 785 cells", f"got {n_cells}"):
            data.load(saved(tmp_path, KAGGLE, rows))

    def test_every_row_too_long(self, tmp_path: Path) -> None:
        rows = [[*row, "0"] for row in rows_of_cells(30)]
        with refused("row 1: every row must have 785 cells", "got 786"):
            data.load(saved(tmp_path, KAGGLE, rows))


class TestBadFiles:
    def test_missing(self, tmp_path: Path) -> None:
        with refused("train.csv: no such file"):
            data.load(tmp_path / "train.csv")

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "train.csv").touch()
        with refused("first line must name the columns, and it is empty"):
            data.load(tmp_path / "train.csv")

    def test_header_only(self, tmp_path: Path) -> None:
        with refused("holds no images"):
            data.load(saved(tmp_path, KAGGLE, []))

    def test_no_header(self, tmp_path: Path) -> None:
        rows = rows_of_cells(20)
        with refused("the first line holds numbers"):
            data.load(saved(tmp_path, rows[0], rows[1:]))

    @pytest.mark.parametrize(
        ("separator", "found"),
        [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (" ", "spaces")],
    )
    @pytest.mark.parametrize("names", [KAGGLE, KAGGLE[1:], ["5"] * 785])
    def test_another_separator(
        self, tmp_path: Path, names: list[str], separator: str, found: str
    ) -> None:
        path = tmp_path / "train.csv"
        path.write_text(f"{separator.join(names)}\n{separator.join(['1'] * 785)}\n")
        with refused("separator must be a comma", f"has {found} and no comma"):
            data.load(path)

    def test_missing_columns(self, tmp_path: Path) -> None:
        names = [n for n in KAGGLE if n not in {"pixel17", "pixel500"}]
        with refused("2 of 784 pixels are missing, the first is 'pixel17'"):
            data.load(saved(tmp_path, names, [["0"] * 783]))

    def test_unknown_column(self, tmp_path: Path) -> None:
        with refused("there is also 'id'; drop that column"):
            data.load(saved(tmp_path, [*KAGGLE, "id"], [["0"] * 786]))

    def test_column_there_twice(self, tmp_path: Path) -> None:
        names = [*KAGGLE[:-1], "pixel3"]
        with refused("'pixel3' is there twice"):
            data.load(saved(tmp_path, names, rows_of_cells(20)))

    def test_folder(self, tmp_path: Path) -> None:
        (tmp_path / "train.csv").mkdir()
        with refused("train.csv lacks the training images"):
            data.load(tmp_path / "train.csv")
        with refused("is not an ordinary file"):
            read_csv(tmp_path / "train.csv")

    @pytest.mark.parametrize("place", ["header", "row"])
    def test_binary(self, tmp_path: Path, place: str) -> None:
        path = saved(tmp_path, KAGGLE, rows_of_cells(3))
        junk = b"\xff\xfe\x00,\n"
        before, behind = (junk, b"") if place == "header" else (b"", junk)
        path.write_bytes(before + path.read_bytes() + behind)
        with refused("is not a text file"):
            data.load(path)

    def test_a_cell_without_end(self, tmp_path: Path) -> None:
        (tmp_path / "train.csv").write_text("a" * 200_000)
        with refused("is not a CSV file"):
            data.load(tmp_path / "train.csv")
