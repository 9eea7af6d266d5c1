"""What names say: which part of a data set a file or an array is, and of which set.

The names are those that go round: MNIST's and EMNIST's IDX files, Keras's, KMNIST's and
MedMNIST's NPZ keys, `X_train.npy`, `mnist_test.csv`, Hugging Face's Parquet files.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from data.files import PICTURE_SUFFIXES
from data.readers.items import Item

_SPLITS = {
    "test": re.compile(r"(?<![a-z])[xy]?(test|t10k|eval)"),
    "val": re.compile(r"(?<![a-z])[xy]?(val|valid|validation|dev)(?![a-z])"),
    "train": re.compile(r"(?<![a-z])[xy]?train"),
}
# What is not the name of the set, in the name of a file.
_ROLE_WORDS = re.compile(
    r"\d{5}-of-\d{5}|(?<![a-z])[xy]?(train(ing)?|test(ing)?|t10k|eval|validation|valid"
    r"|val|dev|images?|imgs?|labels?|targets?|idx\d|ubyte|data|x|y)(?![a-z])"
)
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".h5", ".hdf5")
_ARRAYS = (".npz", ".npy", ".mat", ".idx", ".idx1-ubyte", ".idx3-ubyte")
# Arrays that stand beside images and are neither these nor their labels.
_OTHERS = ("writer", "mapping", "index", "indices", "submission", "classmap")


def split_of(name: str) -> str:
    """Return "train", "val" or "test" as a name says, or ""."""
    name = name.lower()
    return next((s for s, pattern in _SPLITS.items() if pattern.search(name)), "")


def set_of(item: Item) -> str:
    """Return what the name has besides its role: "emnist-letters", or "" for none."""
    name = PurePosixPath(item.name).name.lower()
    if item.suffix in _ARRAYS or item.suffix in (".csv", ".tsv", ".parquet"):
        name = name.replace(item.suffix, "")
    left = _ROLE_WORDS.sub("", name)
    return re.sub(r"[^a-z0-9]+", "-", left).strip("-")


def is_other(name: str) -> bool:
    """Say whether a name is that of something beside images and labels."""
    return any(word in name.lower() for word in _OTHERS)


def kind_of(item: Item) -> str:
    """Say which reader a name asks for: "" if it does not say."""
    name = PurePosixPath(item.name).name.lower()
    if item.suffix in PICTURE_SUFFIXES:
        return "picture"
    if item.suffix in (".csv", ".tsv"):
        return "table"
    if item.suffix == ".parquet":
        return "parquet"
    if item.suffix in _ARRAYS or "ubyte" in name or re.search(r"idx\d", name):
        return "arrays"
    return "pickle" if item.suffix in _PICKLES else ""
