"""One network, several implementations: the same arithmetic, honestly measured.

`python -m compare` is the main job. As a library: `HyperParameters`,
`initial_weights`, `compare.registry.create(name, hyper_parameters)`, and
`compare.check(implementation)`.
"""

# What type checkers take for true. The import of `typing` takes longer than all that
# is imported here, and a Ctrl-C in it would show a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compare.config import HyperParameters
    from compare.weights import initial_weights

__all__ = ["HyperParameters", "check", "initial_weights"]


def __getattr__(name: str) -> "Any":
    import importlib

    # Imported when asked for: a worker process must be able to import this package
    # without importing NumPy, whose import time it measures, and the command line is
    # ready for a Ctrl-C at once.
    if name == "check":
        return importlib.import_module("compare.check")  # it can be called
    places = {"HyperParameters": "config", "initial_weights": "weights"}
    if name in places:
        return getattr(importlib.import_module(f"compare.{places[name]}"), name)
    raise AttributeError(f"module 'compare' has no attribute {name!r}")
