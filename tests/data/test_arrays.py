"""IDX, NPY, NPZ and MATLAB files: the same images whatever holds them, and damage."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

import data
from data.readers import parts
from tests.data.handmade import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    arrays,
    complaint,
    image_file,
    label_file,
    refused,
    write_folder,
)

X, Y = arrays(200)
X_TEST, Y_TEST = arrays(30)


def npz(path: Path, **changed: Any) -> Path:
    """Write Keras's mnist.npz of 200 + 30 images, some arrays changed or None."""
    usual: dict[str, Any] = dict(x_train=X, y_train=Y, x_test=X_TEST, y_test=Y_TEST)
    kept = {name: a for name, a in (usual | changed).items() if a is not None}
    np.savez_compressed(path, allow_pickle=True, **kept)
    return path


def keras(folder: Path) -> Path:
    return npz(folder / "mnist.npz")


def flat_floats(folder: Path) -> Path:
    """Images as rows divided by 255, labels as one-hot rows."""
    scaled = {"x_train": X, "x_test": X_TEST}
    rows = {k: v.reshape(len(v), 784) / np.float32(255) for k, v in scaled.items()}
    one_hot = {"y_train": np.eye(10)[Y], "y_test": np.eye(10)[Y_TEST]}
    return npz(folder / "mine.npz", **rows, **one_hot)


def channels(folder: Path) -> Path:
    """One channel in front, three behind that are alike: grey written as colour."""
    return npz(
        folder / "mine.npz",
        x_train=X[:, None].astype(">i4"),
        x_test=np.repeat(X_TEST[..., None], 3, axis=-1),
        y_train=Y[:, None].astype(float),
    )


def kmnist(folder: Path) -> Path:
    """KMNIST's four archives of one array, under its own names."""
    for split, x, y in (("train", X, Y), ("test", X_TEST, Y_TEST)):
        np.savez_compressed(folder / f"kmnist-{split}-imgs.npz", x)
        np.savez_compressed(folder / f"kmnist-{split}-labels.npz", y)
    return folder


def npy(folder: Path) -> Path:
    for name, array in {
        "X_train": X, "y_train": Y, "X_test": X_TEST, "y_test": Y_TEST
    }.items():  # fmt: skip
        np.save(folder / f"{name}.npy", array)
    return folder


def npy_in_folders(folder: Path) -> Path:
    for split, x, y in (("train", X, Y), ("test", X_TEST, Y_TEST)):
        (folder / split).mkdir()
        np.save(folder / split / "images.npy", x)
        np.save(folder / split / "labels.npy", y)
    return folder


def emnist_mat(folder: Path) -> Path:
    """EMNIST's .mat: nested structures, a column of labels, and writers beside them."""
    split = {
        name: {
            "images": x.reshape(-1, 784),
            "labels": y[:, None],
            "writers": np.arange(len(y))[:, None],
        }
        for name, x, y in (("train", X, Y), ("test", X_TEST, Y_TEST))
    }
    mapping = np.array([[k, 48 + k] for k in range(10)])
    savemat(folder / "digits.mat", {"dataset": split | {"mapping": mapping}})
    return folder / "digits.mat"


def mat_by_column(folder: Path) -> Path:
    """MATLAB's custom of one image a column, and a row of labels."""
    content = {"trainX": X.reshape(200, 784).T, "trainY": Y[None]}
    content |= {"testX": X_TEST.reshape(30, 784).T, "testY": Y_TEST[None]}
    savemat(folder / "mnist.mat", content)
    return folder / "mnist.mat"


@pytest.mark.parametrize(
    "write",
    [
        keras, flat_floats, channels, kmnist, npy, npy_in_folders, emnist_mat,
        mat_by_column,
    ],
)  # fmt: skip
def test_every_format_is_the_same_data_as_the_idx_files(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    (tmp_path / "it").mkdir()
    expected = data.load(write_folder(tmp_path / "idx"))
    found = data.load(write(tmp_path / "it"))
    assert found.sha256 == expected.sha256
    np.testing.assert_array_equal(found.X_train, expected.X_train)
    np.testing.assert_array_equal(found.y_test, expected.y_test)
    assert found.y_test.tolist() == [i % 10 for i in range(30)]


def test_digits_apart_in_one_mat_file(tmp_path: Path) -> None:
    """mnist_all.mat: train0 … train9 and test0 … test9, each with its images."""
    content = {}
    for digit in range(10):
        content[f"train{digit}"] = np.full((20, 784), digit + 1)
        content[f"test{digit}"] = np.full((3, 784), digit + 1)
    savemat(tmp_path / "mnist_all.mat", content)
    found = data.load(tmp_path / "mnist_all.mat")
    assert len(found.y_train) == 180
    assert len(found.y_test) == 30
    np.testing.assert_array_equal(np.rint(found.X_test[:, 0] * 255) - 1, found.y_test)


def test_medmnist_keeps_its_validation_set(tmp_path: Path) -> None:
    """Keys of MedMNIST, labels as a column; two classes make two classes."""
    content = {}
    for split, n in (("train", 60), ("val", 11), ("test", 20)):
        content[f"{split}_images"], labels = arrays(n)
        content[f"{split}_labels"] = (labels % 2)[:, None]
    np.savez(tmp_path / "pneumoniamnist.npz", allow_pickle=True, **content)
    found = data.load(tmp_path / "pneumoniamnist.npz")
    sizes = [len(y) for y in (found.y_train, found.y_val, found.y_test)]
    assert sizes == [60, 11, 20]
    assert found.val_indices.tolist() == list(range(11))
    assert found.class_names == ["0", "1"]


def test_idx_is_read_row_by_row(tmp_path: Path) -> None:
    pixels = bytes(range(256)) * 3 + bytes(16) + b"\xff" * 784
    header = bytes.fromhex("00000803 00000002 0000001c 0000001c")
    (tmp_path / "images").write_bytes(header + pixels)
    (found,) = parts.read(tmp_path / "images")
    assert found.images is not None
    assert found.images.shape == (2, 784)
    assert found.images[0, 28:30].tolist() == [28, 29]
    assert found.images[1].tolist() == [255] * 784


class TestFoldersOfIdx:
    @pytest.mark.parametrize("ending", ["", ".gz"])
    @pytest.mark.parametrize("dot", ["-", "."])
    def test_usual_names_packed_or_not(
        self, tmp_path: Path, dot: str, ending: str
    ) -> None:
        """The content says whether it is gzip: browsers unpack and keep the name."""
        for n, path in enumerate(sorted(write_folder(tmp_path).iterdir())):
            if n % 2:
                path.write_bytes(gzip.compress(path.read_bytes()))
            path.rename(tmp_path / (path.name.replace("-idx", f"{dot}idx") + ending))
        assert len(data.load(tmp_path).y_test) == 30

    def test_two_copies_are_read_once(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        packed = gzip.compress((tmp_path / TRAIN_IMAGES).read_bytes())
        (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(packed)
        (tmp_path / "train-images.idx3-ubyte").mkdir()  # Kaggle's archive has these
        (tmp_path / "train-images.idx3-ubyte" / TRAIN_IMAGES).write_bytes(packed)
        assert len(data.load(tmp_path).y_train) == 180

    def test_one_set_of_many(self, tmp_path: Path) -> None:
        """EMNIST's folder holds six sets: name one, or a file of it."""
        for name, n in (("emnist-digits", 200), ("emnist-mnist", 100)):
            write_folder(tmp_path / name, n_train=n)
            for path in (tmp_path / name).iterdir():
                own = path.name.replace("t10k", "test")
                path.rename(tmp_path / f"{name}-{own}")
            (tmp_path / name).rmdir()
        with refused("holds 2 data sets", "emnist-digits, emnist-mnist"):
            data.load(tmp_path)
        assert len(data.load(tmp_path / "emnist-mnist").y_train) == 90
        images = tmp_path / "emnist-digits-train-images-idx3-ubyte"
        assert len(data.load(images).y_train) == 180

    def test_without_a_test_set_it_is_one_table(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TEST_IMAGES).unlink()
        (tmp_path / TEST_LABELS).unlink()
        assert len(data.load(tmp_path).y_test) == 20

    def test_labels_that_are_missing(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TEST_LABELS).unlink()
        assert data.load(tmp_path).notes == (
            f"{tmp_path / TEST_IMAGES} has no labels and is left out",
        )
        (tmp_path / TRAIN_LABELS).unlink()
        with refused("holds images and no labels", "labels-idx1-ubyte"):
            data.load(tmp_path)

    def test_counts_differ(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TEST_LABELS).write_bytes(label_file([1] * 29))
        with refused(TEST_IMAGES, TEST_LABELS, "30 images and 29 labels"):
            data.load(tmp_path)


class Trap:
    """Leaves a mark if it is ever unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    trap = np.array([Trap()] * 200, dtype=object)
    with refused("array y_train: holds pickled Python objects"):
        data.load(npz(tmp_path / "a.npz", y_train=trap))
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    with refused("holds pickled Python objects"):
        data.load(tmp_path / "a.npy")
    for name in ("mnist.pkl.gz", "mnist"):  # the second is known by its first bytes
        (tmp_path / name).write_bytes(gzip.compress(b"\x80\x04K\x01."))
        with refused("may hold a pickle", "save its arrays with numpy.savez"):
            data.load(tmp_path / name)
    assert not Trap.sprung


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"x_train": X[:, :16, :16], "x_test": None}, "got x_train of shape"),
            ({"x_train": np.full((200, 784), -1.0)}, "row 1: a pixel must be"),
            ({"x_train": X + 0.5}, "got 0.5"),
            ({"x_train": np.where(X == 7, np.nan, X)}, "got nan"),
            ({"x_train": X.astype(int) + 100}, "row 157: a pixel must be"),
            ({"x_train": X.astype("U3")}, "a pixel must be a number, got <U3"),
            ({"y_train": np.where(Y == 3, -1, Y.astype(int))}, "row 4: a label must"),
            ({"y_train": Y + 0.5}, "got 0.5"),
            ({"y_train": np.ones((200, 14))}, "shape (200, 14) that is not one-hot"),
            ({"y_train": arrays(199)[1]}, "200 images and 199 labels"),
            ({"x_train": None, "x_test": None}, "holds labels and no images"),
            ({"y_train": np.arange(200)}, "may have 100 classes, but"),
        ],
    )  # fmt: skip
    def test_arrays(
        self, tmp_path: Path, changed: dict[str, Any], message: str
    ) -> None:
        with refused("a.npz", message):
            data.load(npz(tmp_path / "a.npz", **changed))

    def test_missing_folder_and_pipe(self, tmp_path: Path) -> None:
        with refused("nowhere.npz: no such file"):
            data.load(tmp_path / "nowhere.npz")
        os.mkfifo(tmp_path / "pipe.npz")  # reading it would wait for ever
        with refused("is not an ordinary file"):
            data.load(tmp_path / "pipe.npz")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty"),
            (gzip.compress(b"", mtime=0), "is empty"),
            (image_file(2)[:10], "truncated, it ends after 10 bytes"),
            (image_file(2)[:-1], "truncated, its header declares 1568 bytes and 1567"),
            (image_file(2) + b"x", "overlong"),
            (image_file(2, side=32), "got an array of shape (2, 32, 32)"),
            (image_file(0), "of shape (0, 28, 28)"),
            (b"\x89PNG\r\n", "it starts with the bytes 89 50 4e 47"),
            (gzip.compress(image_file(20), mtime=0)[:-20], "corrupt gzip"),
            (gzip.compress(image_file(1), mtime=0)[:10] + b"\xff" * 50, "corrupt gzip"),
        ],
    )  # fmt: skip
    def test_files(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / TRAIN_IMAGES).write_bytes(content)
        with refused(TRAIN_IMAGES, message):
            data.load(tmp_path / TRAIN_IMAGES)

    def test_more_than_memory_is_not_asked_for(self, tmp_path: Path) -> None:
        """A header that promises far more than the file holds gets no memory."""
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": (2**40, 784)}
        )
        with zipfile.ZipFile(npz(tmp_path / "a.npz", x_train=None), "a") as file:
            file.writestr("x_train.npy", header.getvalue() + bytes(100))
        with refused("array x_train: may have 1.2 GB, got shape"):
            data.load(tmp_path / "a.npz")

    def test_matlab_in_hdf5(self, tmp_path: Path) -> None:
        head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
        (tmp_path / "a.mat").write_bytes(head + bytes(400))
        with refused("MATLAB's format 7.3", "'-v7'"):
            data.load(tmp_path / "a.mat")


@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, 10**6),
    value=st.integers(1, 255),
    kind=st.sampled_from(["idx", "gz", "npz", "mat", "npy"]),
)
def test_one_wrong_byte_is_no_crash(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, kind: str
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"train.{kind}"
    if kind == "npz":
        npz(path)
    elif kind == "mat":
        savemat(path, {"trainX": X[:5].reshape(5, 784), "trainY": Y[:5]})
    elif kind == "npy":
        np.save(path, X[:5])
    else:
        path = folder / TRAIN_IMAGES
        path.write_bytes(
            gzip.compress(image_file(3)) if kind == "gz" else image_file(3)
        )
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= value
    path.write_bytes(content)
    message = complaint(lambda: parts.read(path))
    assert message is None or "\n" not in message
