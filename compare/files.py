"""The one way in which the suite writes a file: beside its place, then renamed into it.

A reader never sees half a file, a failed write leaves what stood there before, and
nothing is written through a link or onto a device: what is no plain file is refused by
name. It knows no format.

A command asks `check_place` about every output before its first measurement. Where one
piece of work has several outputs, `Outputs` keeps the failure of one from costing the
others.
"""

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path

from compare.errors import UsageError
from compare.escape import printable

KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class Outputs:
    """Several files, each of which succeeds or fails by itself.

    Attributes
    ----------
    written : list of Path
        The files that are there, in the order they were written.
    failures : list of str
        A sentence for each that is not.
    """

    def __init__(self) -> None:
        self.written: list[Path] = []
        self.failures: list[str] = []

    def sentence(self, folder: Path) -> str:
        """Say what is in `folder` now."""
        names = [path.name for path in self.written if path.parent == folder]
        if not names:
            return f"Nothing could be written to {printable(str(folder))}/"
        listed = ", ".join(dict.fromkeys(names))
        return f"Written to {printable(str(folder))}/: {listed}"

    def complain(self) -> None:
        """Write every failure to standard error."""
        for failure in self.failures:
            sys.stderr.write(f"error: {printable(failure)}\n")

    def attempt(self, work: Callable[[], object]) -> None:
        """Do `work`; every write in it that fails is noted, and the rest goes on.

        What fails before there is anything to write, for want of memory or of room for
        scratch files, is noted too.
        """
        token = _outputs.set(self)
        try:
            work()
        except (UsageError, OSError, MemoryError) as error:
            self.failures.append(_sentence(error))
        finally:
            _outputs.reset(token)


_outputs: ContextVar[Outputs | None] = ContextVar("outputs", default=None)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and rename it into place; make missing folders.

    Raises
    ------
    UsageError
        If `path` is there and is no plain file, or the operating system refuses: no
        permission, disk full, a name too long. Within `Outputs.attempt` that is noted
        and not raised.
    """
    outputs = _outputs.get()
    try:
        with _refused_in_words(path):
            _require_plain(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with _part(path.parent) as part:
                with part.open("xb") as file:
                    file.write(content)
                part.replace(path)
    except UsageError as error:
        if outputs is None:
            raise
        outputs.failures.append(str(error))
    else:
        if outputs is not None:
            outputs.written.append(path)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8; what has no code there, half a surrogate pair, escaped."""
    write_atomically(path, text.encode("utf-8", errors="backslashreplace"))


def check_place(path: Path) -> None:
    """Raise UsageError unless `path` can be written; leave everything as it is."""
    with _refused_in_words(path):
        _require_plain(path)
        folder = path.parent
        while not os.path.lexists(folder) and folder != folder.parent:
            folder = folder.parent
        with _part(folder) as part:
            part.touch(exist_ok=False)


def check_plain(folder: Path, suffixes: Sequence[str]) -> None:
    """Raise UsageError if something in `folder` is named like an output and is none.

    Links, devices and folders whose names end in one of `suffixes`.
    """
    with _refused_in_words(folder):
        for path in sorted(folder.iterdir()):
            if path.suffix in suffixes:
                _require_plain(path)


@contextlib.contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """Give the name of a file that is not there yet, and remove what was made of it."""
    # Short, however long the name of the place is; opened with "x", it can be nobody
    # else's file or link.
    part = folder / f".{os.getpid()}.{secrets.token_hex(4)}.part"
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _require_plain(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    for is_kind, kind in KINDS:
        if is_kind(mode):
            raise UsageError(
                f"{path} is {kind}, and only plain files are written; name another "
                "place, or remove it"
            )


@contextlib.contextmanager
def _refused_in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        # ValueError: a NUL byte, or half a surrogate pair in the name.
        raise UsageError(
            f"{path}: cannot be written ({_reason(error)}); name another place"
        ) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _sentence(error: BaseException) -> str:
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, MemoryError):
        return "an output could not be made: out of memory"
    named = getattr(error, "filename", None)
    where = f"{named}: " if named else ""
    return f"{where}an output could not be made ({_reason(error)})"
