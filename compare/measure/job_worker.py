"""A process of a `Pool`: it carries out functions of the suite, one after the other."""

import importlib
from typing import Any

from compare.measure.worker import serve


class Jobs:
    """The one request that it answers."""

    def call(self, *, function: str, arguments: dict[str, Any]) -> Any:
        """Run a function, given as ``module:name``; what it returns must fit JSON."""
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(**arguments)


if __name__ == "__main__":
    serve(Jobs())
