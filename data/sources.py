"""What `load`, `--data`, `explore` and `predict` accept, and how parts become a set.

A name comes first (`mnist`, `fashion-mnist`, `openml:NAME`); anything else is a path:
a folder, a file, a .zip, or `folder/name` for one of several sets in a folder.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.classes import FASHION, indexed
from data.errors import DataError
from data.files import unreadable
from data.fingerprint import combined, digests
from data.orientation import upright
from data.raw import Labelled, Part, Raw
from data.readers import openml, parts

MNIST_FOLDER = Path(__file__).parent / "mnist"
MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
# SHA-256 of these four, uncompressed.
MNIST_DIGESTS = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
]
# Where Debian's package dataset-fashion-mnist puts its files.
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")
# Fingerprint of Fashion-MNIST, to name its classes whatever format it comes in.
FASHION_SHA256 = "7b0688d0999122d67a4eb2b95499a3bf7c5afbfaef15b7295b9f619d9e48a0bc"

KNOWN_SOURCES = (
    "mnist, fashion-mnist, openml:NAME, or a path: IDX files, CSV, Parquet, NPZ, NPY "
    "or MATLAB files, pictures in one folder per class, each also as .gz or .zip"
)
_SHARD = re.compile(r"\d{5}-of-\d{5}")


def read(source: str, *, transpose: bool | None = None) -> tuple[Raw, str]:
    """Return what a source holds, upright, and its fingerprint.

    `transpose` says whether rows and columns must be exchanged; None finds out.
    """
    raw = _assembled(_parts(source), source)
    if source == "mnist":
        file_digests = digests(raw)
        _verify_mnist(file_digests)
        return raw, combined(file_digests)
    raw = upright(
        _unscaled(raw), transpose=transpose, called=_called(source), mnist=MNIST_FOLDER
    )
    sha256 = combined(digests(raw))
    if sha256 == FASHION_SHA256:
        raw = dataclasses.replace(raw, class_names=list(FASHION))
    return raw, sha256


def read_parts(source: str | Path) -> list[Part]:
    """Return what a source holds, labelled or not, for prediction.

    A file or folder comes before a source of that name. Each part has images; those of
    a test set come alone, if there are any.
    """
    path = Path(source)
    here = isinstance(source, Path) or path.exists()
    found = _joined(_read_path(path) if here else _parts(str(source)), str(source))
    with_images = [part for part in found.values() if part.images is not None]
    if not with_images:
        raise DataError(
            f"{source}: holds labels and no images; name the file with the images"
        )
    tests = [part for part in with_images if part.split == "test"]
    return tests or with_images


def _parts(source: str) -> list[Part]:
    if source == "mnist":
        return parts.read(MNIST_FOLDER)
    if source == "fashion-mnist":
        return _read_fashion()
    if source.startswith("openml:"):
        name = source.removeprefix("openml:")
        if not name:
            raise DataError(
                "openml: needs a name after the colon, e.g. openml:mnist_784"
            )
        return [openml.fetch(name)]
    return _read_path(Path(source))


def _read_fashion() -> list[Part]:
    if not FASHION_FOLDER.is_dir():
        raise DataError(
            f"fashion-mnist is not installed at {FASHION_FOLDER}; on Debian or Ubuntu "
            "run `sudo apt-get install dataset-fashion-mnist`, elsewhere download its "
            "four files from https://github.com/zalandoresearch/fashion-mnist and name "
            "their folder instead"
        )
    return parts.read(FASHION_FOLDER)


def _read_path(path: Path) -> list[Part]:
    try:
        there = path.exists() or (path.parent != Path() and path.parent.exists())
    except (OSError, ValueError) as error:  # too long a name, or a NUL in it
        raise unreadable(path, OSError(*error.args)) from error
    if not there and not path.suffix:
        raise DataError(
            f"unknown source {str(path)!r}, and there is no such file or folder; "
            f"a source is {KNOWN_SOURCES}"
        )
    return parts.read(path)


def _called(source: str) -> str:
    """Return the name of a source, without the folders it lies in."""
    path = Path(source)
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


def _assembled(found: Sequence[Part], source: str) -> Raw:
    """Put the parts together: training, validation and test, or one table.

    Raises
    ------
    DataError
        If images lack labels, or the counts differ.
    """
    by_split = _joined(found, source)
    notes = [note for part in by_split.values() for note in part.notes]
    if stray := by_split.pop("", None):
        notes.append(f"{stray.where} is called neither train nor test and is left out")
    for split in ("test", "val"):
        part = by_split.get(split)
        if part is not None and part.labels is None and len(by_split) > 1:
            notes.append(f"{part.where} has no labels and is left out")
            del by_split[split]
    if "train" not in by_split:
        only = next(iter(by_split))
        by_split = {"train": by_split.pop(only)} | by_split
    for part in by_split.values():
        _require_pairs(part)
    labels = [part.labels for part in by_split.values() if part.labels is not None]
    names = [p.label_names for p in by_split.values() if p.label_names is not None]
    where = " ".join(part.where for part in by_split.values())
    indices, class_names, numbers = indexed(
        labels,
        names=names[0] if names else None,
        called=f"{_called(source)} {Path(where).name}",
        where=source,
    )
    sets = {
        split: Labelled(part.images, index)
        for (split, part), index in zip(by_split.items(), indices, strict=True)
        if part.images is not None
    }
    return Raw(
        train=sets["train"],
        val=sets.get("val"),
        test=sets.get("test"),
        class_names=class_names,
        numbers=numbers,
        notes=tuple(dict.fromkeys(notes)),
    )


def _joined(found: Sequence[Part], source: str) -> dict[str, Part]:
    """Return one part for each split, its images and labels joined."""
    by_split: dict[str, list[Part]] = {}
    for part in found:
        by_split.setdefault(part.split, []).append(part)
    if "" in by_split and "train" not in by_split:
        by_split["train"] = by_split.pop("")
    order = [split for split in ("train", "val", "test", "") if split in by_split]
    return {split: _one(split, by_split[split], source) for split in order}


def _one(split: str, found: list[Part], source: str) -> Part:
    images = [part for part in found if part.images is not None]
    labels = [part for part in found if part.labels is not None]
    whole = [part for part in found if part in images and part in labels]
    for several in (images, labels):
        shards = all(_SHARD.search(part.where) for part in several)
        files = {part.where.split(", array ")[0] for part in several}
        class_by_class = several == whole and len(files) == 1
        if len(several) > 1 and not shards and not class_by_class:
            names = ", ".join(part.where for part in several[:4])
            what = "images" if several is images else "labels"
            raise DataError(
                f"{source}: which are the {split or 'training'} {what}? There are "
                f"{names}; name one file, or move the others away"
            )
    return Part(
        where=" and ".join(dict.fromkeys(p.where for p in (*images[:1], *labels[:1]))),
        split=split,
        images=np.concatenate([p.images for p in images]) if images else None,
        labels=np.concatenate([p.labels for p in labels]) if labels else None,
        label_names=next((p.label_names for p in found if p.label_names), None),
        notes=tuple(note for part in found for note in part.notes),
    )


def _require_pairs(part: Part) -> None:
    if part.labels is None:
        raise DataError(
            f"{part.where}: holds images and no labels, which training needs; a CSV "
            "has them in a column 'label', an NPZ in an array y_train, IDX files in "
            "one called …labels-idx1-ubyte beside the images"
        )
    if part.images is None:
        raise DataError(
            f"{part.where}: holds labels and no images of 28 x 28; name the file with "
            "the images, or the folder that has both"
        )
    if len(part.images) != len(part.labels):
        raise DataError(
            f"{part.where}: every image needs one label, but there are "
            f"{len(part.images)} images and {len(part.labels)} labels; take both from "
            "the same download"
        )


def _unscaled(raw: Raw) -> Raw:
    """Undo a division by 255 that left 0 and 1 only, or black and white."""
    if any(part.images.max() > 1 for part in raw.parts):
        return raw
    return raw.with_images(
        [part.images * np.uint8(255) for part in raw.parts],
        "its pixels are 0 and 1 only and were multiplied by 255",
    )


def _verify_mnist(file_digests: list[str]) -> None:
    for name, expected, found in zip(
        MNIST_FILES, MNIST_DIGESTS, file_digests, strict=True
    ):
        if found != expected:
            raise DataError(
                f"{MNIST_FOLDER / name}: its content must have SHA-256 {expected}, got "
                f"{found}; restore it with `git checkout data/mnist`"
            )
