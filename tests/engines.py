"""The engines of the registry as parameters of a test.

A new entry in `compare.registry.ENGINES` so takes part in every test of all engines by
itself. One whose package is missing is skipped with the sentence that a user would
read; one that compiles for many seconds is left out of the default run.
"""

from collections.abc import Callable
from typing import Any

import pytest

from compare import registry
from compare.engine import Engine


def params(wanted: Callable[[Engine], bool] = lambda entry: True) -> list[Any]:
    """Return a parameter for every engine that computes on a CPU and is `wanted`."""
    return [
        param(name)
        for name, entry in registry.ENGINES.items()
        if entry.device == "cpu" and wanted(entry)
    ]


def param(name: str, *others: object) -> Any:
    """Return one parameter, beside whatever else the test takes."""
    entry = registry.ENGINES[name]
    marks = [pytest.mark.skipif(bool(entry.needs), reason=f"{name} {entry.needs}")]
    if entry.compiles:
        marks.append(pytest.mark.slow)
    label = "-".join([name, *map(str, others)])
    return pytest.param(name, *others, marks=marks, id=label)
