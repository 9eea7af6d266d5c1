"""From a place to one's own class: in a file, or in a module."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compare import HyperParameters
from compare.contract import Implementation
from compare.errors import UnsupportedError, UsageError
from compare.registry import create

ROOT = Path(__file__).parents[2]
SIZES = (6, 5, 4)
HYPER_PARAMETERS = HyperParameters(layer_sizes=SIZES, batch_size=8, learning_rate=0.125)


@pytest.fixture(autouse=True)
def _imports_left_as_they_were() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("own_", "my_")):
            del sys.modules[name]


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


class AsksForAColour(Base):
    def __init__(self, learning_rate, colour): pass


class InsistsOnWhatIsNotAskedFor(Base):
    def __init__(self, layer_sizes, label_smoothing, conv_layers, n_epochs):
        self.made_from = (layer_sizes, label_smoothing, conv_layers, n_epochs)


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
        ("InsistsOnWhatIsNotAskedFor", (SIZES, 0.0, (), 1)),
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
        ("AsksForAColour", "asks for colour: it may take one object with all"),
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
