"""The page as one file without a server: drawing, looking inside, stepping.

For a course's web site: nothing is loaded, nothing is sent. It holds the weights, some
test images, the style and every module; its security policy lets it reach no network.
"""

import base64
from pathlib import Path

import numpy as np

from compare.files import write_atomically
from compare.lab import page
from compare.record.model_file import Model
from data import Dataset

N_IMAGES_PER_CLASS = 6


def render(model: Model, dataset: Dataset) -> str:
    """Return the page; the same model gives the same bytes."""
    modules = {
        f"lab/{name}": "data:text/javascript;base64,"
        + base64.b64encode(page.static(f"{name}.js")).decode()
        for name in page.MODULES
    }
    return page.render(
        page.config(model, dataset, images=_images(dataset)),
        modules=modules,
        nonce="",
        style=page.static("style.css").decode(),
    )


def write(path: Path, model: Model, dataset: Dataset) -> int:
    """Write the page and return its size in bytes."""
    content = render(model, dataset).encode()
    write_atomically(path, content)
    return len(content)


def _images(dataset: Dataset) -> list[dict[str, object]]:
    """Return the first test images of every class, in their order."""
    chosen = np.concatenate(
        [np.flatnonzero(dataset.y_test == k)[:N_IMAGES_PER_CLASS] for k in range(10)]
    )
    return [page.test_image(dataset, int(index)) for index in np.sort(chosen)]
