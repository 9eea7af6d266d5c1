"""Names, folders of pictures, archives, class names, and which way up images are."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

import data
from data import sources
from data.classes import EMNIST_47, EMNIST_62, EMNIST_LETTERS, K49, class_names
from data.readers import arrays as array_files
from data.readers.items import list_items
from tests.data.handmade import image_file, label_file, refused, write_folder


def draw(path: Path, value: int, *, side: int = 28, paper: int = 0) -> None:
    """Save a picture with a bar of grey `value` on its paper."""
    picture = np.full((side, side), paper, np.uint8)
    picture[side // 5 : -side // 5, side // 3 : side // 2] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


class TestClassFolders:
    def test_flat(self, tmp_path: Path) -> None:
        for name in ("cat", "ant", "bee"):
            for k in range(6):
                draw(tmp_path / name / f"{k}.png", 100 + k)
        (tmp_path / "README.txt").write_text("three animals")
        found = data.load(tmp_path)
        assert found.class_names == ["ant", "bee", "cat"]
        assert len(found.y_test) == 1
        assert found.X_train.max() <= 105 / 255

    @pytest.mark.parametrize("train", ["train", "mnist_png/training"])
    def test_train_and_test_also_in_a_zip(self, tmp_path: Path, train: str) -> None:
        test = train.replace("train", "test")
        folder = tmp_path / "it"
        for split, n in ((train, 6), (test, 3)):
            for label in (2, 10, 1):
                for k in range(n):
                    draw(folder / split / str(label) / f"{k}.png", 100 + label)
        with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
            for path in folder.rglob("*.png"):
                archive.write(path, path.relative_to(folder))
            archive.writestr("__MACOSX/it/train/1/._0.png", b"litter")
        first, second = data.load(folder), data.load(tmp_path / "it.zip")
        assert first.sha256 == second.sha256
        assert len(first.y_test) == 9
        assert first.class_names == ["1", "2", "10"]  # as numbers, not as text
        expected = [100 + int(first.class_names[k]) for k in first.y_test]
        inks = np.rint(first.X_test.max(axis=1) * 255)
        assert inks.tolist() == expected

    def test_large_and_dark_on_white(self, tmp_path: Path) -> None:
        for name in "AB":
            for k in range(6):
                draw(tmp_path / "big" / name / f"{k}.png", 40, side=90, paper=250)
                draw(tmp_path / "white" / name / f"{k}.png", 40, paper=250)
        found = data.load(tmp_path / "big")
        assert "12 pictures that were not 28 x 28 were brought" in found.notes[0]
        assert found.X_train[:, 0].max() == 0
        found = data.load(tmp_path / "white")
        assert found.notes == ("dark ink on white paper was made light on black",)
        assert found.X_train.max() == np.float32(215 / 255)

    def test_without_classes(self, tmp_path: Path) -> None:
        draw(tmp_path / "a.png", 200)
        with refused("holds pictures (a.png) but no folder for each class"):
            data.load(tmp_path)
        (tmp_path / "empty").mkdir()
        with refused("is empty; name a folder"):
            data.load(tmp_path / "empty")

    def test_a_picture_that_is_none(self, tmp_path: Path) -> None:
        draw(tmp_path / "a" / "1.png", 200)
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "2.png").write_bytes(b"nothing")
        with refused("2.png: is no picture"):
            data.load(tmp_path)


class TestArchives:
    def test_gz_and_zip_round_one_file(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "idx", n_train=60)
        with zipfile.ZipFile(tmp_path / "idx.zip", "w") as archive:
            for path in folder.iterdir():
                archive.writestr(f"{path.name}.gz", gzip.compress(path.read_bytes()))
        assert data.load(tmp_path / "idx.zip").sha256 == data.load(folder).sha256

    def test_damaged(self, tmp_path: Path) -> None:
        write_folder(tmp_path / "idx")
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in (tmp_path / "idx").iterdir():
                archive.write(path, path.name)
        content = bytearray((tmp_path / "a.zip").read_bytes())
        for k in range(60, 80):
            content[k] ^= 255
        (tmp_path / "a.zip").write_bytes(content)
        with refused("a.zip: this .zip cannot be unpacked", "download it again"):
            data.load(tmp_path / "a.zip")
        (tmp_path / "a.zip").write_bytes(content[: len(content) // 2])
        with refused("a.zip: this .zip cannot be unpacked"):
            data.load(tmp_path / "a.zip")

    def test_bombs_are_not_unpacked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("data.readers.items.MAX_BYTES", 100_000)
        (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(10**6)))
        with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("train-images-idx3-ubyte", bytes(10**6))
        for name in ("a.gz", "b.zip"):
            with refused(name, "may have 0.0 GB unpacked, got more"):
                data.load(tmp_path / name)


class TestClassNames:
    def test_of_known_sets(self) -> None:
        digits, letters = list(range(10)), list(range(1, 27))
        assert class_names(digits, called="mnist") == list("0123456789")
        assert class_names(digits, called="fashion-mnist_train.csv")[9] == "Ankle boot"
        assert class_names(digits, called="KMNIST")[:3] == ["o", "ki", "su"]
        assert class_names(letters, called="emnist-letters")[::25] == ["Aa", "Zz"]
        assert class_names(letters, called="other")[0] == "1"
        assert class_names(list(range(47)), called="emnist-balanced")[36] == "a"
        assert class_names(list(range(62)), called="emnist-byclass")[61] == "z"
        assert class_names(list(range(49)), called="k49-train-imgs")[48] == "repeat"
        for names, n in ((EMNIST_LETTERS, 26), (EMNIST_47, 47), (EMNIST_62, 62)):
            assert len(set(names)) == n
        assert len(set(K49)) == 49

    def test_of_a_mapping_beside_the_files(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        lines = [f"{k} {65 + k} {97 + k}" for k in range(10)]
        (tmp_path / "emnist-mapping.txt").write_text("\n".join(lines))
        assert data.load(tmp_path).class_names[:2] == ["Aa", "Bb"]
        (tmp_path / "emnist-mapping.txt").write_text("no numbers")
        with refused("mapping.txt: must hold a label and codes"):
            data.load(tmp_path)

    @pytest.mark.parametrize("n_classes", [2, 62, 100])
    def test_two_to_a_hundred(self, tmp_path: Path, n_classes: int) -> None:
        n = 5 * n_classes
        (tmp_path / "train-images-idx3-ubyte").write_bytes(image_file(n))
        labels = label_file([3 + i % n_classes for i in range(n)])
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
        found = data.load(tmp_path)
        assert len(found.class_names) == n_classes
        assert found.class_names[:2] == ["3", "4"]
        assert found.y_train.max() == n_classes - 1


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """The first 600 test digits of MNIST, (n, 28, 28), and their labels."""
    files = {item.name: item for item in list_items(sources.MNIST_FOLDER)}
    images, labels = (
        array_files.read(files[f"t10k-{name}-ubyte"])[""][:600]
        for name in ("images-idx3", "labels-idx1")
    )
    return images, labels


class TestTransposed:
    def save(self, path: Path, images: np.ndarray, labels: np.ndarray) -> str:
        savemat(path, {"images": images, "labels": labels})
        return str(path)

    def test_digits_are_recognised_under_any_name(
        self, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]
    ) -> None:
        images, labels = digits
        lying = np.swapaxes(images, 1, 2)
        path = self.save(tmp_path / "mine.mat", lying, labels)
        found, _ = sources.read(path)
        np.testing.assert_array_equal(found.train.images, images.reshape(-1, 784))
        assert "images were transposed" in found.notes[0]
        assert "--no-transpose leaves them" in found.notes[0]
        found, _ = sources.read(path, transpose=False)
        np.testing.assert_array_equal(found.train.images, lying.reshape(-1, 784))
        assert found.notes == ()

    def test_upright_ones_are_left_even_if_called_emnist(
        self, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]
    ) -> None:
        images, labels = digits
        path = self.save(tmp_path / "emnist-digits.mat", images, labels)
        found, _ = sources.read(path)
        np.testing.assert_array_equal(found.train.images, images.reshape(-1, 784))
        found, _ = sources.read(path, transpose=True)
        turned = np.swapaxes(images, 1, 2).reshape(-1, 784)
        np.testing.assert_array_equal(found.train.images, turned)
        assert found.notes == (
            "images were transposed, rows and columns exchanged: as asked for",
        )

    def test_letters_are_known_by_name(
        self, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Labels that are no digits cannot be tried: here digits play letters."""
        images, labels = digits
        for name, given, turned in (
            ("emnist-letters.mat", np.swapaxes(images, 1, 2), True),
            ("emnist-letters-upright.mat", images, False),
            ("letters.mat", np.swapaxes(images, 1, 2), False),
        ):
            found, _ = sources.read(self.save(tmp_path / name, given, labels + 11))
            assert any("EMNIST stores them so" in n for n in found.notes) == turned
