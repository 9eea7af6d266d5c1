"""What `pip install -e .` puts in place: a command, and every package by one path."""

from __future__ import annotations

import fnmatch
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from compare.registry import ENGINES

ROOT = Path(__file__).parents[2]
OURS = sorted({"compare", "data", *(entry.folder for entry in ENGINES.values())})


def project() -> dict[str, dict[str, object]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def test_the_command_leads_to_a_function() -> None:
    (target,) = project()["project"]["scripts"].values()  # type: ignore[attr-defined]  # a table
    module, name = target.split(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_package_of_ours_is_installed() -> None:
    tool = project()["tool"]["setuptools"]
    patterns = tool["packages"]["find"]["include"]  # type: ignore[index]  # tables
    for package in OURS:
        assert any(fnmatch.fnmatch(package, pattern) for pattern in patterns), package


def test_mypy_reads_every_package_of_ours() -> None:
    patterns = project()["tool"]["mypy"]["files"]  # type: ignore[index]  # a table
    for package in OURS:
        assert any(fnmatch.fnmatch(package, pattern) for pattern in patterns), package


def test_a_folder_called_data_hides_nothing(tmp_path: Path) -> None:
    """An editable install is one more entry of sys.path, behind the folder at hand."""
    (tmp_path / "data").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "compare", "--data", "nowhere", "--impl", "numpy"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: unknown source 'nowhere'")


PYTHON = """#!/bin/sh
# The real Python, but `-m venv` makes one that only writes down what it is asked.
if [ "$1 $2" != "-m venv" ]; then exec {python} "$@"; fi
echo venv >> log
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$*" >> log\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_two_make_at_once_wait_for_one_another(tmp_path: Path) -> None:
    """Each compares; the packages are installed once."""
    fcntl = pytest.importorskip("fcntl")
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "one_at_a_time.py", tmp_path / ".ci")
    python = tmp_path / "python3"
    python.write_text(PYTHON.format(python=sys.executable))
    python.chmod(0o755)
    # These tests may themselves be started by make, with options of its own.
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    ours.pop("ARGS", None)
    with (tmp_path / ".ci" / "one_at_a_time.py").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        two = [
            subprocess.Popen(
                ["make", "compare", f"PYTHON={python}"],  # noqa: S607  # the user's
                cwd=tmp_path,
                env=ours,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for each in two:
            assert each.stderr is not None
            assert "Another make is installing here" in each.stderr.readline()
    for each in two:
        each.communicate(timeout=60)
        assert each.returncode == 0
    log = (tmp_path / "log").read_text().splitlines()
    assert log.count("venv") == 1
    assert sum("pip install" in line for line in log) == 2  # packages, then this one
    assert log.count("-m compare") == 2
