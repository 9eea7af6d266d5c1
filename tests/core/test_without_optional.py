"""Without JAX, Keras and Numba everything else is as it was.

They are installed on most machines that run the tests, so they are hidden here: in a
process of its own, whose importer finds none of them.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compare.measure.transport import ROOT
from compare.registry import ENGINES
from tests.started import SMALL, command

HIDDEN = {"jax", "jaxlib", "keras", "numba"}

# Python imports a module of this name by itself when it starts, in the worker
# processes too.
SITECUSTOMIZE = f"""
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN!r}:
            return None
        return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""


def run_hidden(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        timeout=300,
        check=False,
    )


ASK = """
import importlib
from compare import HyperParameters, registry
from compare.recipe import Recipe
from compare.errors import UnsupportedError

for name in HIDDEN:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{name} is not hidden")
print(*registry.installed())
print(*Recipe.implementations)
for name, entry in registry.ENGINES.items():
    if entry.framework.optional:
        try:
            registry.create(name, HyperParameters())
        except UnsupportedError as error:
            print(error)
"""


def test_only_their_rows_are_missing(tmp_path: Path) -> None:
    """The default stays, `all` leaves them out, and each says what it needs."""
    code = ASK.replace("HIDDEN", repr(sorted(HIDDEN)))
    done = run_hidden(tmp_path, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    everyone, default, *sentences = done.stdout.splitlines()
    optional = [n for n, entry in ENGINES.items() if entry.framework.optional]
    assert {"numpy", "numpy-skip", "torch", "sklearn"} <= set(everyone.split())
    assert not set(optional) & set(everyone.split())
    assert default == "numpy torch sklearn"
    assert len(sentences) == len(optional) > 0
    for name, sentence in zip(optional, sentences, strict=True):
        assert sentence.startswith(f"{name} needs the package")
        assert "not installed here: `make engines` installs" in sentence


@pytest.mark.slow
def test_a_run_says_what_is_missing(folder_of_data: Path, tmp_path: Path) -> None:
    given = ("--data", str(folder_of_data), *SMALL, "--out", str(tmp_path / "out"))
    done = run_hidden(tmp_path, *command("--impl", "numpy", "jax", *given))
    assert "n/a: jax needs the packages jax, jaxlib, not installed" in done.stdout
    assert "Traceback" not in done.stderr
