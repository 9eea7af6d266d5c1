"""Forms, weights and arrays on their way to the page."""

import base64
import json
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from compare.contract import Array, Weights
from data.mnist_form import Form
from data.raw import N_PIXELS, Bytes


def describe_form(form: Form) -> dict[str, Any]:
    """Return a form for the page: each stage as grey levels."""
    stages = {
        name: None if stage is None else _small(np.rint(stage * 255))
        for name, stage in (("cropped", form.cropped), ("boxed", form.boxed))
    }
    return {
        "pixels": form.pixels.reshape(N_PIXELS).tolist(),
        "n_side_by_side": form.n_side_by_side,
        **stages,
    }


def _small(stage: Array) -> dict[str, Any]:
    """Return every so many-th pixel: enough for a thumbnail."""
    some = -(-max(stage.shape) // 64)
    shown: Bytes = stage[::some, ::some].astype(np.uint8)
    return {
        "width": shown.shape[1],
        "height": shown.shape[0],
        "pixels": shown.ravel().tolist(),
    }


def lines(objects: Iterator[dict[str, Any]]) -> Generator[bytes]:
    """Yield objects as JSON, one a line."""
    for each in objects:
        yield json.dumps(each).encode() + b"\n"


def raw(weights: Weights) -> bytes:
    """Return weights as float64, W0, b0, W1, b1, …, each row by row."""
    arrays = [np.asarray(array, "<f8").tobytes() for pair in weights for array in pair]
    return b"".join(arrays)


def packed(array: Array) -> dict[str, Any]:
    """Return an array for the page: float64, row by row, in base64.

    Of more than two axes, all but the last are rows.
    """
    array = np.asarray(array, "<f8")
    matrix = np.atleast_2d(array.reshape(-1, array.shape[-1]) if array.ndim else array)
    return {
        "rows": matrix.shape[0],
        "columns": matrix.shape[1],
        "data": base64.b64encode(matrix.tobytes()).decode(),
    }
