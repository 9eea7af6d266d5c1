"""Archives like Keras's mnist.npz: read, refused, and pickles never loaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from data.npz import read_archive
from tests.data.handmade import arrays, complaint, refused, write_folder


def archive(path: Path, **changed: Any) -> Path:
    """Write an archive of 200 + 30 images, some of its arrays changed or None."""
    (x_train, y_train), (x_test, y_test) = arrays(200), arrays(30)
    content: dict[str, Any] = {
        "x_train": x_train,
        "y_train": y_train,
        "x_test": x_test,
        "y_test": y_test,
    }
    kept = {name: a for name, a in (content | changed).items() if a is not None}
    np.savez_compressed(path, **kept)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnist.npz"


def test_archive_is_the_same_data_as_the_idx_files(path: Path) -> None:
    from_npz = data.load(archive(path))
    from_idx = data.load(write_folder(path.parent / "idx"))
    assert from_npz.sha256 == from_idx.sha256
    np.testing.assert_array_equal(from_npz.X_train, from_idx.X_train)
    np.testing.assert_array_equal(from_npz.y_test, from_idx.y_test)
    assert from_npz.y_test.tolist() == [i % 10 for i in range(30)]


@pytest.mark.parametrize("dtype", ["uint8", "int64", ">i4", "float32"])
def test_flat_images_and_other_number_types(path: Path, dtype: str) -> None:
    x, y = arrays(200)
    archive(path, x_train=x.reshape(200, 784).astype(dtype), y_train=y.astype(dtype))
    raw = read_archive(str(path))
    np.testing.assert_array_equal(raw.train.images, x.reshape(200, 784))
    np.testing.assert_array_equal(raw.train.labels, y)


def test_column_order_in_memory_does_not_matter(path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (200, 784), dtype=np.uint8)
    archive(path, x_train=np.asfortranarray(x))
    images = read_archive(path).train.images
    np.testing.assert_array_equal(images, x)
    assert images.flags.c_contiguous


def repack(path: Path, compression: int, **surplus: bytes) -> None:
    """Write the archive's arrays again, with more bytes behind some of them."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content + surplus.get(name, b""))


class Trap:
    """Leaves a mark if it is ever unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


def test_pickled_arrays_are_never_loaded(path: Path) -> None:
    trap = np.array([Trap()] * 200, dtype=object)
    archive(path, y_train=trap)
    with refused("array y_train: holds pickled Python objects"):
        data.load(path)
    assert not Trap.sprung


class TestRefused:
    def test_missing_file(self, path: Path) -> None:
        with refused("mnist.npz: no such file"):
            data.load(path)

    @pytest.mark.parametrize("content", [b"", b"not a zip file", b"\x80\x04K\x01."])
    def test_no_archive(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with refused("is not an intact .npz archive"):
            data.load(path)

    def test_cut_short(self, path: Path) -> None:
        path.write_bytes(archive(path).read_bytes()[:-100])
        with refused("is not an intact .npz archive"):
            data.load(path)

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_a_wrong_checksum(self, path: Path, compression: int) -> None:
        """A pixel changed, and the checksum still that of before."""
        repack(archive(path), compression)
        with zipfile.ZipFile(path) as file:
            right = file.getinfo("x_train.npy").CRC.to_bytes(4, "little")
        content = path.read_bytes()
        assert content.count(right) == 2  # before the array and in the list at the end
        path.write_bytes(content.replace(right, bytes(4)))
        with refused("is not an intact .npz archive", "CRC"):
            data.load(path)

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_bytes_behind_an_array(self, path: Path, compression: int) -> None:
        repack(archive(path), compression, **{"y_test.npy": b"x"})
        with refused("array y_test: must end with its last number"):
            data.load(path)

    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    def test_pixels_scaled_before(self, path: Path, dtype: str) -> None:
        x = (arrays(200)[0] > 100).astype(dtype)
        archive(path, x_train=x, x_test=x[:30])
        with refused("from 0 to 255, but the largest", "is 1", "multiply them by 255"):
            data.load(path)

    def test_missing_arrays(self, path: Path) -> None:
        archive(path, x_test=None, y_test=None)
        with refused("x_test, y_test is missing"):
            data.load(path)

    def test_counts_differ(self, path: Path) -> None:
        archive(path, y_train=arrays(199)[1])
        with refused("array x_train has 200 images", "array y_train has 199 labels"):
            data.load(path)

    @pytest.mark.parametrize(
        ("shape", "found"),
        [((200, 32, 32), "32 x 32"), ((200, 783), "783"), ((200,), "single numbers")],
    )
    def test_image_size(self, path: Path, shape: tuple[int, ...], found: str) -> None:
        archive(path, x_train=np.zeros(shape, dtype=np.uint8))
        with refused("array x_train: images must be 28 x 28", f"got {found}"):
            data.load(path)

    def test_no_images(self, path: Path) -> None:
        archive(path, x_test=np.zeros((0, 784), np.uint8))
        with refused("array x_test: must hold 1 to"):
            data.load(path)

    def test_one_hot_labels(self, path: Path) -> None:
        archive(path, y_train=np.eye(10, dtype=np.uint8)[arrays(200)[1]])
        with refused("array y_train: labels must be one number", "(200, 10)", "argmax"):
            data.load(path)

    @pytest.mark.parametrize("dtype", ["U4", "bool", "complex128"])
    def test_not_numbers(self, path: Path, dtype: str) -> None:
        archive(path, x_train=arrays(200)[0].astype(dtype))
        with refused("array x_train: must hold numbers, got dtype"):
            data.load(path)

    @pytest.mark.parametrize("value", [-1.0, 256.0, 0.5, np.nan, np.inf, 1e300])
    def test_pixel(self, path: Path, value: float) -> None:
        x = arrays(200)[0].astype(np.float64)
        x[41, 3, 4] = value
        archive(path, x_train=x)
        with refused("array x_train, row 42: a pixel must", f"got {value};"):
            data.load(path)

    @pytest.mark.parametrize("value", [-1, 10, 3.5, np.nan])
    def test_label(self, path: Path, value: float) -> None:
        y = arrays(30)[1].astype(np.float64)
        y[7] = value
        archive(path, y_test=y)
        with refused("array y_test, row 8: a label must", "0 to 9", f"got {value}"):
            data.load(path)

    @pytest.mark.parametrize(
        ("shape", "message"),
        [
            ((2**40, 784), "array x_train: must hold 1 to 1000000 images"),
            ((10**6 + 1, 28, 28), "array x_train: must hold 1 to 1000000 images"),
            ((200, 784), "is not an intact .npz archive"),
        ],
    )
    def test_forged_header(
        self, path: Path, shape: tuple[int, ...], message: str
    ) -> None:
        """A header that promises far more than the file holds gets no memory."""
        archive(path, x_train=None)
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": shape}
        )
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("x_train.npy", header.getvalue() + bytes(100))
        with refused("mnist.npz", message):
            data.load(path)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10**6), value=st.integers(1, 255))
def test_one_wrong_byte_is_no_crash(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = archive(tmp_path_factory.getbasetemp() / "damaged.npz")
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= value
    path.write_bytes(content)
    message = complaint(lambda: read_archive(path))
    assert message is None or "\n" not in message
