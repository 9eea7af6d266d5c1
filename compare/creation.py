"""From an entry of the registry to an object, or a sentence that says why not.

Refuses to know which engines there are: that is `registry`.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from compare.config import HyperParameters
from compare.contract import METHODS, Implementation
from compare.engine import Engine
from compare.errors import UnsupportedError, UsageError

NO_CONVOLUTIONS = "has no convolutional layers"


def attribute_of(name: str, entry: Engine, attribute: str) -> Callable[..., Any]:
    """Import one of the classes that an entry names.

    Raises
    ------
    UnsupportedError
        If a package that it needs is not installed.
    """
    if entry.needs:
        raise UnsupportedError(f"{name} {entry.needs}")
    module = importlib.import_module(entry.module)
    found: Callable[..., Any] = getattr(module, attribute)
    return found


def of_engine(
    name: str,
    entry: Engine,
    factory: Callable[..., Any],
    hyper_parameters: HyperParameters,
    settings: Mapping[str, Any],
) -> Any:
    """Return the object that an entry makes of the hyper-parameters.

    Raises
    ------
    UnsupportedError
        If it lacks what they ask for: convolutions, or something of the open division.
    """
    fields = hyper_parameters.fields_in_use
    if hyper_parameters.conv_layers:
        if not entry.conv_factory:
            raise UnsupportedError(f"{name} ({entry.summary}) {NO_CONVOLUTIONS}")
        factory = attribute_of(name, entry, entry.conv_factory)
    asked_for = list(hyper_parameters.open_division)
    if lacking := [s for s in asked_for if s not in entry.open_settings]:
        if not entry.open_factory:
            words = ", ".join(setting.replace("_", " ") for setting in lacking)
            raise UnsupportedError(f"{name} ({entry.summary}) has no {words}")
        factory = attribute_of(name, entry, entry.open_factory)
    elif asked_for:
        fields = hyper_parameters.closed_fields | hyper_parameters.open_division
    return factory(**fields, **settings)


def with_every_method(name: str, implementation: Any) -> Implementation:
    """Return the object; raise UsageError if it lacks a method of the contract."""
    missing = [m for m in METHODS if not callable(getattr(implementation, m, None))]
    if missing:
        raise UsageError(
            f"{name} lacks the method{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}: an implementation has {', '.join(METHODS)}"
        )
    return implementation  # type: ignore[no-any-return]  # checked just above
