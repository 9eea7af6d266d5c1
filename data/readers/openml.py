"""Source `openml:NAME`: a table from openml.org, fetched and cached by scikit-learn.

The only source that needs a network, and only the first time. OpenML keeps MNIST
(`mnist_784`) as one table without an official test set.
"""

from __future__ import annotations

import warnings
from http.client import HTTPException

import numpy as np

from data.errors import DataError
from data.files import reason_of
from data.raw import Part, as_images, as_labels, as_pixels


def fetch(name: str) -> Part:
    """Fetch the table `name`; raise `DataError` if that fails or it holds no digits."""
    # Imported here: it takes longer than reading the whole of MNIST.
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            # It warns before each retry; the error below says it once.
            warnings.filterwarnings("ignore", "A network error occurred", UserWarning)
            table = fetch_openml(name=name, as_frame=False)
    # ValueError: no such data set, a wrong checksum, or a table it cannot parse.
    except (OSError, HTTPException, ValueError) as error:
        raise DataError(
            f"openml:{name}: cannot be fetched ({reason_of(error)}); check the name "
            "and the network, or use the source mnist, which needs none"
        ) from error
    where = f"openml:{name}"
    if not isinstance(table.data, np.ndarray) or not isinstance(
        table.target, np.ndarray
    ):
        raise DataError(
            f"{where}: must be a dense table with a label column, and is not; "
            "choose another data set, such as openml:mnist_784"
        )
    images = as_images(table.data)
    if images is None:
        raise DataError(
            f"{where}: images must be 28 x 28 (784 pixels), got "
            f"{table.data.shape[1]} numbers a row; choose another data set"
        )
    return Part(
        where=where,
        images=as_pixels(images, where=where),
        labels=as_labels(table.target, where=where),
    )
