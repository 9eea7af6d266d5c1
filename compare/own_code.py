"""A user's own implementation: find its file or module, and call it.

It receives the hyper-parameters in the way it asks for them:

- parameters with the names of hyper-parameters, or with names that people often give
  them (`ALIASES`): just those;
- a first parameter of any other name: the `HyperParameters` object;
- none: nothing.

What belongs to the open division (a schedule, label smoothing, ...) is passed only when
it is asked for, or where a parameter has no default, and refused for an implementation
that does not take it; so are convolutional layers.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.config import (
    CONVOLUTION_PARAMETERS,
    OPEN_DIVISION,
    SCHEDULE_PARAMETERS,
    HyperParameters,
)
from compare.errors import UnsupportedError, UsageError

# Names that people give to hyper-parameters, beside their own.
ALIASES = {
    "learning_rate": ("lr", "eta", "alpha", "step_size", "learn_rate", "rate"),
    "layer_sizes": ("sizes", "layers", "dims", "layer_dims", "layers_dims"),
    "batch_size": ("batch", "mini_batch_size", "minibatch_size", "bs"),
    "momentum": ("mu", "beta"),
    "weight_decay": ("lam", "lmbda", "lambda_", "l2", "reg", "wd"),
    "activation": ("act", "activation_function"),
}
# What is passed to those who need not have it only where it is asked for.
NOT_ALWAYS = (*CONVOLUTION_PARAMETERS, *OPEN_DIVISION, *SCHEDULE_PARAMETERS)
FIELD_OF = {alias: name for name, aliases in ALIASES.items() for alias in aliases}


def field_of(parameter: str) -> str:
    """Return the hyper-parameter that a parameter of this name means, or the name."""
    return FIELD_OF.get(parameter, parameter)


def _other_values(layer_sizes: tuple[int, ...]) -> dict[str, Any]:
    """Return values for what constructors ask for beside hyper-parameters."""
    first, *hidden, last = layer_sizes
    named: tuple[tuple[Any, str], ...] = (
        (first, "input_size n_inputs n_features input_dim n_in"),
        (last, "output_size n_outputs n_classes output_dim num_classes n_out"),
        (hidden, "hidden_sizes hidden_layers hidden_layer_sizes hidden_dims hidden"),
        (1, "epochs n_epochs num_epochs"),
        (0, "seed random_state"),
    )
    return {name: value for value, names in named for name in names.split()}


def find(name: str) -> Callable[..., Any]:
    """Import file.py:Name or package.module:Name; return the class or function.

    Raises
    ------
    UsageError
        If it is not there, cannot be imported or cannot be called.
    """
    place, _, attribute = name.rpartition(":")
    module = load_place(place)
    try:
        factory: Any = getattr(module, attribute)
    except AttributeError:
        public = [n for n in vars(module) if not n.startswith("_")]
        raise UsageError(
            f"{place} has no {attribute!r}; it defines {', '.join(public) or 'nothing'}"
        ) from None
    if not callable(factory):
        raise UsageError(f"{name} is not a class or function but {factory!r}")
    return factory  # type: ignore[no-any-return]  # checked just above


def validate(name: str) -> None:
    """Raise UsageError for a name that cannot lead to a class; imports nothing.

    What is found only on import is refused by `find`.
    """
    place, _, attribute = name.rpartition(":")
    if not place or not attribute.isidentifier():
        raise UsageError(
            f"{name!r} names no class: give your own as file.py:Name or "
            "package.module:Name"
        )
    if place.endswith(".py"):
        _require_file(place)
    elif place.partition(".")[0] in sys.stdlib_module_names:
        raise UsageError(
            f"{name}: {place} is a module of Python itself, and holds no network; "
            "give your own as file.py:Name or package.module:Name"
        )


def _require_file(place: str) -> None:
    try:
        is_file = Path(place).is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL byte
        is_file = False
    if not is_file:
        raise UsageError(f"{place} is not a file: give your own as file.py:Name")


def load_place(place: str) -> Any:
    """Import path/to/file.py or package.module; return the module.

    Raises
    ------
    UsageError
        If it is not there or cannot be imported; its cause is the original error.
    """
    return _load_file(place) if place.endswith(".py") else _load_module(place)


def _load_file(place: str) -> Any:
    path = Path(place)
    _require_file(place)
    # Its neighbours can be imported, as when it is run as a script; but last, and
    # under a name of its own: a data.py or numpy.py must not take the place of ours.
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.append(folder)
    module_name = f"own_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{place} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise UsageError(_import_failure(place, error)) from error
    return module


def _load_module(place: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise UsageError(_import_failure(place, error)) from error


def _import_failure(place: str, error: BaseException) -> str:
    return f"importing {place} failed: {type(error).__name__}: {error}"


def call(
    factory: Callable[..., Any], hyper_parameters: HyperParameters, name: str
) -> Any:
    """Return what `factory` makes of the hyper-parameters that it asks for.

    Raises
    ------
    UsageError
        If it asks for something else.
    UnsupportedError
        If convolutional layers or something of the open division are wanted, and it
        does not take them.
    """
    fields = hyper_parameters.fields_in_use
    asked_for = list(hyper_parameters.open_division)
    if hyper_parameters.conv_layers:
        asked_for.insert(0, "conv_layers")
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        parameters = []  # a C callable: ask nothing of it
    others = _other_values(fields["layer_sizes"])
    # Who insists on something that is not asked for gets the value that means nothing.
    others |= {
        p.name: getattr(hyper_parameters, p.name)
        for p in parameters
        if p.name in NOT_ALWAYS and p.name not in others
    }
    unknown = [
        p
        for p in parameters
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        and field_of(p.name) not in fields | others
        and p.default is p.empty
    ]
    wanted = {
        p.name: fields[field_of(p.name)]
        for p in parameters
        if field_of(p.name) in fields and p.kind is not p.VAR_KEYWORD
    }
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        wanted = fields | wanted
    wanted |= {
        p.name: others[p.name]
        for p in parameters
        if p.name in others and p.name not in wanted and p.default is p.empty
    }
    takes_object = unknown == parameters[:1] and bool(unknown)
    if takes_object and unknown[0].kind is not unknown[0].KEYWORD_ONLY:
        return factory(hyper_parameters, **wanted)
    if lacking := [key for key in asked_for if key not in wanted]:
        raise UnsupportedError(
            f"{name} does not take {', '.join(lacking)}, which this training asks for"
        )
    if unknown:
        asked = ", ".join(p.name for p in unknown)
        raise UsageError(
            f"{name} asks for {asked}: it may take one object with all "
            f"hyper-parameters, or parameters named {', '.join(fields)}"
        )
    return factory(**wanted)
