"""The real MNIST that comes with the project: known facts, proportions, speed."""

from __future__ import annotations

import subprocess
import time

import numpy as np
import pytest

import data
from data import sources
from data.raw import Raw

# Images per digit, as published and found in every copy.
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(scope="module")
def mnist() -> data.Dataset:
    return data.load()


def raw_mnist() -> Raw:
    return sources.read("mnist")[0]


def test_raw_content() -> None:
    raw = raw_mnist()
    assert raw.test is not None
    assert raw.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert raw.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(raw.train.labels).tolist() == TRAIN_COUNTS
    # The mean that PyTorch's MNIST example subtracts.
    assert round(float(raw.train.images.mean()) / 255, 4) == 0.1307


def test_sizes_and_proportions(mnist: data.Dataset) -> None:
    assert mnist.X_train.shape == (54_000, 784)
    assert mnist.X_val.shape == (6_000, 784)
    assert mnist.X_test.shape == (10_000, 784)
    assert np.bincount(mnist.y_test).tolist() == TEST_COUNTS
    train, val = np.bincount(mnist.y_train), np.bincount(mnist.y_val)
    assert (train + val).tolist() == TRAIN_COUNTS
    assert abs(val - np.array(TRAIN_COUNTS) / 10).max() < 1


def test_pixels(mnist: data.Dataset) -> None:
    for X in (mnist.X_train, mnist.X_val, mnist.X_test):
        assert X.dtype == np.float32
        assert X.min() == 0
        assert X.max() == 1


def test_rows_belong_to_their_indices(mnist: data.Dataset) -> None:
    raw = raw_mnist()
    together = np.concatenate([mnist.train_indices, mnist.val_indices])
    assert (np.sort(together) == np.arange(60_000)).all()
    for X, y, indices in (
        (mnist.X_train, mnist.y_train, mnist.train_indices),
        (mnist.X_val, mnist.y_val, mnist.val_indices),
    ):
        np.testing.assert_array_equal(y, raw.train.labels[indices])
        some = slice(None, None, 997)
        expected = raw.train.images[indices[some]] / np.float32(255)
        np.testing.assert_array_equal(X[some], expected)


def test_provenance(mnist: data.Dataset) -> None:
    assert mnist.source == "mnist"
    assert mnist.class_names == list("0123456789")
    assert mnist.sha256.startswith("ac89dbc26b7b")


def test_hash_is_what_a_shell_computes(mnist: data.Dataset) -> None:
    script = """
    for f in train-images-idx3-ubyte train-labels-idx1-ubyte \
             t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
        gzip -dc $f.gz | sha256sum | cut -c1-64
    done | sha256sum | cut -c1-64
    """
    answer = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=sources.MNIST_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == mnist.sha256


@pytest.mark.slow  # a time is no matter of every run
def test_loading_takes_about_a_second_at_most() -> None:
    """0.2 to 0.4 s on a quiet machine; the bound is loose for busy ones."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        data.load()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 2
