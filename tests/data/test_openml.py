"""The OpenML source, with the fetching itself replaced: tests need no network."""

from __future__ import annotations

import warnings
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import scipy.sparse
from sklearn.utils import Bunch

import data
from tests.data.handmade import arrays, refused


def serve(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[dict[str, Any]]:
    """Let fetch_openml return or raise `answer`; return the list of its calls."""
    calls = []

    def fetch_openml(**arguments: Any) -> Any:
        calls.append(arguments)
        if isinstance(answer, OSError):  # as scikit-learn does before it tries again
            warnings.warn("A network error occurred while downloading", stacklevel=2)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch_openml)
    return calls


def table(**changed: Any) -> Bunch:
    """Return 200 images as OpenML gives them: integers, and labels as text."""
    x, y = arrays(200)
    content = {
        "data": x.reshape(200, 784).astype(np.int64),
        "target": y.astype(str).astype(object),
    }
    return Bunch(**(content | changed))


def test_table_is_split_in_three(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = serve(monkeypatch, table())
    found = data.load("openml:mnist_784")
    assert calls == [{"name": "mnist_784", "as_frame": False}]
    assert (len(found.y_train), len(found.y_val), len(found.y_test)) == (160, 20, 20)
    assert found.source == "openml:mnist_784"
    assert found.class_names[3] == "3"
    # Image i is filled with i and has label i % 10.
    np.testing.assert_array_equal(np.rint(found.X_test[:, 5] * 255) % 10, found.y_test)


def test_fashion_gets_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, table())
    assert data.load("openml:Fashion-MNIST").class_names[9] == "Ankle boot"


@pytest.mark.parametrize(
    "error",
    [
        URLError("Name or service not known"),
        TimeoutError("timed out"),
        IncompleteRead(b""),
        ValueError("No known dataset\nof that name."),
    ],
)
def test_failure_to_fetch(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    serve(monkeypatch, error)
    with refused("openml:nothing: cannot be fetched", "check the name and the network"):
        data.load("openml:nothing")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"target": None}, "a dense table with a label column"),
        ({"data": scipy.sparse.csr_matrix((200, 784))}, "a dense table"),
        ({"data": np.zeros((200, 64))}, "28 x 28 (784 pixels), got 64"),
        ({"data": np.full((200, 784), np.nan)}, "a pixel must be"),
        ({"target": np.array(["cat"] * 200, dtype=object)}, "only class cat"),
        ({"target": np.array([None] * 200)}, "row 1: every image needs a label"),
        ({"target": np.array(["2.5"] * 200)}, "got 2.5"),
        ({"target": np.arange(200)}, "may have 100 classes"),
    ],
)
def test_tables_that_are_not_digits(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
) -> None:
    serve(monkeypatch, table(**changed))
    with refused("openml:other", message):
        data.load("openml:other")


def test_name_is_needed() -> None:
    with refused("needs a name after the colon"):
        data.load("openml:")
