"""Data and plans so small that a whole comparison takes a second or two."""

from pathlib import Path
from typing import Any

import numpy as np

from compare.config import HyperParameters
from compare.record.plan import Plan
from tests.data import handmade

FILE = Path(__file__).with_name("misbehaving.py")
LAYERS = (784, 16, 10)


def own(name: str) -> str:
    """Return how the command line names a class of `misbehaving.py`."""
    return f"{FILE}:{name}"


def images(n: int, rng: np.random.Generator) -> bytes:
    """Return an image file: a bright patch says which class it is, noise does not."""
    pixels = rng.integers(0, 120, size=(n, 28, 28))
    for i, image in enumerate(pixels):
        label = i % 10
        image[2 * label : 2 * label + 4, 8:20] += 60
    return handmade.image_file(n, fill=pixels.astype(np.uint8).tobytes())


def write_data(folder: Path, *, n_train: int = 500, n_test: int = 100) -> Path:
    """Write a folder of four IDX files that a network can learn, but not perfectly."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    for n, image_name, label_name in (
        (n_train, handmade.TRAIN_IMAGES, handmade.TRAIN_LABELS),
        (n_test, handmade.TEST_IMAGES, handmade.TEST_LABELS),
    ):
        (folder / image_name).write_bytes(images(n, rng))
        labels = handmade.label_file([i % 10 for i in range(n)])
        (folder / label_name).write_bytes(labels)
    return folder


def plan(data: Path, *implementations: str, **changes: Any) -> Plan:
    """Return a plan of two seeds and three epochs over a 784-16-10 network."""
    names = {field: changes.pop(field) for field in list(changes) if field in HYPER}
    fields: dict[str, Any] = {"seeds": (0, 1), "n_epochs": 3, **changes}
    return Plan(
        implementations=implementations,
        hyper_parameters=HyperParameters(layer_sizes=LAYERS, **names),
        data=str(data),
        **fields,
    )


HYPER = set(HyperParameters().to_dict()) - {"n_epochs"}
