"""The folder that a measurement writes into: made, never shared, removed if empty."""

import datetime
import itertools
from pathlib import Path

from compare.errors import UsageError
from compare.record.results import FILE_NAME, read


def discard_unless_measured(folder: Path) -> None:
    """Remove what a run left that came to nothing: results that are empty."""
    path = folder / FILE_NAME
    if path.exists():
        results = read(folder)
        if results.parity or results.runs:
            return
        path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def make_folder(out: Path | None, file_name: str = FILE_NAME) -> Path:
    """Create the folder for results, never one that holds `file_name` already."""
    folder = out or unused(Path("results"))
    if (folder / file_name).exists():
        raise UsageError(
            f"--out {folder} already holds results: name another folder, or remove it"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--out {folder} cannot be created: {error.strerror}; name another folder"
        ) from None
    return folder


def unused(parent: Path) -> Path:
    """Return a folder named after this second, numbered if another run has taken it."""
    stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    numbered = (f"{stamp}_{n}" for n in itertools.count(2))
    names = itertools.chain([stamp], numbered)
    return next(parent / name for name in names if not (parent / name).exists())
