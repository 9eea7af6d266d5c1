"""Imports point one way: tests → compare → engines and data, which stand alone.

Inside `compare` they point one way too: from the rooms, one per command, down to the
shared folders and the core. Read from the source, not from a running process: an import
inside a function counts.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.registry import ENGINES

ROOT = Path(__file__).parents[2]

# What each folder may import beside Python's own library and itself: an engine NumPy
# and its framework, whether that is installed or not.
ALLOWED = {
    **{
        entry.folder: {"numpy", *entry.framework.packages.values()}
        for entry in ENGINES.values()
    },
    # openml: through scikit-learn's fetch_openml. The rest reads and deforms images;
    # pyarrow is optional.
    "data": {"numpy", "pandas", "PIL", "pyarrow", "scipy", "sklearn"},
}


OURS = {"compare", "tests", *ALLOWED}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import of a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            assert node.module is not None
            yield node.lineno, node.module


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no sources in {folder}"
    return found


def strays(folder: str, allowed: set[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(path.parents[1])}:{line} imports {name}"
        for path in paths
        for line, name in imports(path)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names
        and top not in allowed
        and top != folder
    ]


@pytest.mark.parametrize("folder", ALLOWED)
def test_each_engine_and_data_stand_alone(folder: str) -> None:
    assert strays(folder, ALLOWED[folder], sources(folder)) == []
    assert not ALLOWED[folder] & OURS


def test_compare_does_not_know_the_tests() -> None:
    named = {
        name.partition(".")[0]
        for path in sources("compare")
        for _, name in imports(path)
    }
    assert "tests" not in named
    assert {"data"} <= named  # the walk does see what is imported inside functions


def test_the_walk_finds_an_arrow_that_points_back(tmp_path: Path) -> None:
    path = tmp_path / "numpy_impl" / "bad.py"
    path.parent.mkdir()
    path.write_text("import numpy.linalg\ndef f():\n    from compare.config import x\n")
    assert strays("numpy_impl", {"numpy"}, [path]) == [
        "numpy_impl/bad.py:3 imports compare.config"
    ]


@pytest.mark.parametrize("name", ["config", "contract", "errors"])
def test_what_workers_read_first_imports_no_framework(name: str) -> None:
    allowed = {"compare"} | ({"numpy"} if name == "contract" else set())
    assert strays("compare", allowed, [ROOT / "compare" / f"{name}.py"]) == []


# Inside `compare`: a folder imports only what stands on a lower level. Every folder not
# named here is a room, the place of one command, on top of all the others; the loose
# files are the core. `record` and `show` do not know each other: what a measurement
# leaves holds values, and the words for them are found where it is shown.
LEVELS = {"core": 0, "statistics": 1, "record": 2, "show": 2, "measure": 3, "report": 4}
ROOM = 5


def folder_in_compare(name: str) -> str | None:
    """Return the folder of compare that a dotted name lies in; None if elsewhere."""
    top, *inner = name.split(".")
    if top != "compare":
        return None
    is_folder = bool(inner) and (ROOT / "compare" / inner[0]).is_dir()
    return inner[0] if is_folder else "core"


def imports_by_full_name(path: Path) -> Iterator[tuple[int, str]]:
    """Yield as `imports` does, with `from compare import report` as compare.report."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "compare":
            yield from ((node.lineno, f"compare.{alias.name}") for alias in node.names)
    yield from ((line, name) for line, name in imports(path) if name != "compare")


def upward(path: Path, inside: Path) -> list[str]:
    """Return the imports of a file that point up, or across to a neighbour."""
    parts = path.relative_to(inside).parts
    here = parts[0] if len(parts) > 1 else "core"
    return [
        f"{'/'.join(parts)}:{line} imports {name}"
        for line, name in imports_by_full_name(path)
        if (there := folder_in_compare(name)) not in (None, here)
        and LEVELS.get(str(there), ROOM) >= LEVELS.get(here, ROOM)
    ]


def test_rooms_import_no_room_and_shared_folders_only_lower_ones() -> None:
    inside = ROOT / "compare"
    assert [
        found for path in sources("compare") for found in upward(path, inside)
    ] == []
    folders = {
        path.name for path in inside.iterdir() if (path / "__init__.py").exists()
    }
    assert LEVELS.keys() - {"core"} <= folders


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("verify/command.py", "from compare.run.command import measure"),
        ("verify/command.py", "import compare.run.command"),
        ("record/verdicts.py", "from compare.show import words"),
        ("measure/worker.py", "from compare import report"),
        ("registry.py", "from compare.record.plan import Plan"),
        ("profile/text.py", "from compare.check import api"),
    ],
)
def test_the_walk_finds_an_arrow_that_points_up(
    file: str, line: str, tmp_path: Path
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"import numpy\nfrom compare import config\n\ndef f():\n    {line}\n"
    )
    (found,) = upward(path, tmp_path)
    assert found.startswith(f"{file}:5 imports compare.")


TRAIN = """
import sys
import numpy as np
import numpy_impl

rng = np.random.default_rng(0)
X, y = rng.random((200, 5)), rng.integers(3, size=200)
X[np.arange(200), y] += 2
for kind in (numpy_impl.NumpyImplementation, numpy_impl.TextbookImplementation):
    network = kind(layer_sizes=(5, 4, 3), dtype="float64", learning_rate=0.05)
    network.set_weights([(rng.normal(size=(5, 4)), np.zeros(4)),
                         (rng.normal(size=(4, 3)), np.zeros(3))])
    for _ in range(30):
        network.train_epoch(X, y, rng.permutation(200))
    accuracy = (network.predict_proba(X).argmax(axis=1) == y).mean()
    assert accuracy > 0.9, accuracy
assert not set(OURS) & set(sys.modules)
assert not {"torch", "sklearn", "scipy", "pandas"} & set(sys.modules)
print("trained", numpy_impl.__file__)
"""


def test_numpy_impl_copied_out_trains_alone(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "numpy_impl",
        tmp_path / "numpy_impl",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-c", f"OURS = {sorted(OURS - {'numpy_impl'})}" + TRAIN],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == f"trained {tmp_path / 'numpy_impl/__init__.py'}"


@pytest.mark.parametrize("name", ["textbook"])
def test_the_textbook_is_one_file_for_numpy_alone(name: str) -> None:
    path = ROOT / "numpy_impl" / f"{name}.py"
    # gzip and pathlib read the images, when the file is run by itself.
    assert [module for _, module in imports(path)] == ["gzip", "pathlib", "numpy"]


CHECKS = sorted(
    ROOT / folder / "checks.py" for folder in {e.folder for e in ENGINES.values()}
)


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.parent.name)
def test_every_engine_has_the_same_checks(path: Path) -> None:
    """One file, copied, because no folder imports another."""
    assert path.read_text() == (ROOT / "numpy_impl" / "checks.py").read_text()
