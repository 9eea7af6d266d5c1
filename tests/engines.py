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


def params(
    wanted: Callable[[Engine], bool] = lambda entry: True,
    *others: object,
    slow: Callable[[Engine], bool] = lambda entry: False,
) -> list[Any]:
    """Return a parameter for every engine that computes on a CPU and is `wanted`.

    `slow` says of which the test is left out of the default run, beside those that
    compile for many seconds.
    """
    return [
        param(name, *others, slow=slow(entry))
        for name, entry in registry.ENGINES.items()
        if entry.device == "cpu" and wanted(entry)
    ]


def is_optional(entry: Engine) -> bool:
    """Its packages are not in `requirements.txt`, and all of them compile."""
    return entry.framework.optional


def is_numba(entry: Engine) -> bool:
    """It compiles each dtype anew, in ten seconds."""
    return "numba" in entry.framework.packages


def is_jax(entry: Engine) -> bool:
    """It compiles each optimizer, activation, dtype and size anew, in half a second."""
    return "jax" in entry.framework.packages


def is_jax_step(entry: Engine) -> bool:
    """The step of `jax`, compiled once more, without the loop round it."""
    return entry.settings == {"whole_epoch": False}


def param(name: str, *others: object, slow: bool = False) -> Any:
    """Return one parameter, beside whatever else the test takes."""
    entry = registry.ENGINES[name]
    marks = [pytest.mark.skipif(bool(entry.needs), reason=f"{name} {entry.needs}")]
    if entry.compiles or slow:
        marks.append(pytest.mark.slow)
    label = "-".join([name, *map(str, others)])
    return pytest.param(name, *others, marks=marks, id=label)
