"""`data.load`: arguments, names of sources, and what a Dataset promises."""

from __future__ import annotations

import dataclasses
import gzip
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data
from data import sources
from tests.data.handmade import refused, write_folder


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_a_dataset_promises(tmp_path: Path, dtype: str) -> None:
    found = data.load(write_folder(tmp_path), dtype=dtype, seed=3, train_samples=50)
    n_rows = {"train": 50, "val": 20, "test": 30}
    for part, n in n_rows.items():
        X, y = getattr(found, f"X_{part}"), getattr(found, f"y_{part}")
        indices = getattr(found, f"{part}_indices")
        assert X.shape == (n, 784)
        assert X.dtype == dtype
        assert X.flags.c_contiguous
        assert X.flags.writeable
        assert y.shape == indices.shape == (n,)
        assert y.dtype == indices.dtype == np.int64
        # Image i of the files is filled with i and has label i % 10.
        assert [float(v) for v in X[:, 0]] == [
            float(np.dtype(dtype).type(i) / np.dtype(dtype).type(255)) for i in indices
        ]
        assert y.tolist() == (indices % 10).tolist()
    assert found.test_indices.tolist() == list(range(30))
    assert found.source == str(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.source = "other"  # type: ignore[misc]  # the point of the test


def test_float64_is_not_float32_in_a_wider_coat(tmp_path: Path) -> None:
    found = data.load(write_folder(tmp_path), dtype="float64")
    assert found.X_test[1, 0] == 1 / 255
    assert np.float32(found.X_test[1, 0]) != found.X_test[1, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed must be >= 0, got -1"),
        ({"seed": 0.5}, "seed must be a whole number, got 0.5"),
        ({"seed": None}, "seed must be a whole number, got None"),
        ({"dtype": "int8"}, "dtype must be 'float32' or 'float64', got 'int8'"),
        ({"train_samples": 0}, "train_samples must be >= 1, got 0"),
        ({"train_samples": 10.0}, "train_samples must be a whole number, got 10.0"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with refused(message):
        data.load(**arguments)


class TestSources:
    @pytest.mark.parametrize("name", ["cifar10", "MNIST", "no/such", "a\0b"])
    def test_unknown_name_lists_the_known(self, name: str) -> None:
        with refused(repr(name)[:3], "mnist, fashion-mnist, openml:NAME, or a path"):
            data.load(name)

    def test_file_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "train.txt").touch()
        with refused("train.txt: is empty"):
            data.load(tmp_path / "train.txt")
        (tmp_path / "train.txt").write_text("dear diary")
        with refused("train.txt: holds nothing to learn from", "CSV or Parquet"):
            data.load(tmp_path / "train.txt")

    def test_name_too_long_for_a_path(self) -> None:
        with refused("cannot be read (File name too long)"):
            data.load("x" * 5000)

    def test_fashion_mnist_not_installed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "FASHION_FOLDER", tmp_path / "none")
        with refused("not installed", "apt-get install dataset-fashion-mnist"):
            data.load("fashion-mnist")

    def test_fashion_mnist_where_debian_puts_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "FASHION_FOLDER", write_folder(tmp_path))
        found = data.load("fashion-mnist")
        assert found.source == "fashion-mnist"
        assert found.class_names[0] == "T-shirt/top"
        assert len(found.class_names) == 10

    def test_fashion_mnist_is_known_by_its_content(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sha256 = data.load(write_folder(tmp_path)).sha256
        monkeypatch.setattr(sources, "FASHION_SHA256", sha256)
        assert data.load(tmp_path).class_names[9] == "Ankle boot"

    @pytest.mark.skipif(
        not sources.FASHION_FOLDER.is_dir(), reason="dataset-fashion-mnist is missing"
    )
    def test_the_real_fashion_mnist(self) -> None:
        found = data.load(sources.FASHION_FOLDER)
        assert found.sha256 == sources.FASHION_SHA256
        assert found.class_names[0] == "T-shirt/top"
        # The known beginning of its test labels: ankle boot, pullover, two trousers.
        assert found.y_test[:4].tolist() == [9, 2, 1, 1]

    def test_mnist_altered_by_one_bit_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "mnist"
        shutil.copytree(sources.MNIST_FOLDER, folder)
        path = folder / "t10k-labels-idx1-ubyte.gz"
        content = bytearray(gzip.decompress(path.read_bytes()))
        content[-1] ^= 1
        path.write_bytes(gzip.compress(content))
        monkeypatch.setattr(sources, "MNIST_FOLDER", folder)
        with refused("t10k-labels-idx1-ubyte.gz", "must have SHA-256 ff7bcfd4"):
            data.load("mnist")


def test_import_brings_no_heavy_library() -> None:
    """Loading MNIST stays quick because it needs NumPy alone."""
    code = (
        "import data, sys\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'torch'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
