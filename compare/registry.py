"""From a name to an implementation; imports only what is asked for.

A name is one of `BUILT_IN`, or points at a user's own class or function:
``path/to/file.py:Name`` or ``package.module:Name``. It receives the hyper-parameters
in the way it asks for them:

- one positional parameter: the `HyperParameters` object;
- keyword parameters with the names of hyper-parameters: just those;
- none: nothing.

What belongs to the open division (a schedule, label smoothing, ...) is passed only when
it is asked for, and refused for an implementation that does not take it.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.config import OPEN_DIVISION, SCHEDULE_PARAMETERS, HyperParameters
from compare.contract import METHODS, Implementation
from compare.errors import UnsupportedError, UsageError


@dataclass(frozen=True)
class BuiltIn:
    """Where an implementation lives, its options, and what it is in one line.

    `open_factory` is created instead of `factory` when something of the open division
    is asked for; without one, that is refused. `blas` says whose matrix products it
    uses, "numpy" or "torch"; "" is neither, which is so on a GPU.
    """

    module: str
    factory: str
    summary: str
    options: dict[str, Any] = field(default_factory=dict)
    open_factory: str = ""
    blas: str = "numpy"


OPEN_NUMPY, OPEN_TORCH = "OpenNumpyImplementation", "OpenTorchImplementation"

BUILT_IN: dict[str, BuiltIn] = {
    "numpy": BuiltIn(
        "numpy_impl",
        "NumpyImplementation",
        "by hand in NumPy, in place",
        open_factory=OPEN_NUMPY,
    ),
    "textbook": BuiltIn(
        "numpy_impl",
        "TextbookImplementation",
        "by hand in NumPy, a line per equation",
    ),
    "numpy-eps-hat": BuiltIn(
        "numpy_impl",
        "NumpyImplementation",
        "numpy with scikit-learn's place for Adam's epsilon",
        {"epsilon_hat": True},
        OPEN_NUMPY,
    ),
    "torch": BuiltIn(
        "torch_impl",
        "TorchImplementation",
        "PyTorch, eager, defaults",
        open_factory=OPEN_TORCH,
        blas="torch",
    ),
    "torch-fused": BuiltIn(
        "torch_impl",
        "TorchImplementation",
        "PyTorch with a fused optimizer",
        {"fused": True},
        OPEN_TORCH,
        blas="torch",
    ),
    "torch-foreach": BuiltIn(
        "torch_impl",
        "TorchImplementation",
        "PyTorch with an optimizer over lists of tensors",
        {"foreach": True},
        OPEN_TORCH,
        blas="torch",
    ),
    "torch-lean": BuiltIn(
        "torch_impl.lean",
        "LeanTorchImplementation",
        "PyTorch's autograd without modules and optimizer objects",
        blas="torch",
    ),
    "torch-compile": BuiltIn(
        "torch_impl.compiled",
        "CompiledTorchImplementation",
        "torch.compile around the whole step",
        blas="torch",
    ),
    "torch-manual": BuiltIn(
        "torch_impl.manual",
        "ManualTorchImplementation",
        "gradients by hand in PyTorch operations, without autograd",
        blas="torch",
    ),
    "torch-cuda": BuiltIn(
        "torch_impl",
        "TorchImplementation",
        "PyTorch on a GPU",
        {"device": "cuda"},
        OPEN_TORCH,
        blas="",
    ),
    "torch-cuda-graph": BuiltIn(
        "torch_impl.cuda_graph",
        "CudaGraphTorchImplementation",
        "PyTorch on a GPU, the step recorded as a CUDA graph",
        blas="",
    ),
    "sklearn": BuiltIn(
        "sklearn_baseline", "SklearnImplementation", "scikit-learn's MLPClassifier"
    ),
}


def create(name: str, hyper_parameters: HyperParameters) -> Implementation:
    """Return a new implementation of that name, its weights not yet set.

    Raises
    ------
    UsageError
        If the name is unknown, its file or module cannot be imported, or the object
        lacks a method of the contract.
    UnsupportedError
        If the implementation cannot do what the hyper-parameters ask.
    """
    factory, options = find_factory(name)
    return create_from(factory, hyper_parameters, options=options, name=name)


def create_from(
    factory: Callable[..., Any],
    hyper_parameters: HyperParameters,
    *,
    options: dict[str, Any] | None = None,
    name: str,
) -> Implementation:
    """Return a new implementation made by `factory`; raises what `create` raises."""
    try:
        implementation = _call(factory, hyper_parameters, options or {}, name)
    except NotImplementedError as reason:
        raise UnsupportedError(str(reason)) from reason
    missing = [m for m in METHODS if not callable(getattr(implementation, m, None))]
    if missing:
        raise UsageError(
            f"{name} lacks the method{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}: an implementation has {', '.join(METHODS)}"
        )
    return implementation  # type: ignore[no-any-return]  # checked just above


def validate_name(name: str) -> None:
    """Raise UsageError unless `name` is built in or looks like a place of one's own."""
    if name not in BUILT_IN and ":" not in name:
        raise UsageError(
            f"unknown implementation {name!r}: choose from {', '.join(BUILT_IN)}, "
            "or give your own as file.py:Name or package.module:Name"
        )


def find_factory(name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Import what `name` points at; return it with the options of a built-in."""
    validate_name(name)
    if name in BUILT_IN:
        built_in = BUILT_IN[name]
        module = importlib.import_module(built_in.module)
        return getattr(module, built_in.factory), built_in.options
    place, _, attribute = name.rpartition(":")
    module = load_place(place)
    try:
        factory = getattr(module, attribute)
    except AttributeError:
        public = [n for n in vars(module) if not n.startswith("_")]
        raise UsageError(
            f"{place} has no {attribute!r}; it defines {', '.join(public) or 'nothing'}"
        ) from None
    if not callable(factory):
        raise UsageError(f"{name} is not a class or function but {factory!r}")
    return factory, {}


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
    if not path.is_file():
        raise UsageError(f"{place} is not a file: give your own as file.py:Name")
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


def _call(
    factory: Callable[..., Any],
    hyper_parameters: HyperParameters,
    options: dict[str, Any],
    name: str,
) -> Any:
    fields = hyper_parameters.to_dict()
    asked_for = hyper_parameters.open_division
    if not asked_for:
        for open_name in (*OPEN_DIVISION, *SCHEDULE_PARAMETERS):
            del fields[open_name]
    if name in BUILT_IN:
        if asked_for:
            factory = _open_factory(BUILT_IN[name], name, asked_for)
        return factory(**fields, **options)
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        parameters = ()  # type: ignore[assignment]  # a C callable: ask nothing of it
    unknown = [
        p
        for p in parameters
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        and p.name not in fields
        and p.default is p.empty
    ]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        wanted = fields
    else:
        wanted = {p.name: fields[p.name] for p in parameters if p.name in fields}
    if len(unknown) == 1 and unknown[0].kind is not unknown[0].KEYWORD_ONLY:
        return factory(hyper_parameters, **wanted)
    _refuse(name, "does not take", [key for key in asked_for if key not in wanted])
    if unknown:
        asked = ", ".join(p.name for p in unknown)
        raise UsageError(
            f"{name} asks for {asked}: it may take one object with all "
            f"hyper-parameters, or parameters named {', '.join(fields)}"
        )
    return factory(**wanted)


def _open_factory(
    built_in: BuiltIn, name: str, asked_for: dict[str, Any]
) -> Callable[..., Any]:
    if not built_in.open_factory:
        _refuse(name, f"({built_in.summary}) has no", list(asked_for))
    module = importlib.import_module(built_in.module)
    factory: Callable[..., Any] = getattr(module, built_in.open_factory)
    return factory


def _refuse(name: str, lacks: str, missing: list[str]) -> None:
    if missing:
        words = ", ".join(key.replace("_", " ") for key in missing)
        raise UnsupportedError(f"{name} {lacks} {words}, of the open division")
