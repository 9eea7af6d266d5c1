"""From names to implementations: built in, from a file, from a module."""

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compare import HyperParameters, registry
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
ON_A_GPU = [name for name, entry in ENGINES.items() if entry.device == "gpu"]


@pytest.fixture(autouse=True)
def _imports_left_as_they_were() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("own_", "my_")):
            del sys.modules[name]


def weights_of(dtype: str = "float32") -> Weights:
    return random_weights(SIZES, dtype, np.random.default_rng(0))


@pytest.mark.parametrize("name", engines.params())
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


@pytest.mark.parametrize(
    "name", ["numpy", "textbook", "torch", "torch-lean", "sklearn"]
)
def test_defaults_of_an_engine_are_those_of_the_default_recipe(name: str) -> None:
    """Engines import nothing of ours: what they repeat must be the same."""
    entry, ours = ENGINES[name], asdict(HyperParameters())
    module = importlib.import_module(entry.module)
    makers = [entry.factory, *filter(None, [entry.open_factory])]
    found = [getattr(module, maker) for maker in makers]
    if entry.module == "numpy_impl":
        found.append(make_optimizer)
    for maker in found:
        parameters = inspect.signature(maker).parameters.values()
        given = {p.name: p.default for p in parameters if p.default is not p.empty}
        shared = sorted(given.keys() & ours.keys())
        assert shared
        assert [given[key] for key in shared] == [ours[key] for key in shared]


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


@pytest.mark.parametrize("name", ["numpy", "torch", "sklearn"])
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
    entry = Engine("numpy_impl", "NumpyImplementation", "a twin", registry.NUMPY)
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


# --- one's own class ----------------------------------------------------------------

MINE = '''
"""Somebody's own network, which only remembers how it was made."""

import my_neighbour


class Base:
    def set_weights(self, weights): self.weights = weights
    def get_weights(self): return self.weights
    def train_epoch(self, X, y, order): pass
    def predict_proba(self, X): return X


class TakesAnObject(Base):
    def __init__(self, hyper_parameters): self.made_from = hyper_parameters


class TakesNames(Base):
    def __init__(self, *, learning_rate, batch_size=7, colour="red"):
        self.made_from = (learning_rate, batch_size, colour)


class TakesNamesByPosition(Base):
    def __init__(self, learning_rate, layer_sizes):
        self.made_from = (learning_rate, layer_sizes)


class TakesNothing(Base):
    made_from = None


class TakesAll(Base):
    def __init__(self, **options): self.made_from = options


class TakesBoth(Base):
    def __init__(self, hyper_parameters, momentum):
        self.made_from = (hyper_parameters, momentum)


def a_function(learning_rate):
    made = TakesNothing()
    made.made_from = learning_rate
    return made


class AsksTooMuch(Base):
    def __init__(self, width, height): pass


class AsksForAKeyword(Base):
    def __init__(self, *, width): pass


class LacksTwo:
    def set_weights(self, weights): pass
    def get_weights(self): pass
    train_epoch = None


class CannotDoIt(Base):
    def __init__(self): raise NotImplementedError("mine has no relu")


class Breaks(Base):
    def __init__(self): raise KeyError("inside")


not_callable = 3
'''


@pytest.fixture(params=["file.py:Name", "package.module:Name"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Return where MINE lies, as one would type it in its folder."""
    (tmp_path / "my_neighbour.py").write_text("")
    monkeypatch.chdir(tmp_path)
    if request.param == "file.py:Name":
        (tmp_path / "my_net.py").write_text(MINE)
        return "my_net.py"
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "net.py").write_text(MINE)
    return "my_package.net"


@pytest.mark.parametrize(
    ("name", "made_from"),
    [
        ("TakesAnObject", HYPER_PARAMETERS),
        ("TakesNames", (0.125, 8, "red")),
        ("TakesNamesByPosition", (0.125, SIZES)),
        ("TakesNothing", None),
        ("TakesBoth", (HYPER_PARAMETERS, 0.9)),
        ("a_function", 0.125),
    ],
)
def test_ways_to_ask_for_hyper_parameters(
    place: str, name: str, made_from: object
) -> None:
    implementation: Any = create(f"{place}:{name}", HYPER_PARAMETERS)
    assert implementation.made_from == made_from
    assert isinstance(implementation, Implementation)


def test_asking_for_all_of_them(place: str) -> None:
    implementation: Any = create(f"{place}:TakesAll", HYPER_PARAMETERS)
    options = implementation.made_from
    assert options["layer_sizes"] == SIZES
    assert options["betas"] == (0.9, 0.999)
    # The closed division: what nobody asked for is not passed.
    assert "dropout" not in options


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("AsksTooMuch", "asks for width, height: it may take one object with all"),
        ("AsksForAKeyword", "asks for width: it may take one object with all"),
        ("LacksTwo", "lacks the methods train_epoch, predict_proba: "),
        ("Missing", "has no 'Missing'; it defines my_neighbour, Base, TakesAnObject"),
        ("not_callable", "is not a class or function but 3"),
        ("", "names no class: give your own as"),
    ],
)
def test_what_cannot_take_part(place: str, name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)) as caught:
        create(f"{place}:{name}", HYPER_PARAMETERS)
    assert str(caught.value).strip("'").startswith(place)


def test_its_own_refusal_is_a_reason_and_its_own_error_is_not_hidden(
    place: str,
) -> None:
    with pytest.raises(UnsupportedError, match=r"^mine has no relu$"):
        create(f"{place}:CannotDoIt", HYPER_PARAMETERS)
    with pytest.raises(KeyError, match="inside"):
        create(f"{place}:Breaks", HYPER_PARAMETERS)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.py is not a file"):
        create(f"{tmp_path}/nowhere.py:Net", HYPER_PARAMETERS)
    with pytest.raises(UsageError, match=r"^importing no_such_package\.net failed: "):
        create("no_such_package.net:Net", HYPER_PARAMETERS)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def (", "SyntaxError"),
        ("import nothing_of_the_kind", "ModuleNotFoundError: No module named"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_a_file_that_cannot_be_imported(
    tmp_path: Path, source: str, sentence: str
) -> None:
    path = tmp_path / "my_broken.py"
    path.write_text(source)
    with pytest.raises(UsageError, match=f"^importing {path} failed: {sentence}"):
        create(f"{path}:Net", HYPER_PARAMETERS)
    assert not any("my_broken" in name for name in sys.modules)


def test_ones_own_data_py_does_not_take_the_place_of_ours(tmp_path: Path) -> None:
    """Neither as the file itself nor as its neighbour."""
    (tmp_path / "data.py").write_text(MINE.replace("import my_neighbour", ""))
    script = (
        "import sys\n"
        "from compare import HyperParameters, registry\n"
        "registry.create(sys.argv[1] + ':TakesNothing', HyperParameters())\n"
        "import data\n"
        "print(data.load.__name__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "data.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "load"


def test_two_files_of_the_same_name(tmp_path: Path) -> None:
    made = []
    for folder in ("one", "two"):
        path = tmp_path / folder / "my_net.py"
        path.parent.mkdir()
        source = MINE.replace("import my_neighbour", "")
        path.write_text(source.replace("made_from = None", f"made_from = {folder!r}"))
        implementation: Any = create(f"{path}:TakesNothing", HYPER_PARAMETERS)
        made.append(implementation.made_from)
    assert made == ["one", "two"]
