"""CSV and Parquet: with names or without, the label anywhere, and every bad cell."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

import data
from data import sources
from tests.data.handmade import arrays, refused

KAGGLE = ["label", *(f"pixel{i}" for i in range(784))]
NUMBERS = [str(i % 256) for i in range(784)]


def rows_of_cells(n: int) -> list[list[str]]:
    """Row i has label i % 10 and the pixels 0, 1, 2 … plus i in the middle."""
    rows = [[str(i % 10), *NUMBERS] for i in range(n)]
    for i, row in enumerate(rows):
        row[1 + 400] = str(i % 256)
    return rows


def saved(
    path: Path, rows: list[list[str]], names: list[str] | None = None, sep: str = ","
) -> Path:
    lines = [sep.join(cells) for cells in ([names] if names else []) + rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "train.csv"


ROWS = rows_of_cells(40)
LAST = [[*row[1:], row[0]] for row in ROWS]
FROM_ONE = [f"pixel{i + 1}" for i in range(784)]
GRID = [f"{i // 28 + 1}x{i % 28 + 1}" for i in range(784)]
OTHER = [f"c{i % 7}_{i}" for i in range(784)]  # no numbering that could be followed


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (KAGGLE, ROWS),
        (["label", *FROM_ONE], ROWS),
        (["label", *GRID], ROWS),
        (["label", *OTHER], ROWS),
        ([*FROM_ONE, "class"], LAST),
        ([*FROM_ONE, "Digit"], LAST),
        ([*FROM_ONE, "what_it_is"], LAST),
        (["id", *KAGGLE], [[str(i), *row] for i, row in enumerate(ROWS)]),
        (KAGGLE[::-1], [row[::-1] for row in ROWS]),
        (None, ROWS),
        (None, LAST),
        (KAGGLE, [[f"{cell}.0" for cell in row] for row in ROWS]),
        ([f'"{name}"' for name in KAGGLE], [[f'"{c}"' for c in row] for row in ROWS]),
    ],
    ids=[
        *("kaggle", "from-one", "row-x-column", "other-names", "label-last"),
        *("other-word", "any-word", "with-id", "backwards", "headerless"),
        *("headerless-last", "floats", "quoted"),
    ],
)
def test_labels_and_pixels_are_found(
    path: Path, names: list[str] | None, rows: list[list[str]]
) -> None:
    raw, _ = sources.read(str(saved(path, rows, names)))
    assert raw.train.labels.tolist() == [i % 10 for i in range(40)]
    images = raw.train.images
    assert images.dtype == np.uint8
    assert images.flags.c_contiguous
    assert images[7, :400].tolist() == [i % 256 for i in range(400)]
    assert images[:, 400].tolist() == list(range(40))
    said = " ".join(raw.notes)
    assert ("no line of names" in said) == (names is None)
    assert ("'what_it_is' is taken for the label" in said) == (
        names is not None and "what_it_is" in names
    )


@pytest.mark.parametrize("separator", [";", "\t", "|", " "])
@pytest.mark.parametrize("names", [KAGGLE, None])
def test_other_separators(path: Path, names: list[str] | None, separator: str) -> None:
    raw, _ = sources.read(str(saved(path, ROWS, names, separator)))
    assert raw.train.labels.tolist() == [i % 10 for i in range(40)]


def test_what_spreadsheets_write(path: Path) -> None:
    lines = [",".join(row) for row in [KAGGLE, *ROWS]]
    path.write_text("\r\n".join([*lines, "", ""]), encoding="utf-8-sig")
    raw, _ = sources.read(str(path))
    assert raw.train.images.shape == (40, 784)


def test_letters_as_labels(path: Path) -> None:
    rows = [["cat" if i % 2 else "ant", *row[1:]] for i, row in enumerate(ROWS)]
    raw, _ = sources.read(str(saved(path, rows, KAGGLE)))
    assert raw.class_names == ["ant", "cat"]
    assert raw.train.labels.tolist() == [i % 2 for i in range(40)]


@pytest.mark.parametrize("pack", ["folder", "zip", "gz"])
def test_train_and_test_in_a_folder_or_archive(tmp_path: Path, pack: str) -> None:
    """Kaggle's sample_submission.csv is there too, and is no data."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    saved(folder / "mnist_train.csv", ROWS)
    saved(folder / "mnist_test.csv", ROWS[:20])
    (folder / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    where = folder
    if pack == "zip":
        where = tmp_path / "mnist.zip"
        with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in folder.iterdir():
                archive.write(each, f"mnist/{each.name}")
    if pack == "gz":
        for each in list(folder.iterdir()):
            packed = gzip.compress(each.read_bytes())
            (folder / f"{each.name}.gz").write_bytes(packed)
            each.unlink()
    found = data.load(where)
    assert len(found.y_train) == 36
    assert found.y_test.tolist() == [i % 10 for i in range(20)]


def test_kaggle_test_without_labels_is_no_test_set(tmp_path: Path) -> None:
    saved(tmp_path / "train.csv", ROWS, KAGGLE)
    test = saved(tmp_path / "test.csv", [row[1:] for row in ROWS], KAGGLE[1:])
    found = data.load(tmp_path)
    assert len(found.y_test) == 4  # a tenth of the only table with labels
    assert found.notes == (f"{test} has no labels and is left out",)
    (part,) = sources.read_parts(test)
    assert part.labels is None
    with refused("holds images and no labels", "a column 'label'"):
        data.load(test)


def test_scaled_pixels_are_scaled_back(path: Path) -> None:
    expected, _ = sources.read(str(saved(path, ROWS, KAGGLE)))
    rows = [[row[0], *(str(int(v) / 255) for v in row[1:])] for row in ROWS]
    raw, _ = sources.read(str(saved(path, rows, KAGGLE)))
    np.testing.assert_array_equal(raw.train.images, expected.train.images)
    rows = [[row[0], *(str(int(int(v) > 99)) for v in row[1:])] for row in ROWS]
    raw, _ = sources.read(str(saved(path, rows, KAGGLE)))
    np.testing.assert_array_equal(
        raw.train.images, np.where(expected.train.images > 99, 255, 0)
    )
    assert "0 and 1 only" in raw.notes[0]


class TestRefused:
    @pytest.mark.parametrize(
        ("cell", "found"),
        [
            ("", "an empty cell"),
            ("abc", "the text 'abc'"),
            ("nan", "an empty cell"),
            ("inf", "got inf"),
            ("256", "got 256"),
            ("-1", "got -1"),
            ("0.5", "got 0.5"),
            ("1_0", "the text '1_0'"),
        ],
    )
    @pytest.mark.parametrize("names", [KAGGLE, None])
    def test_pixel(
        self, path: Path, names: list[str] | None, cell: str, found: str
    ) -> None:
        rows = rows_of_cells(30)
        rows[16][1 + 500] = cell
        with refused("row 17: a pixel must be a whole number", found):
            data.load(saved(path, rows, names))

    @pytest.mark.parametrize("cell", ["", "-1", "3.5"])
    def test_label(self, path: Path, cell: str) -> None:
        rows = rows_of_cells(30)
        rows[4][0] = cell
        with refused("row 5", "label"):
            data.load(saved(path, rows, KAGGLE))

    @pytest.mark.parametrize(
        ("rows", "names", "message"),
        [
            ([], KAGGLE, "holds no images below its header"),
            ([[*row, "0"] for row in ROWS], KAGGLE, "not a table of 785 columns"),
            ([row[:-9] for row in ROWS], KAGGLE, "row 1: a pixel must"),
            ([row[:401] for row in ROWS], None, "holds nothing to learn from"),
            ([[*row, "7"] for row in ROWS], None, "784 pixels and a label, got 786"),
            (
                [[*row, "7"] for row in ROWS],
                ["who", *KAGGLE[1:], "what"],
                "which column is the label? There are 'who', 'what' beside the pixels",
            ),
            (
                [[*row, "7"] for row in ROWS],
                [*KAGGLE, "pixel784"],
                "of its 786 columns 785 are numbered pixels (from 'pixel0')",
            ),
        ],
    )
    def test_tables(
        self, path: Path, rows: list[list[str]], names: list[str] | None, message: str
    ) -> None:
        with refused("train.csv", message):
            data.load(saved(path, rows, names))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty"),
            (b"\xff\xfelabel", "is not a text file (byte 0 is not UTF-8)"),
            (b"a,b\n1,2\n", "holds nothing to learn from, only train.csv"),
        ],
    )
    def test_files(self, path: Path, content: bytes, message: str) -> None:
        path.write_bytes(content)
        with refused("train.csv", message):
            data.load(path)


def hugging_face(path: Path, n: int, *, side: int = 28) -> None:
    """Write Parquet as Hugging Face does: PNG in a struct, names in the metadata."""
    cells = []
    for i in range(n):
        file = io.BytesIO()
        Image.fromarray(np.full((side, side), i, np.uint8)).save(file, "PNG")
        cells.append({"bytes": file.getvalue(), "path": None})
    names = [f"class {k}" for k in range(10)]
    features = {"info": {"features": {"label": {"names": names}}}}
    table = pa.table({"image": cells, "label": [i % 10 for i in range(n)]})
    metadata = {"huggingface": json.dumps(features)}
    parquet.write_table(table.replace_schema_metadata(metadata), path)


class TestParquet:
    def test_pictures_in_shards(self, tmp_path: Path) -> None:
        (tmp_path / "mnist").mkdir()
        for k in range(2):
            hugging_face(tmp_path / "mnist" / f"train-0000{k}-of-00002.parquet", 50)
        hugging_face(tmp_path / "mnist" / "test-00000-of-00001.parquet", 30)
        found = data.load(tmp_path / "mnist")
        assert len(found.y_train) == 90
        assert np.rint(found.X_test[:, 9] * 255).tolist() == list(range(30))
        assert found.class_names[3] == "class 3"

    def test_pixels(self, tmp_path: Path) -> None:
        x, y = arrays(40)
        columns = {"label": y} | dict(
            zip(KAGGLE[1:], x.reshape(40, 784).T, strict=True)
        )
        parquet.write_table(pa.table(columns), tmp_path / "train.parquet")
        raw, _ = sources.read(str(tmp_path / "train.parquet"))
        np.testing.assert_array_equal(raw.train.images, x.reshape(40, 784))
        np.testing.assert_array_equal(raw.train.labels, y)

    def test_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "train.parquet"
        hugging_face(path, 3, side=32)
        with refused("row 1: images must be 28 x 28, got 32 x 32"):
            data.load(path)
        path.write_bytes(path.read_bytes()[:-20])
        with refused("is not an intact Parquet file"):
            data.load(path)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with refused("Parquet files need pyarrow; run `pip install pyarrow`"):
            data.load(path)
