"""From files to parts of a data set: images with labels, training, validation, test.

It decides which reader reads a file, and by shape and name what each array is; which
of the files of a folder belong together is said by their names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.raw import MAX_CLASSES, Part, as_images, as_labels, as_pixels
from data.readers import arrays, parquet, tables
from data.readers.items import Item, list_items
from data.readers.roles import is_other, kind_of, set_of, split_of

_LABEL_KEY = re.compile(r"label|target|class|(?<![a-z])y")
# mnist_all.mat keeps each digit apart: train0 … train9, test0 … test9.
_PER_CLASS = re.compile(r"(?:train|test)(\d)")
_PICKLE = (
    "{where}: is a kind of file that may hold a pickle, which runs whatever code it "
    "brings along, and is never loaded; save its arrays with numpy.savez(…, x_train=…, "
    "y_train=…, x_test=…, y_test=…)"
)


def read(path: Path) -> list[Part]:
    """Return the parts of a folder, an archive, a file, or `folder/name of a set`.

    A file with images alone brings its companions along: the labels beside it, and the
    other part.

    Raises
    ------
    DataError
        If nothing in it can be read as images of 28 x 28, or it holds several sets.
    """
    items = _named(path)
    found = read_items(items, where=str(path))
    has_labels = any(part.labels is not None for part in found)
    has_images = any(part.images is not None for part in found)
    alone = len(items) == 1 and kind_of(items[0]) == "arrays"
    if not alone or (has_labels and has_images) or not path.parent.is_dir():
        return found
    beside = _of_set(list_items(path.parent), set_of(items[0]))
    arrays_beside = [item for item in beside if kind_of(item) == "arrays"]
    return read_items(arrays_beside, where=str(path.parent))


def _named(path: Path) -> list[Item]:
    """Return the items of a path; of `folder/name`, those of the set of that name."""
    if not path.exists() and path.parent.exists():
        inside = path.parent.is_dir() or path.parent.suffix.lower() == ".zip"
        items = _of_set(list_items(path.parent), path.name.lower()) if inside else []
        if items:
            return items
    return list_items(path)


def _of_set(items: Sequence[Item], name: str) -> list[Item]:
    return [item for item in items if kind_of(item) and set_of(item) == name]


def read_items(items: Sequence[Item], *, where: str) -> list[Part]:
    """Return the parts that these files make; errors as for `read`."""
    data = [i for i in items if kind_of(i) in ("table", "parquet", "arrays")]
    data = [item for item in data if not is_other(PurePosixPath(item.name).name)]
    if len(items) == 1 and not data:
        return _read_one(items[0], kind_of(items[0]))
    _require_one_set(data, where)
    found = [part for item in _once(data) for part in _read_one(item, kind_of(item))]
    if found:
        names = _mapping(items)
        return [p if names is None else _with_names(p, names) for p in found]
    pictures = [i for i in items if kind_of(i) == "picture" and _in_class_folder(i)]
    if len({item.folders[-1] for item in pictures}) >= 2:
        # Imported here: bringing pictures into form takes SciPy and Pillow.
        from data.readers import class_folders

        return class_folders.read(pictures)
    raise DataError(_nothing_found(items, where))


def _in_class_folder(item: Item) -> bool:
    return bool(item.folders) and not split_of(item.folders[-1])


def _require_one_set(items: Sequence[Item], where: str) -> None:
    sets = sorted({set_of(item) for item in items})
    if len(sets) > 1:
        names = [name or "(no name)" for name in sets]
        example = next(name for name in reversed(sets) if name)
        raise DataError(
            f"{where}: holds {len(sets)} data sets, {', '.join(names)}; name one of "
            f"them, as {where}/{example}"
        )


def _once(items: Sequence[Item]) -> list[Item]:
    """Drop what is there twice: with and without .gz, or train-images.idx3-ubyte."""
    kept: dict[str, Item] = {}
    for item in sorted(items, key=lambda i: (i.where.lower().endswith(".gz"), i.where)):
        name = PurePosixPath(item.name).name.lower()
        same = re.sub(r"[^a-z0-9]", "-", name) if "ubyte" in name else item.name
        kept.setdefault(same, item)
    return sorted(kept.values(), key=lambda item: item.name)


def _read_one(item: Item, kind: str) -> list[Part]:
    """Read one file; of unknown name, by its first bytes."""
    if kind == "pickle":
        raise DataError(_PICKLE.format(where=item.where))
    if kind == "table":
        table = tables.read_csv(item)
        return [] if table is None else [table]
    if kind == "parquet":
        table = parquet.read(item)
        return [] if table is None else [table]
    if kind == "arrays":
        return _from_arrays(item)
    content = item.content()
    if content.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        raise DataError(_PICKLE.format(where=item.where))
    if arrays.looks_like_idx(content) or content.startswith(b"\x93NUMPY"):
        return _from_arrays(item)
    if b"," in content[:512] and content[:512].isascii():
        return _read_one(item, "table")
    raise DataError(_nothing_found([item], item.where))


def _from_arrays(item: Item) -> list[Part]:
    """Return images and labels of a file of arrays, each as a part of its own."""
    found = arrays.read(item)
    stem = PurePosixPath(item.name).name
    above = (split_of(name) for name in (stem, *reversed(item.folders)))
    of_file = next(filter(None, above), "")
    mapping = next((a for name, a in found.items() if "mapping" in name), None)
    names = None if mapping is None else _names_of(mapping)
    parts, others = [], []
    for key, array in found.items():
        where = f"{item.where}, array {key}" if key else item.where
        split = split_of(key) or of_file
        images = as_images(array)
        if is_other(key):
            continue
        if images is not None:
            one_class = _PER_CLASS.fullmatch(key)
            labels = np.full(len(images), int(one_class[1])) if one_class else None
            pixels = as_pixels(images, where=where)
            parts.append(Part(where=where, split=split, images=pixels, labels=labels))
        elif _could_be_labels(array):
            if "idx2-int" in stem:  # QMNIST: the label, then seven facts about writers
                array = array[:, 0]
            parts.append(Part(where=where, split=split, labels=array))
        else:
            others.append(f"{key or 'an array'} of shape {array.shape}")
    parts = [_checked(part) for part in _likeliest(parts)]
    if others and not any(part.images is not None for part in parts):
        raise DataError(
            f"{item.where}: images must be 28 x 28, so of shape (n, 28, 28) or "
            f"(n, 784), got {', '.join(others)}; resize them"
        )
    return [part if names is None else _with_names(part, names) for part in parts]


def _could_be_labels(array: NDArray[Any]) -> bool:
    flat = array.ndim == 1 or (array.ndim == 2 and 1 in array.shape)
    rows = array.ndim == 2 and array.shape[1] <= MAX_CLASSES and len(array) > 1
    return array.size > 0 and (flat or rows)


def _likeliest(parts: list[Part]) -> list[Part]:
    """Of several arrays that could be the labels of one split, keep those called so."""
    kept = []
    for part in parts:
        rivals = [p for p in parts if p.images is None and p.split == part.split]
        named = [p for p in rivals if _LABEL_KEY.search(p.where.rsplit(" ", 1)[-1])]
        if part.images is not None or len(rivals) == 1 or part in (named or rivals):
            kept.append(part)
    return kept


def _checked(part: Part) -> Part:
    if part.images is not None or part.labels is None:
        return part
    labels = as_labels(part.labels, where=part.where)
    return Part(where=part.where, split=part.split, labels=labels)


def _with_names(part: Part, names: dict[int, str]) -> Part:
    return Part(**{**vars(part), "label_names": names})


def _mapping(items: Sequence[Item]) -> dict[int, str] | None:
    """Read EMNIST's …-mapping.txt: a label and the codes of its characters."""
    for item in items:
        if item.name.lower().endswith("mapping.txt"):
            try:
                return _names_of(np.loadtxt(item.content().decode().splitlines()))
            except (ValueError, UnicodeDecodeError) as error:
                raise DataError(
                    f"{item.where}: must hold a label and codes of characters in each "
                    "line, and does not; download it again or take it away"
                ) from error
    return None


def _names_of(mapping: NDArray[Any]) -> dict[int, str]:
    """Return {label: characters}: upper and lower case, where a class holds both."""
    rows = np.atleast_2d(mapping).astype(int)
    return {int(label): "".join(map(chr, codes)) for label, *codes in rows}


def _nothing_found(items: Sequence[Item], where: str) -> str:
    names = sorted({PurePosixPath(item.name).name for item in items})
    pictures = [item for item in items if kind_of(item) == "picture"]
    if any(kind_of(item) == "pickle" for item in items):
        return _PICKLE.format(where=where)
    if not items:
        return f"{where}: is empty; name a folder or a file with images and labels"
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" * (len(names) > 4))
    if len(pictures) == len(items):
        return (
            f"{where}: holds pictures ({shown}) but no folder for each class; put "
            "those of each class in a folder named after it, or name them to predict"
        )
    return (
        f"{where}: holds nothing to learn from, only {shown}; it must be IDX files, "
        "CSV or Parquet with 784 pixels a row, NPZ, NPY or MATLAB arrays of 28 x 28 "
        "images, or pictures in one folder per class, each also as .gz or .zip"
    )
