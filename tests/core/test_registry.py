"""From names to implementations: the engines of the table."""

import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compare import HyperParameters, config, frameworks, registry
from compare.contract import METHODS, Implementation, WithGradients
from compare.engine import Engine, Framework
from compare.errors import UnsupportedError, UsageError
from compare.registry import ENGINES, create, validate_name
from numpy_impl.implementation import make_optimizer
from tests import engines
from tests.parity import Weights
from tests.problems import random_weights

ROOT = Path(__file__).parents[2]
SIZES = (6, 5, 4)
HYPER_PARAMETERS = HyperParameters(layer_sizes=SIZES, batch_size=8, learning_rate=0.125)
CONVOLUTIONAL = {
    "layer_sizes": (64, 8, 4),
    "conv_layers": ((3, 3),),
    "image_shape": (1, 8, 8),
}
ON_A_GPU = [name for name, entry in ENGINES.items() if entry.device == "gpu"]


def weights_of(dtype: str = "float32") -> Weights:
    return random_weights(SIZES, dtype, np.random.default_rng(0))


# In float32, which Numba would compile for this test alone.
@pytest.mark.parametrize("name", engines.params(slow=engines.is_numba))
def test_every_name_satisfies_the_contract(name: str) -> None:
    implementation = create(name, HYPER_PARAMETERS)
    assert isinstance(implementation, Implementation)
    assert isinstance(implementation, WithGradients) == (not ENGINES[name].no_loss)
    implementation.set_weights(weights_of())
    rng = np.random.default_rng(1)
    X = rng.random((30, 6), dtype=np.float32)
    y = rng.integers(4, size=30)
    assert implementation.train_epoch(X, y, rng.permutation(30)) is None  # type: ignore[func-returns-value]  # that is the test
    probs = implementation.predict_proba(X)
    assert probs.shape == (30, 4)
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-6)


def has_defaults(entry: Engine) -> bool:
    return entry.framework is not frameworks.NUMBA  # it must be told everything


@pytest.mark.parametrize("name", engines.params(has_defaults))
def test_defaults_of_an_engine_are_those_of_the_default_recipe(name: str) -> None:
    """Engines import nothing of ours: what they repeat must be the same."""
    entry, ours = ENGINES[name], asdict(HyperParameters())
    module = importlib.import_module(entry.module)
    factories = {entry.factory, entry.open_factory, entry.conv_factory} - {""}
    found = [getattr(module, factory) for factory in factories]
    if entry.module == "numpy_impl":
        found.append(make_optimizer)
    for maker in found:
        parameters = inspect.signature(maker).parameters.values()
        given = {p.name: p.default for p in parameters if p.default is not p.empty}
        shared = sorted(given.keys() & ours.keys())
        assert shared or any(p.kind is p.VAR_KEYWORD for p in parameters), maker
        assert [given[key] for key in shared] == [ours[key] for key in shared], maker


def test_the_list_of_methods_is_that_of_the_protocol() -> None:
    methods = {name for name in vars(Implementation) if not name.startswith("_")}
    assert set(METHODS) == methods


@pytest.mark.parametrize("name", ON_A_GPU)
def test_without_a_gpu_the_reason_is_given(name: str) -> None:
    if torch.cuda.is_available():
        assert isinstance(create(name, HYPER_PARAMETERS), Implementation)
        return
    with pytest.raises(UnsupportedError, match=r"no CUDA device|finds no GPU"):
        create(name, HYPER_PARAMETERS)


@pytest.mark.parametrize(
    "name",
    ["numpy", *(pytest.param(n, marks=pytest.mark.slow) for n in ("torch", "sklearn"))],
)
def test_a_name_imports_its_own_framework_only(name: str) -> None:
    script = (
        "import sys, compare.registry\n"
        f"compare.registry.find_factory({name!r})\n"
        "print(*sorted({'torch', 'sklearn'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ([] if name == "numpy" else [name])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("pytorch", " (did you mean torch?)"),
        ("", ""),
        ("numpy_impl", " (did you mean numpy?)"),
        ("NUMPY", ""),
    ],
)
def test_an_unknown_name(name: str, near: str) -> None:
    sentence = f"unknown implementation {name!r}{near}: choose from numpy, textbook, "
    for function in (validate_name, lambda n: create(n, HYPER_PARAMETERS)):
        with pytest.raises(UsageError, match=f"^{re.escape(sentence)}"):
            function(name)


@pytest.mark.parametrize("network", [{}, CONVOLUTIONAL], ids=["dense", "conv"])
@pytest.mark.parametrize("kind", ["activation", "optimizer"])
@pytest.mark.parametrize("name", engines.params(slow=engines.is_optional))
def test_what_an_engine_has_not_learned_yet_is_no_failure(
    name: str, kind: str, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is there for everybody as soon as one engine has it."""
    monkeypatch.setattr(config, "ACTIVATIONS", (*config.ACTIVATIONS, "new"))
    monkeypatch.setattr(config, "OPTIMIZERS", (*config.OPTIMIZERS, "new"))
    hyper_parameters = HyperParameters(**{**network, kind: "new"})
    reason = r"has no new: it offers (relu|sgd), |has no convolutional layers$"
    with pytest.raises(UnsupportedError, match=reason):
        create(name, hyper_parameters)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"optimizer": "adamw"}, "scikit-learn's MLPClassifier has no adamw"),
        ({"layer_sizes": (6, 5, 2)}, "needs at least 3 classes .*, got 2"),
    ],
)
def test_what_sklearn_refuses(changes: dict[str, Any], sentence: str) -> None:
    hyper_parameters = HyperParameters(**{**HYPER_PARAMETERS.to_dict(), **changes})
    with pytest.raises(UnsupportedError, match=sentence):
        create("sklearn", hyper_parameters)
    for name in ("numpy", "textbook", "torch"):
        assert isinstance(create(name, hyper_parameters), Implementation)


# --- an entry of the table, a package that is missing, and `all` ---------------------


def test_a_new_entry_takes_part_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Engine("numpy_impl", "NumpyImplementation", "a twin", frameworks.NUMPY)
    monkeypatch.setitem(ENGINES, "twin", entry)
    validate_name("twin")
    assert isinstance(create("twin", HYPER_PARAMETERS), Implementation)
    assert "twin" in registry.installed()
    assert "twin" in registry.chosen(["all"])
    assert registry.device_of("twin") == "cpu"
    assert "twin" in {param.values[0] for param in engines.params()}


ABSENT = Framework(
    {"numpy": "numpy", "no-such-package": "no_such_package"},
    ("blas",),
    "numpy",
    optional=True,
)


@pytest.mark.parametrize(
    ("optional", "cure"), [(True, "`make engines` installs it"), (False, "install it")]
)
def test_an_engine_without_its_package_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, optional: bool, cure: str
) -> None:
    framework = replace(ABSENT, optional=optional)
    monkeypatch.setitem(ENGINES, "gone", Engine("gone_impl", "Gone", "gone", framework))
    validate_name("gone")
    sentence = f"gone needs the package no-such-package, not installed here: {cure}"
    with pytest.raises(UnsupportedError, match=f"^{re.escape(sentence)}$"):
        create("gone", HYPER_PARAMETERS)
    assert "gone" not in registry.chosen(["all"])
    assert registry.chosen(["gone"]) == ["gone"]


def test_all_is_everything_installed_once() -> None:
    everyone = registry.installed()
    assert registry.chosen(["all"]) == everyone
    rest = [name for name in everyone if name != "torch"]
    assert registry.chosen(["torch", "all"]) == ["torch", *rest]
    assert registry.chosen(["numpy", "numpy"]) == ["numpy", "numpy"]
    with pytest.raises(UsageError, match="unknown implementation 'every'"):
        registry.chosen(["all", "every"])
