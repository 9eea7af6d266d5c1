"""What each framework decides when nobody says anything, read from the framework.

Values come from the signatures of the installed version, so that they are true for it.
What no signature holds, how `nn.Linear` draws its weights, say, stands here with the
place where it is documented; tests hold these against the frameworks. PyTorch has no
training loop, so the number of epochs and the size of a batch are those of the first
example of its documentation.
"""

import importlib
import importlib.util
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from compare.errors import UnsupportedError
from compare.explain.settings import SETTINGS, Configuration
from compare.registry import ENGINES

QUICKSTART = "Quickstart"


@dataclass(frozen=True)
class Defaults:
    """A framework's own training, and what its documentation calls each setting."""

    framework: str
    configuration: Configuration
    names: Mapping[str, str]
    """Setting -> the argument or the place in the documentation."""


def of(engine: str, *, optimizer: str, activation: str, n_samples: int) -> Defaults:
    """Return the defaults of the framework that an engine of the registry stands for.

    `n_samples` is the number of training images, on which some depend.

    Raises
    ------
    UnsupportedError
        If its framework is not installed, or has no such optimizer.
    """
    return FRAMEWORKS[framework_of(engine)](optimizer, activation, n_samples)


def framework_of(engine: str) -> str:
    """Return the framework behind an engine: ours, if it has no defaults of its own."""
    return {
        "torch_impl": "torch",
        "sklearn_baseline": "sklearn",
        "keras_impl": "keras",
    }.get(ENGINES[engine].folder, "ours")


def _need(package: str, name: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise UnsupportedError(
            f"the defaults of {name} are read from {name}, which is not installed"
        )


def _signature(callable_: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(callable_).parameters.items()
    }


def _torch(optimizer: str, activation: str, n_samples: int) -> Defaults:
    _need("torch", "PyTorch")
    import torch
    from torch.utils.data import DataLoader

    kinds: dict[str, Any] = {
        "sgd": torch.optim.SGD,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
    kind = kinds[optimizer]
    own = _signature(kind)
    loader = _signature(DataLoader)
    configuration = Configuration(
        optimizer=optimizer,
        learning_rate=float(own["lr"]),
        momentum=float(own.get("momentum", 0)),
        nesterov=bool(own.get("nesterov", False)),
        betas=own.get("betas", (0.9, 0.999)),
        eps=own.get("eps", 1e-8),
        epsilon="after",
        l2=float(own["weight_decay"]),
        l2_on="all",
        weights="fan-in",
        biases="fan-in",
        batch_size=64,
        shuffle=bool(loader["shuffle"]),
        dtype=str(torch.get_default_dtype()).removeprefix("torch."),
        n_epochs=5,
    )
    name = f"optim.{kind.__name__}"
    alone = loader["batch_size"]
    return Defaults(
        "PyTorch",
        configuration,
        {
            "initial weights": "nn.Linear",
            "biases' start": "nn.Linear",
            "learning rate": f"{name}(lr)",
            "momentum": f"{name}(momentum)",
            "Nesterov": f"{name}(nesterov)",
            "Adam's betas": f"{name}(betas)",
            "Adam's epsilon": f"{name}(eps)",
            "place of epsilon": name,
            "L2": f"{name}(weight_decay)",
            "L2 acts on": f"{name}(params)",
            "batch size": f"{QUICKSTART} (DataLoader: {alone})",
            "shuffling": "DataLoader(shuffle)",
            "precision": "get_default_dtype()",
            "stopping rule": "it has none",
            "number of epochs": QUICKSTART,
        },
    )


def _sklearn(optimizer: str, activation: str, n_samples: int) -> Defaults:
    _need("sklearn", "scikit-learn")
    from sklearn.neural_network import MLPClassifier

    if optimizer not in ("sgd", "adam"):
        raise UnsupportedError(
            f"scikit-learn's MLPClassifier has no {optimizer}: it offers sgd, adam"
        )
    own = _signature(MLPClassifier)
    automatic = own["batch_size"] == "auto"
    start = "glorot-logistic" if activation == "sigmoid" else "glorot"
    configuration = Configuration(
        optimizer=optimizer,
        learning_rate=own["learning_rate_init"],
        momentum=own["momentum"],
        nesterov=own["nesterovs_momentum"],
        betas=(own["beta_1"], own["beta_2"]),
        eps=own["epsilon"],
        epsilon="before",
        l2=own["alpha"],
        l2_per_batch=True,
        l2_on="weights",
        weights=start,
        biases=start,
        batch_size=min(200, n_samples) if automatic else own["batch_size"],
        shuffle=own["shuffle"],
        dtype="float64",
        tol=own["tol"],
        patience=own["n_iter_no_change"],
        n_epochs=own["max_iter"],
    )
    return Defaults(
        "scikit-learn",
        configuration,
        {
            "initial weights": "MLPClassifier",
            "biases' start": "MLPClassifier",
            "optimizer": "solver",
            "learning rate": "learning_rate_init",
            "momentum": "momentum",
            "Nesterov": "nesterovs_momentum",
            "Adam's betas": "beta_1, beta_2",
            "Adam's epsilon": "epsilon",
            "place of epsilon": "solver='adam'",
            "L2": "alpha",
            "L2 acts on": "alpha",
            "batch size": "batch_size='auto'",
            "shuffling": "shuffle",
            "precision": "as X; its loaders: float64",
            "stopping rule": "tol, n_iter_no_change",
            "number of epochs": "max_iter",
        },
    )


def _keras(optimizer: str, activation: str, n_samples: int) -> Defaults:
    _need("keras", "Keras")
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras: Any = importlib.import_module("keras")
    kinds: dict[str, Any] = {
        "sgd": keras.optimizers.SGD,
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
    }
    own = _signature(kinds[optimizer])
    dense, fit = _signature(keras.layers.Dense.__init__), _signature(keras.Model.fit)
    starts = {"glorot_uniform": "glorot", "zeros": "zero", "he_normal": "he-normal"}
    configuration = Configuration(
        optimizer=optimizer,
        learning_rate=own["learning_rate"],
        momentum=own.get("momentum", 0.0),
        nesterov=own.get("nesterov", False),
        betas=(own.get("beta_1", 0.9), own.get("beta_2", 0.999)),
        eps=own.get("epsilon", 1e-7),
        epsilon="before",
        l2=(own.get("weight_decay") or 0.0) if optimizer == "adamw" else 0.0,
        l2_on="all" if optimizer == "adamw" else "weights",
        weights=starts[dense["kernel_initializer"]],
        biases=starts[dense["bias_initializer"]],
        batch_size=fit["batch_size"] or 32,
        shuffle=fit["shuffle"],
        dtype=keras.config.floatx(),
        n_epochs=fit["epochs"],
    )
    name = kinds[optimizer].__name__
    return Defaults(
        "Keras",
        configuration,
        {
            "initial weights": "Dense(kernel_initializer)",
            "biases' start": "Dense(bias_initializer)",
            "learning rate": f"{name}(learning_rate)",
            "momentum": f"{name}(momentum)",
            "Nesterov": f"{name}(nesterov)",
            "Adam's betas": f"{name}(beta_1, beta_2)",
            "Adam's epsilon": f"{name}(epsilon)",
            "place of epsilon": name,
            "L2": "Dense(kernel_regularizer)",
            "L2 acts on": "Dense(kernel_regularizer)",
            "batch size": "fit(batch_size)",
            "shuffling": "fit(shuffle)",
            "precision": "config.floatx()",
            "stopping rule": "fit(callbacks)",
            "number of epochs": "fit(epochs)",
        },
    )


def _ours(optimizer: str, activation: str, n_samples: int) -> Defaults:
    """Return this project's own: NumPy, JAX and Numba bring no network to train."""
    from compare import recipe as recipes

    recipe = recipes.load("default")
    own = recipe.hyper_parameters
    starts = {
        "he_normal": "he-normal",
        "he_uniform": "he-uniform",
        "glorot_uniform": "glorot",
        "torch_default": "fan-in",
    }
    configuration = Configuration(
        optimizer=optimizer,
        learning_rate=own.learning_rate if optimizer == own.optimizer else 0.001,
        momentum=own.momentum,
        nesterov=own.nesterov,
        betas=own.betas,
        eps=own.eps,
        l2=own.weight_decay,
        weights=starts[recipe.init],
        biases="fan-in" if recipe.init == "torch_default" else "zero",
        batch_size=own.batch_size,
        dtype=own.dtype,
        n_epochs=recipe.n_epochs,
    )
    words = "this suite's default recipe"
    names = {setting.name: words for setting in SETTINGS}
    return Defaults("this suite", configuration, names)


FRAMEWORKS: dict[str, Callable[[str, str, int], Defaults]] = {
    "torch": _torch,
    "sklearn": _sklearn,
    "keras": _keras,
    "ours": _ours,
}


# Where initial weights are documented: for a convolution beside the dense layer.
CONVOLUTIONS = {"nn.Linear": "nn.Linear, nn.Conv2d", "Dense(": "Dense, Conv2D("}


def with_convolutions(defaults: Defaults) -> Defaults:
    """Return the defaults with the names of a network that has convolutions."""
    names = dict(defaults.names)
    for setting, name in names.items():
        for dense, both in CONVOLUTIONS.items():
            names[setting] = name = name.replace(dense, both)
    return replace(defaults, names=names)


def changed(defaults: Defaults, fields: dict[str, Any]) -> Defaults:
    """Return the defaults with what the user has set instead, and said so."""
    touched = {s.name for s in SETTINGS if any(f in fields for f in s.fields)}
    return Defaults(
        defaults.framework,
        replace(defaults.configuration, **fields),
        {**defaults.names, **dict.fromkeys(touched, "as you asked")},
    )
