"""Which cases of a parametrized test belong to the default run; the others are slow."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest


def name_of_case(value: Any) -> str:
    """Return the text of a value, or of several."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def every(
    nth: int, values: Iterable[Any], name: Callable[[Any], str] = name_of_case
) -> list[Any]:
    """Return every `nth` value as a test of the default run, the others as slow ones.

    A tuple holds the values of several parameters.
    """
    return [
        _param(value, name(value), is_quick=number % nth == 0)
        for number, value in enumerate(values)
    ]


def only(quick: Collection[str], names: Iterable[str]) -> list[Any]:
    """Return those of `quick` as tests of the default run, the others as slow ones."""
    params = [_param(name, name, is_quick=name in quick) for name in names]
    assert len([p for p in params if not p.marks]) == len(quick), quick
    return params


def _param(value: Any, name: str, *, is_quick: bool) -> Any:
    several = value if isinstance(value, tuple) else (value,)
    return pytest.param(*several, id=name, marks=() if is_quick else pytest.mark.slow)
