"""One network, several implementations: the same arithmetic, honestly measured.

`python -m compare` is the main job. As a library: `HyperParameters`,
`initial_weights`, and `compare.registry.create(name, hyper_parameters)`.
"""

import importlib
from typing import Any

from compare.config import HyperParameters

__all__ = ["HyperParameters", "check", "initial_weights"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: a worker process must be able to import this package
    # without importing NumPy, whose import time it measures.
    if name == "initial_weights":
        from compare.weights import initial_weights

        return initial_weights
    if name == "check":
        return importlib.import_module("compare.check")  # it can be called
    raise AttributeError(f"module 'compare' has no attribute {name!r}")
