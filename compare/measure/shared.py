"""The data on disk, for worker processes: plain .npy files in one temporary folder."""

from pathlib import Path

import numpy as np

from compare.contract import Array, IntArray, Weights
from data import Dataset

PARTS = ("train", "val", "test")
# The training curve is drawn from as many training images as validation has, always
# the same ones: evaluating all of them after each epoch would double the waiting.
TRAIN_SAMPLE = "train_sample"


def sample_size(n_train: int, n_val: int) -> int:
    """Return how many training images the sample has."""
    return min(n_train, n_val)


def write(dataset: Dataset, folder: Path) -> None:
    """Save the arrays of `dataset` into `folder`."""
    for part in PARTS:
        np.save(folder / f"X_{part}.npy", getattr(dataset, f"X_{part}"))
        np.save(folder / f"y_{part}.npy", getattr(dataset, f"y_{part}"))
    n_train, n_val = len(dataset.y_train), len(dataset.y_val)
    rows = np.linspace(0, n_train - 1, sample_size(n_train, n_val)).astype(np.int64)
    np.save(folder / f"X_{TRAIN_SAMPLE}.npy", dataset.X_train[rows])
    np.save(folder / f"y_{TRAIN_SAMPLE}.npy", dataset.y_train[rows])


def read(folder: Path, part: str, dtype: str) -> tuple[Array, IntArray]:
    """Return X and y of one part, X in `dtype`."""
    X = np.load(folder / f"X_{part}.npy", allow_pickle=False)
    y = np.load(folder / f"y_{part}.npy", allow_pickle=False)
    return X.astype(dtype, copy=False), y


def write_weights(path: Path, weights: Weights) -> None:
    """Save [(W, b), ...]."""
    arrays = {
        f"{letter}{layer}": array
        for layer, pair in enumerate(weights)
        for letter, array in zip("Wb", pair, strict=True)
    }
    np.savez(path, allow_pickle=False, **arrays)


def read_weights(path: Path) -> Weights:
    """Return [(W, b), ...] as `write_weights` saved them."""
    with np.load(path, allow_pickle=False) as file:
        n_layers = len(file.files) // 2
        return [(file[f"W{layer}"], file[f"b{layer}"]) for layer in range(n_layers)]
