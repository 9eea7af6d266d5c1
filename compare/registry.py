"""Every engine of the suite: one entry, which says all that others must know of it.

`ENGINES` is the table. Whoever adds an engine adds a folder and a line here; every
command, the parity gate and every parity test then include it by themselves. Nothing
is imported before it is asked for by name.

A name that is not in the table points at a user's own class or function:
``path/to/file.py:Name`` or ``package.module:Name`` (see `own_code`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from compare import creation, own_code
from compare.config import HyperParameters
from compare.contract import Implementation
from compare.engine import WHOLE_STEP, Engine, Phases
from compare.errors import UnsupportedError, UsageError
from compare.frameworks import (
    JAX,
    KERAS,
    KERAS_BACKEND,
    NUMBA,
    NUMPY,
    SKLEARN,
    TORCH,
)
from compare.spelling import did_you_mean

ALL = "all"


NUMPY_PHASES: Phases = (
    ("network._forward", "forward"),
    ("network._backward", "backward"),
    ("optimizer.step_scaled", "update"),
)
TORCH_PHASES: Phases = (
    ("torch.nn:Sequential.__call__", "forward"),
    ("torch.nn.functional:cross_entropy", "forward"),
    ("torch:Tensor.backward", "backward"),
    ("optimizer.step", "update"),
)
SMOOTHING = ("label_smoothing",)
ENGINES: dict[str, Engine] = {
    "numpy": Engine(
        "numpy_impl",
        "NumpyImplementation",
        "by hand in NumPy, in place",
        NUMPY,
        open_factory="OpenNumpyImplementation",
        conv_factory="ConvNumpyImplementation",
        phases=NUMPY_PHASES,
    ),
    "textbook": Engine(
        "numpy_impl",
        "TextbookImplementation",
        "by hand in NumPy, a line per equation",
        NUMPY,
        conv_factory="ConvTextbookImplementation",
        phases=(
            ("numpy_impl.textbook:forward", "forward"),
            ("numpy_impl.textbook:loss_and_gradients", "backward"),
            ("numpy_impl.textbook_conv:forward", "forward"),
            ("numpy_impl.textbook_conv:loss_and_gradients", "backward"),
            ("_train_batch", "update"),
        ),
    ),
    "numpy-eps-hat": Engine(
        "numpy_impl",
        "NumpyImplementation",
        "numpy with scikit-learn's place for Adam's epsilon",
        NUMPY,
        {"epsilon_hat": True},
        open_factory="OpenNumpyImplementation",
        conv_factory="ConvNumpyImplementation",
        epsilon_hat=True,
        phases=NUMPY_PHASES,
    ),
    "numpy-skip": Engine(
        "numpy_impl",
        "NumpyImplementation",
        "numpy that leaves out pixels which are 0 in the whole batch",
        NUMPY,
        {"skip_zeros": True},
        phases=NUMPY_PHASES,
    ),
    "torch": Engine(
        "torch_impl",
        "TorchImplementation",
        "PyTorch, eager, defaults",
        TORCH,
        open_factory="OpenTorchImplementation",
        open_settings=SMOOTHING,
        conv_factory="TorchImplementation",
        phases=TORCH_PHASES,
    ),
    "torch-fused": Engine(
        "torch_impl",
        "TorchImplementation",
        "PyTorch with a fused optimizer",
        TORCH,
        {"fused": True},
        open_factory="OpenTorchImplementation",
        open_settings=SMOOTHING,
        conv_factory="TorchImplementation",
        phases=TORCH_PHASES,
    ),
    "torch-foreach": Engine(
        "torch_impl",
        "TorchImplementation",
        "PyTorch with an optimizer over lists of tensors",
        TORCH,
        {"foreach": True},
        open_factory="OpenTorchImplementation",
        open_settings=SMOOTHING,
        conv_factory="TorchImplementation",
        phases=TORCH_PHASES,
    ),
    "torch-lean": Engine(
        "torch_impl.lean",
        "LeanTorchImplementation",
        "PyTorch's autograd without modules and optimizer objects",
        TORCH,
        open_settings=SMOOTHING,
        conv_factory="LeanTorchImplementation",
        phases=(
            ("_loss", "forward"),
            ("torch.autograd:grad", "backward"),
            ("_apply", "update"),
        ),
    ),
    "torch-compile": Engine(
        "torch_impl.compiled",
        "CompiledTorchImplementation",
        "torch.compile around the whole step",
        TORCH,
        open_settings=SMOOTHING,
        conv_factory="CompiledTorchImplementation",
        compiles=True,
        phases=(("_step", WHOLE_STEP),),
    ),
    "torch-manual": Engine(
        "torch_impl.manual",
        "ManualTorchImplementation",
        "gradients by hand in PyTorch operations, without autograd",
        TORCH,
        phases=(
            ("_forward", "forward"),
            ("_backward", "backward"),
            ("_step", "update"),
        ),
    ),
    "torch-cuda": Engine(
        "torch_impl",
        "TorchImplementation",
        "PyTorch on a GPU",
        TORCH,
        {"device": "cuda"},
        open_factory="OpenTorchImplementation",
        open_settings=SMOOTHING,
        conv_factory="TorchImplementation",
        device="gpu",
    ),
    "torch-cuda-graph": Engine(
        "torch_impl.cuda_graph",
        "CudaGraphTorchImplementation",
        "PyTorch on a GPU, the step recorded as a CUDA graph",
        TORCH,
        open_settings=SMOOTHING,
        conv_factory="CudaGraphTorchImplementation",
        device="gpu",
    ),
    "sklearn": Engine(
        "sklearn_baseline",
        "SklearnImplementation",
        "scikit-learn's MLPClassifier",
        SKLEARN,
        epsilon_hat=True,
        no_loss="scikit-learn has no public way to ask for gradients",
        phases=(
            ("_model.partial_fit", "rest"),
            ("_model._forward_pass", "forward"),
            ("_model._backprop", "backward"),
            ("_model._optimizer.update_params", "update"),
        ),
    ),
    "keras": Engine(
        "keras_impl",
        "KerasImplementation",
        f"Keras 3 on {KERAS_BACKEND}: Sequential, compile, fit",
        KERAS,
        open_settings=SMOOTHING,
        conv_factory="KerasImplementation",
        epsilon_hat=True,
        compiles=True,
        no_loss="Keras has no way to ask for gradients that all its backends share",
        phases=(("model.fit", WHOLE_STEP),),
    ),
    "numba": Engine(
        "numba_impl",
        "NumbaImplementation",
        "by hand in compiled loops",
        NUMBA,
        phases=(("_train", WHOLE_STEP),),
    ),
    "numba-skip": Engine(
        "numba_impl",
        "NumbaImplementation",
        "numba that leaves out pixels which are 0 in the whole batch",
        NUMBA,
        {"skip_zeros": True},
        phases=(("_train", WHOLE_STEP),),
    ),
    "jax": Engine(
        "jax_impl",
        "JaxImplementation",
        "JAX, the whole epoch compiled as one loop",
        JAX,
        open_settings=SMOOTHING,
        conv_factory="JaxImplementation",
        phases=(("_train_whole", WHOLE_STEP),),
    ),
    "jax-step": Engine(
        "jax_impl",
        "JaxImplementation",
        "JAX, one compiled step per call, as most write it",
        JAX,
        {"whole_epoch": False},
        open_settings=SMOOTHING,
        conv_factory="JaxImplementation",
        phases=(("_train_by_step", WHOLE_STEP),),
    ),
    "jax-gpu": Engine(
        "jax_impl",
        "JaxImplementation",
        "JAX on a GPU, the whole epoch compiled as one loop",
        JAX,
        {"platform": "gpu"},
        open_settings=SMOOTHING,
        conv_factory="JaxImplementation",
        device="gpu",
    ),
}


def engine(name: str) -> Engine | None:
    """Return the entry of that name, or None for a user's own."""
    return ENGINES.get(name)


def device_of(name: str) -> str:
    """Return where an implementation computes; of a user's own we assume the CPU."""
    return ENGINES[name].device if name in ENGINES else "cpu"


def installed() -> list[str]:
    """Return the names of all engines that can run on this machine."""
    return [name for name, entry in ENGINES.items() if entry.can_run_here]


def chosen(names: Iterable[str]) -> list[str]:
    """Return the names given, `all` replaced by all that can run here.

    A name given twice stays twice, but `all` adds none that is there already.

    Raises
    ------
    UsageError
        If a name is unknown.
    """
    given = list(names)
    found = []
    for name in given:
        if name == ALL:
            found += [n for n in installed() if n not in given and n not in found]
        else:
            validate_name(name)
            found.append(name)
    return found


def packages() -> dict[str, str]:
    """Return every package of every engine, and the module that it is imported as."""
    found: dict[str, str] = {}
    for entry in ENGINES.values():
        found |= entry.framework.packages
    return found


def create(name: str, hyper_parameters: HyperParameters) -> Implementation:
    """Return a new implementation of that name, its weights not yet set.

    Raises
    ------
    UsageError
        If the name is unknown, its file or module cannot be imported, or the object
        lacks a method of the contract.
    UnsupportedError
        If the implementation cannot do what the hyper-parameters ask, or a package
        that it needs is not installed.
    """
    factory, settings = find_factory(name)
    return create_from(factory, hyper_parameters, settings=settings, name=name)


def create_from(
    factory: Callable[..., Any],
    hyper_parameters: HyperParameters,
    *,
    settings: Mapping[str, Any] | None = None,
    name: str,
) -> Implementation:
    """Return a new implementation made by `factory`; raises what `create` raises."""
    try:
        if name in ENGINES:
            implementation = creation.of_engine(
                name, ENGINES[name], factory, hyper_parameters, settings or {}
            )
        else:
            implementation = own_code.call(factory, hyper_parameters, name)
    except NotImplementedError as reason:
        raise UnsupportedError(str(reason)) from reason
    return creation.with_every_method(name, implementation)


def _nearest(name: str) -> str:
    """Return whom an unknown name may mean; a folder means its first engine."""
    folders: dict[str, str] = {}
    for known, entry in ENGINES.items():
        folders.setdefault(entry.folder, known)
    return did_you_mean(folders.get(name, name), ENGINES)


def validate_name(name: str) -> None:
    """Raise UsageError unless `name` is built in or looks like a place of one's own."""
    if name not in ENGINES and ":" not in name:
        raise UsageError(
            f"unknown implementation {name!r}{_nearest(name)}: choose "
            f"from {', '.join(ENGINES)}, or give your own as file.py:Name or "
            "package.module:Name"
        )
    if name not in ENGINES:
        own_code.validate(name)


def find_factory(name: str) -> tuple[Callable[..., Any], Mapping[str, Any]]:
    """Import what `name` points at; return it with the settings of an engine."""
    validate_name(name)
    if name not in ENGINES:
        return own_code.find(name), {}
    entry = ENGINES[name]
    return creation.attribute_of(name, entry, entry.factory), entry.settings
