"""What the tests of the checker share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def few_objects() -> Iterator[None]:
    """Put what lives before the first test out of sight of `gc.get_objects`.

    The checker looks for functions among all objects of its process: the million that
    PyTorch, JAX and other tests have left here cost a quarter of a second each time.
    The files under test are all loaded later.
    """
    gc.freeze()
    yield
    gc.unfreeze()
