"""Folders for scratch files, removed at the end; also those of runs that were killed.

Each is named after the process that made it, so that a later run can tell whether
somebody still needs it. Only folders of the same user are looked at.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from compare.errors import UsageError

PREFIX = "compare-"
_NAME = re.compile(rf"{PREFIX}(\d+)-\w+")


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder in the system's temporary folder; remove it at the end.

    Raises
    ------
    UsageError
        If it cannot be made.
    """
    remove_leftovers()
    with contextlib.ExitStack() as stack:
        with full_disk_in_words():
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(
                    prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=True
                )
            )
        yield Path(folder)


@contextlib.contextmanager
def full_disk_in_words() -> Iterator[None]:
    """Raise UsageError if what is done here cannot write its scratch files."""
    try:
        yield
    except OSError as error:
        try:
            place = tempfile.gettempdir()
        except OSError:
            place = "for scratch files"  # there is none in which a file can be made
        raise UsageError(
            f"the temporary folder {place} cannot be written "
            f"({error.strerror or error}): make room, or name another in TMPDIR"
        ) from error


def remove_leftovers() -> None:
    """Remove the scratch folders of processes that no longer live."""
    import psutil

    try:
        parent = Path(tempfile.gettempdir())
    except OSError:
        return
    for path in parent.glob(f"{PREFIX}*"):
        match = _NAME.fullmatch(path.name)
        if match is None or psutil.pid_exists(int(match[1])):
            continue
        with contextlib.suppress(OSError):
            if not path.is_symlink() and _is_ours(path):
                shutil.rmtree(path)


def _is_ours(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
