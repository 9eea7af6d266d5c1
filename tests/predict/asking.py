"""What the tests of the command share: digits as files, and answers without it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compare import cli
from compare.record import model_file
from tests.predict import drawings

N = 40


def write_csv(
    path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8] | None
) -> None:
    columns = [f"pixel{i}" for i in range(784)]
    rows = images.reshape(-1, 784).tolist()
    if labels is not None:
        columns = ["label", *columns]
        rows = [[label, *row] for label, row in zip(labels, rows, strict=True)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def predict(*arguments: object) -> int:
    return cli.main(["predict", *map(str, arguments)])


def expected_probs(model_path: Path, n: int) -> NDArray[np.floating]:
    """What the network says, asked in three lines without the command."""
    images, _ = drawings.digits(n)
    network = model_file.load(model_path).implementation("numpy")
    return network.predict_proba(images.reshape(n, 784).astype(np.float32) / 255)


def expected(model_path: Path, n: int) -> NDArray[np.int64]:
    return np.asarray(expected_probs(model_path, n).argmax(axis=1))
