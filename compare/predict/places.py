"""Which files a call reads and which it writes: no file may be both.

It compares where names lead, links and `..` followed, and opens nothing.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from compare.errors import UsageError
from data.files import PICTURE_SUFFIXES

# A name for people, an option or what a file is, and the file.
Place = tuple[str, Path]


def require_apart(reads: Sequence[Place], writes: Sequence[Place]) -> None:
    """Raise UsageError if what is written would take the place of another file.

    `reads` may have folders: of these, pictures and IDX files are what is read.
    """
    for option, path in writes:
        for what, other in reads:
            if _is_read(_real(path), _real(other)):
                raise UsageError(
                    f"{option} {path} might overwrite {what}: name another file or "
                    "folder"
                )
    for (option, path), (other_option, other) in itertools.combinations(writes, 2):
        if _real(path) == _real(other):
            raise UsageError(
                f"{option} and {other_option} would both write {path}: name two files"
            )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike Path.resolve, bears a circle of links


def _is_read(path: Path, other: Path) -> bool:
    if path == other:
        return True
    is_data = path.name.removesuffix(".gz").endswith("-ubyte")
    return path.parent == other and (path.suffix.lower() in PICTURE_SUFFIXES or is_data)
