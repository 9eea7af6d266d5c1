"""IDX files: what is read, what is refused, and that a bomb does no harm."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from data.idx import read_folder, read_images, read_labels
from data.raw import MAX_IMAGES
from tests.data.handmade import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    complaint,
    image_file,
    label_file,
    refused,
    write_folder,
)


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def test_images_are_read_row_by_row(tmp_path: Path) -> None:
    pixels = bytes(range(256)) * 3 + bytes(16) + b"\xff" * 784
    content = bytes.fromhex("00000803 00000002 0000001c 0000001c") + pixels
    images = read_images(saved(tmp_path, content))
    assert images.shape == (2, 784)
    assert images.dtype == np.uint8
    assert images[0, :4].tolist() == [0, 1, 2, 3]
    assert images[0, 28:30].tolist() == [28, 29]
    assert images[1].tolist() == [255] * 784


def test_labels_are_read(tmp_path: Path) -> None:
    content = bytes.fromhex("00000801 00000004 05 00 04 09")
    assert read_labels(saved(tmp_path, content)).tolist() == [5, 0, 4, 9]


@pytest.mark.parametrize("name", ["labels", "labels.gz"])
def test_content_decides_whether_a_file_is_gzip(tmp_path: Path, name: str) -> None:
    for content in (label_file([1, 2]), gzip.compress(label_file([1, 2]))):
        (tmp_path / name).write_bytes(content)
        assert read_labels(str(tmp_path / name)).tolist() == [1, 2]


@settings(max_examples=30, deadline=None)
@given(
    labels=st.lists(st.integers(0, 9), min_size=1, max_size=50),
    packed=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    labels: list[int],
    packed: bool,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    pixels = np.random.default_rng(seed).integers(
        0, 256, (len(labels), 784), dtype=np.uint8
    )
    contents = image_file(len(labels), fill=pixels.tobytes()), label_file(labels)
    if packed:
        contents = gzip.compress(contents[0], 1), gzip.compress(contents[1], 1)
    (folder / "x").write_bytes(contents[0])
    (folder / "y").write_bytes(contents[1])
    np.testing.assert_array_equal(read_images(folder / "x"), pixels)
    assert read_labels(folder / "y").tolist() == labels


class TestRefusedFiles:
    def test_missing(self, tmp_path: Path) -> None:
        with refused("nowhere", "no such file"):
            read_images(tmp_path / "nowhere")

    def test_folder(self, tmp_path: Path) -> None:
        with refused("is not an ordinary file"):
            read_images(tmp_path)

    def test_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
        with refused("is not an ordinary file"):
            read_images(tmp_path / "pipe")

    def test_unreadable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = saved(tmp_path, label_file([1]))

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", denied)  # root may read everything
        with refused("file: cannot be read (Permission denied)"):
            read_labels(path)

    def test_empty(self, tmp_path: Path) -> None:
        with refused("is empty"):
            read_images(saved(tmp_path, b""))

    def test_empty_gzip(self, tmp_path: Path) -> None:
        with refused("is empty"):
            read_images(saved(tmp_path, gzip.compress(b"")))

    def test_labels_in_place_of_images(self, tmp_path: Path) -> None:
        with refused("magic number 2051, got 2049", "label files"):
            read_images(saved(tmp_path, label_file([1] * 20)))

    def test_something_else(self, tmp_path: Path) -> None:
        with refused("magic number 2049, got 2303741511"):
            read_labels(saved(tmp_path, b"\x89PNG\r\n\x1a\n"))

    @pytest.mark.parametrize("n_bytes", [1, 3, 4, 15])
    def test_header_cut_short(self, tmp_path: Path, n_bytes: int) -> None:
        with refused(f"it ends after {n_bytes} bytes inside its header"):
            read_images(saved(tmp_path, image_file(1)[:n_bytes]))

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_truncated(self, tmp_path: Path, pack: type[bytes]) -> None:
        with refused("truncated", "declares 1568 bytes and 1567"):
            read_images(saved(tmp_path, pack(image_file(2)[:-1])))

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_overlong(self, tmp_path: Path, pack: type[bytes]) -> None:
        with refused("overlong", "declares 3 bytes"):
            read_labels(saved(tmp_path, pack(label_file([1, 2, 3]) + b"\0")))

    def test_wrong_image_size(self, tmp_path: Path) -> None:
        with refused("must be 28 x 28 pixels, got 32 x 32"):
            read_images(saved(tmp_path, image_file(2, side=32)))

    def test_no_images(self, tmp_path: Path) -> None:
        with refused("must declare 1 to", "images, got 0"):
            read_images(saved(tmp_path, image_file(0)))

    def test_label_out_of_range(self, tmp_path: Path) -> None:
        with refused("row 3: a label must be a whole number from 0 to 9, got 10"):
            read_labels(saved(tmp_path, label_file([1, 2, 10, 11])))


class TestDamagedGzip:
    def test_cut_short(self, tmp_path: Path) -> None:
        with refused("corrupt gzip"):
            read_images(saved(tmp_path, gzip.compress(image_file(20))[:-20]))

    def test_wrong_checksum(self, tmp_path: Path) -> None:
        content = bytearray(gzip.compress(image_file(20)))
        content[-8] ^= 1  # the last eight bytes are CRC-32 and length
        with refused("corrupt gzip", "CRC"):
            read_images(saved(tmp_path, bytes(content)))

    def test_broken_stream(self, tmp_path: Path) -> None:
        content = gzip.compress(image_file(1))[:10] + b"\xff" * 50
        with refused("corrupt gzip"):
            read_images(saved(tmp_path, content))

    def test_garbage_behind(self, tmp_path: Path) -> None:
        with refused("corrupt gzip"):
            read_images(saved(tmp_path, gzip.compress(image_file(1)) + b"garbage"))

    @settings(max_examples=150, deadline=None)
    @given(place=st.integers(0, 10**6), value=st.integers(1, 255), packed=st.booleans())
    def test_one_wrong_byte_is_no_crash(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        place: int,
        value: int,
        packed: bool,
    ) -> None:
        content = bytearray(image_file(3))
        if packed:
            content = bytearray(gzip.compress(content))
        content[place % len(content)] ^= value
        path = saved(tmp_path_factory.getbasetemp(), bytes(content))
        message = complaint(lambda: read_images(path))
        assert message is None or "\n" not in message


class TestBombs:
    LIMIT_BYTES = 8 << 20

    def peak_bytes(self, path: Path, *expected: str) -> int:
        tracemalloc.start()
        try:
            with refused(*expected):
                read_images(path)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_more_than_declared_is_not_unpacked(self, tmp_path: Path) -> None:
        packer = zlib.compressobj(9, wbits=31)
        pieces = [packer.compress(image_file(10))]
        pieces += [packer.compress(bytes(1 << 20)) for _ in range(200)]
        path = saved(tmp_path, b"".join([*pieces, packer.flush()]))
        assert path.stat().st_size < 1 << 20  # 200 MiB in less than one
        assert self.peak_bytes(path, "overlong") < self.LIMIT_BYTES

    @pytest.mark.parametrize("count", [MAX_IMAGES + 1, 2**32 - 1])
    def test_a_boastful_header_gets_no_memory(self, tmp_path: Path, count: int) -> None:
        header = struct.pack(">IIII", 2051, count, 28, 28)
        path = saved(tmp_path, gzip.compress(header + bytes(784)))
        assert self.peak_bytes(path, f"got {count}") < self.LIMIT_BYTES


class TestFolders:
    def test_official_sets_are_kept_apart(self, tmp_path: Path) -> None:
        raw = read_folder(write_folder(tmp_path, n_train=25, n_test=13))
        assert raw.test is not None
        assert raw.train.images[:, 0].tolist() == list(range(25))
        assert raw.test.labels.tolist() == [i % 10 for i in range(13)]

    @pytest.mark.parametrize("ending", ["", ".gz"])
    @pytest.mark.parametrize("dot", ["-", "."])
    def test_usual_names(self, tmp_path: Path, dot: str, ending: str) -> None:
        for path in list(write_folder(tmp_path).iterdir()):
            path.rename(tmp_path / (path.name.replace("-idx", f"{dot}idx") + ending))
        assert len(read_folder(tmp_path).train.labels) == 200

    def test_folders_with_the_name_of_a_file_are_passed_over(
        self, tmp_path: Path
    ) -> None:
        write_folder(tmp_path)
        (tmp_path / TRAIN_IMAGES).rename(tmp_path / "train-images.idx3-ubyte")
        (tmp_path / TRAIN_IMAGES).mkdir()
        assert len(read_folder(tmp_path).train.labels) == 200

    def test_all_missing_files_are_named(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TRAIN_LABELS).unlink()
        (tmp_path / TEST_IMAGES).unlink()
        with refused("lacks", TRAIN_LABELS, TEST_IMAGES):
            data.load(tmp_path)

    def test_counts_differ(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TEST_LABELS).write_bytes(label_file([1] * 29))
        with refused(TEST_IMAGES, "30 images", TEST_LABELS, "29 labels"):
            data.load(tmp_path)

    def test_one_class(self, tmp_path: Path) -> None:
        write_folder(tmp_path)
        (tmp_path / TRAIN_LABELS).write_bytes(label_file([7] * 200))
        with refused("at least two classes", "only class 7"):
            data.load(tmp_path)
