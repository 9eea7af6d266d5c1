"""Picture files in; grey levels or one sentence out."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from data import DataError, pictures
from data.pictures import read_picture

Bytes = NDArray[np.uint8]


def a_ramp() -> Bytes:
    return np.tile(np.linspace(0, 255, 48).astype(np.uint8), (30, 1))


def write(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_picture(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "pgm"])
def test_lossless_formats_come_back_exactly(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", Image.fromarray(a_ramp()))
    np.testing.assert_array_equal(read_picture(path), a_ramp())


@pytest.mark.parametrize(("suffix", "quality"), [("jpg", 95), ("webp", 95)])
def test_lossy_formats_come_back_nearly(
    tmp_path: Path, suffix: str, quality: int
) -> None:
    path = write(tmp_path / f"a.{suffix}", Image.fromarray(a_ramp()), quality=quality)
    np.testing.assert_allclose(read_picture(path).astype(int), a_ramp(), atol=6)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_of_black_and_white_is_grey(tmp_path: Path, mode: str) -> None:
    page = np.zeros((20, 30), np.uint8)
    page[5:10, 5:10] = 255
    suffix = "jpg" if mode == "CMYK" else "png"
    picture = Image.fromarray(page).convert(mode)
    grey = read_picture(write(tmp_path / f"a.{suffix}", picture))
    atol = 40 if mode == "CMYK" else 0  # a JPEG, with ripples at hard edges
    np.testing.assert_allclose(grey.astype(int), page, atol=atol)


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    deep = (a_ramp().astype(np.uint16)) * 257
    path = write(tmp_path / "deep.png", Image.fromarray(deep))
    np.testing.assert_array_equal(read_picture(path), a_ramp())


@pytest.mark.parametrize("ink", [0, 255])
def test_transparent_ground_contrasts_with_the_drawing(
    tmp_path: Path, ink: int
) -> None:
    drawing = np.full((20, 20, 4), (ink, ink, ink, 0), np.uint8)
    drawing[5:10, 5:15, 3] = 255
    grey = read_picture(write(tmp_path / "a.png", Image.fromarray(drawing)))
    expected = np.full((20, 20), 255 - ink)
    expected[5:10, 5:15] = ink
    np.testing.assert_array_equal(grey, expected)


def test_a_picture_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    path = write(tmp_path / "a.png", Image.fromarray(a_ramp()), exif=exif)
    np.testing.assert_array_equal(read_picture(path), np.rot90(a_ramp(), -1))


def test_a_picture_of_nothing_but_transparency_is_black(tmp_path: Path) -> None:
    nothing = np.full((9, 7, 4), (200, 100, 50, 0), np.uint8)
    grey = read_picture(write(tmp_path / "a.png", Image.fromarray(nothing)))
    np.testing.assert_array_equal(grey, np.zeros((9, 7)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone_as_pillow_does(
    tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = write(tmp_path / "a.png", Image.fromarray(a_ramp()), exif=exif)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(read_picture(path), expected)


def block_of_exif(*entries: bytes) -> bytes:
    """Return a block with these entries of 12 bytes: tag, type, count, value."""
    return (
        b"Exif\0\0MM\0*\0\0\0\x08"
        + struct.pack(">H", len(entries))
        + b"".join(entries)
        + bytes(4)
    )


def test_a_picture_is_turned_whatever_else_its_exif_says(tmp_path: Path) -> None:
    quarter = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    text = struct.pack(">HHI4s", 0x0128, 2, 2, b"2\0\0\0")  # a number, told as a text
    path = tmp_path / "a.jpg"
    write(path, Image.fromarray(a_ramp()), exif=block_of_exif(quarter, text))
    assert read_picture(path).shape == (48, 30)


@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0no such thing",
        block_of_exif(struct.pack(">HHI4s", 0x0112, 2, 4, b"abc\0")),
        block_of_exif(struct.pack(">HHIHH", 0x0112, 3, 1, 9, 0)),
        block_of_exif(struct.pack(">HHI4s", 0x0112, 5, 1, b"\xff\xff\xff\xff")),
    ],
    ids=["no block at all", "a text", "an unknown number", "beyond the end"],
)
def test_a_picture_with_odd_exif_is_read_unturned(tmp_path: Path, block: bytes) -> None:
    path = write(tmp_path / "a.jpg", Image.fromarray(a_ramp()), exif=block)
    assert read_picture(path).shape == (30, 48)


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((9, 9), v, np.uint8)) for v in (10, 200)]
    path = write(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert (read_picture(path) == 10).all()


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("label,pixel0\n")
    assert "is no picture; give PNG, JPEG" in refusal(path)
    path.write_bytes(b"")
    assert "is empty" in refusal(path)
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert "is no picture" in refusal(path)
    assert "no such file" in refusal(tmp_path / "nothing.png")
    assert "not an ordinary file" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "bmp"])
def test_a_truncated_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    path = write(tmp_path / f"a.{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = refusal(path)
    assert "is a damaged picture" in message or "is no picture" in message


def a_bomb(path: Path, width: int, height: int) -> Path:
    """Write a PNG of that size in a hundred bytes; its pixels are missing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize(
    ("width", "height", "found"),
    [
        (20_000, 10_001, "20000 x 10001"),
        (60_000, 60_000, "more than 400 million"),
    ],
)
def test_a_bomb_is_refused_by_its_header(
    tmp_path: Path, width: int, height: int, found: str
) -> None:
    path = a_bomb(tmp_path / "bomb.png", width, height)
    assert refusal(path) == (
        f"{path}: a picture may have 200 million pixels, got {found}; make it smaller"
    )


def test_up_to_the_limit_only_the_pixels_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow's own limit is lower; it is lifted for us, and stands for others."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1234)
    path = a_bomb(tmp_path / "large.png", 20_000, 10_000)
    assert "is a damaged picture" in refusal(path)
    assert Image.MAX_IMAGE_PIXELS == 1234
    read_picture(write(tmp_path / "a.png", Image.fromarray(a_ramp())))
    assert Image.MAX_IMAGE_PIXELS == 1234
    path.write_text("no picture")
    refusal(path)
    assert Image.MAX_IMAGE_PIXELS == 1234


def test_the_limits_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", Image.fromarray(a_ramp()))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 48 * 30 - 1)
    assert "got 48 x 30" in refusal(path)
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    assert "million bytes" in refusal(path)


def test_a_large_photograph_is_read_reduced(tmp_path: Path) -> None:
    big = np.tile(np.linspace(0, 255, 6000).astype(np.uint8), (4000, 1))
    path = write(tmp_path / "a.jpg", Image.fromarray(big))
    assert min(read_picture(path).shape) <= 2 * pictures.ENOUGH_SIDE


@given(where=st.integers(0, 10_000), bit=st.integers(0, 7), kind=st.sampled_from("pjg"))
def test_a_flipped_bit_gives_a_picture_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, where: int, bit: int, kind: str
) -> None:
    suffix = {"p": "png", "j": "jpg", "g": "gif"}[kind]
    path = tmp_path_factory.getbasetemp() / f"flipped.{suffix}"
    write(path, Image.fromarray(a_ramp()))
    content = bytearray(path.read_bytes())
    content[where % len(content)] ^= 1 << bit
    path.write_bytes(content)
    with suppress(DataError):  # "is a damaged picture"
        grey = read_picture(path)
        assert grey.ndim == 2
        assert grey.dtype == np.uint8
