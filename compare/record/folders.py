"""The folder that a measurement writes into: made, never shared, removed if empty.

While a process writes into a folder it holds a lock on it, which the system gives back
when the process ends, however it ends. (Windows has no lock on a folder: there the
last of two runs into one folder wins.)
"""

import atexit
import contextlib
import datetime
import itertools
import os
from pathlib import Path

from compare.errors import UsageError
from compare.files import check_plain
from compare.record.results import FILE_NAME, read

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# What commands write into their folder.
SUFFIXES = (".json", ".csv", ".png", ".svg", ".html")

_held: dict[Path, int] = {}


def discard_unless_measured(folder: Path) -> None:
    """Remove what a run left that came to nothing: results that are empty."""
    release(folder)
    path = folder / FILE_NAME
    if path.exists():
        results = read(folder)
        if results.parity or results.runs:
            return
        path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def make_folder(
    out: Path | None, file_name: str | None = FILE_NAME, *, name: str = "{}"
) -> Path:
    """Create the folder for results, and hold it until this process ends.

    Parameters
    ----------
    out : Path or None
        What the user has named; None makes a new one, `results/<time stamp>`.
    file_name : str or None
        What must not be there yet; None allows to write once more.
    name : str
        Of a new folder, the time stamp at ``{}``.

    Raises
    ------
    UsageError
        If it holds `file_name` already, or something that is no plain file in the
        place of an output, if another process writes into it, or it cannot be made.
    """
    if out is None:
        folder = _new(Path("results"), name)
    else:
        folder = out
        _make(folder)
    _hold(folder)
    if file_name is not None and (folder / file_name).exists():
        release(folder)
        raise UsageError(
            f"--out {folder} already holds results: name another folder, or remove it"
        )
    check_plain(folder, SUFFIXES)
    return folder


def release(folder: Path) -> None:
    """Let others write into `folder`; at the end of a process the system does it."""
    descriptor = _held.pop(_real(folder), None)
    if descriptor is not None:
        os.close(descriptor)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _make(folder: Path, *, exist_ok: bool = True) -> None:
    try:
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=exist_ok)
        if is_new:  # and nothing comes of it, because the work fails at once
            atexit.register(_remove_if_empty, folder)
    except (OSError, ValueError) as error:
        if isinstance(error, FileExistsError) and not exist_ok:
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"--out {folder} cannot be created: {reason}; name another folder"
        ) from None


def _new(parent: Path, name: str) -> Path:
    """Make a folder named after this second, numbered if another run has taken it."""
    stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    numbered = (f"{stamp}_{n}" for n in itertools.count(2))
    for each in itertools.chain([stamp], numbered):
        folder = parent / name.format(each)
        try:
            _make(folder, exist_ok=False)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("the numbers never end")


def _hold(folder: Path) -> None:
    place = _real(folder)
    if fcntl is None or place in _held:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(
            f"--out {folder}: another run is writing into it; name another folder, or "
            "wait for its end"
        ) from None
    except OSError:  # a file system of another machine may have no locks
        os.close(descriptor)
    else:
        _held[place] = descriptor


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
