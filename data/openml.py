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
from data.raw import Raw, as_labels, as_pixels, labelled


def fetch(name: str) -> Raw:
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
    labels = table.target
    if labels.dtype.kind in "OU":  # OpenML writes classes as text: "0" to "9"
        labels = _as_numbers(labels, where=where)
    return Raw(
        train=labelled(
            as_pixels(table.data, where=where),
            as_labels(labels, where=where),
            images_from=where,
            labels_from=where,
        )
    )


def _as_numbers(labels: np.ndarray, *, where: str) -> np.ndarray:
    for row, label in enumerate(labels, start=1):
        try:
            float(label)
        except (TypeError, ValueError):
            raise DataError(
                f"{where}, row {row}: a label must be a whole number from 0 to 9, got "
                f"the text {str(label)[:20]!r}; choose a data set of ten classes 0 to 9"
            ) from None
    return labels.astype(np.float64)
