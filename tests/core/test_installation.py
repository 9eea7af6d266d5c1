"""What `pip install -e .` puts in place: a command, and every package by one path."""

from __future__ import annotations

import fnmatch
import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from compare.registry import ENGINES

ROOT = Path(__file__).parents[2]


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
    ours = {entry.module.partition(".")[0] for entry in ENGINES.values()}
    for package in ours | {"compare", "data"}:
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
