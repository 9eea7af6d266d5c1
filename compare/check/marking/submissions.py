"""Which files are meant: names, folders of them, notebooks.

Refuses what is not there before anything is checked.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from compare.check.marking.notebooks import as_python
from compare.errors import UsageError

SKIPPED = ("test_", "_", ".", "conftest", "setup")


@dataclass(frozen=True)
class Submission:
    """One thing to check.

    `target` is what the checker imports, `label` what it is called; `folder` is where
    its neighbours are, if `target` lies elsewhere.
    """

    label: str
    target: str
    folder: str = ""


def submissions(targets: list[str], workplace: str) -> list[Submission]:
    """Return what is meant by the targets of the command line, in their order.

    Notebooks are written as Python into the folder `workplace`.

    Raises
    ------
    UsageError
        If a folder holds nothing to check, or a notebook cannot be read.
    """
    found = [s for target in targets for s in _of(target, workplace)]
    return list({s.label: s for s in found}.values())


def is_many(targets: list[str]) -> bool:
    """Tell whether this is a class of students: several targets, or a folder."""
    return len(targets) > 1 or any(Path(target).is_dir() for target in targets)


def _of(target: str, workplace: str) -> list[Submission]:
    path = Path(target)
    if path.is_dir():
        inside = [p for p in sorted(path.rglob("*")) if _is_meant(p, path)]
        if not inside:
            raise UsageError(f"{target} holds no Python file and no notebook")
        return [s for p in inside for s in _of(str(p), workplace)]
    file, colon, name = target.rpartition(":")
    place = file if colon and file.endswith(".ipynb") else target
    if place.endswith(".ipynb"):
        written = _written(Path(place), workplace)
        suffix = f":{name}" if place != target else ""
        folder = str(Path(place).resolve().parent)
        return [Submission(target, f"{written}{suffix}", folder)]
    return [Submission(target, target)]


def _is_meant(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parts
    is_hidden = any(part.startswith((".", "__")) for part in inside)
    is_code = path.suffix in (".py", ".ipynb") and path.is_file()
    return is_code and not is_hidden and not path.name.startswith(SKIPPED)


def _written(notebook: Path, workplace: str) -> Path:
    folder = Path(tempfile.mkdtemp(dir=workplace))
    path = folder / f"{notebook.stem}.py"
    path.write_text(as_python(notebook), encoding="utf-8")
    return path
