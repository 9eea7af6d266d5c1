"""What a path holds: a list of files, whether in a folder, in a .zip, or alone.

Every other reader sees an `Item`, a name and its bytes, and need not know whether the
bytes came from disk, out of an archive or through gzip. The content decides whether
something is packed and not the name, because browsers unpack files and keep ``.gz``.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data.errors import DataError
from data.files import reason_of, require_file, unreadable

# Twice the largest of EMNIST's files; whatever unpacks to more is not read to its end.
MAX_BYTES = 1_200_000_000
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
# What systems leave behind in folders and archives.
_LITTER = ("__macosx", "thumbs.db", "desktop.ini")


@dataclass(frozen=True, eq=False)
class Item:
    """One file.

    Attributes
    ----------
    name : str
        Its path below what was asked for, with ``/``, and without ``.gz``.
    where : str
        What messages call it.
    raw : callable
        Returns its bytes as they are stored.
    """

    name: str
    where: str
    raw: Callable[[], bytes]

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, as ``.csv``."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders above it, outermost first."""
        return PurePosixPath(self.name).parts[:-1]

    def content(self) -> bytes:
        """Return its bytes, unpacked if they are gzip.

        Raises
        ------
        DataError
            If it cannot be read, is empty, damaged, or unpacks to too much.
        """
        try:
            found = self.raw()
            if found.startswith(_GZIP):
                found = self._unpacked(found)
        except OSError as error:
            raise unreadable(self.where, error) from error
        if not found:
            raise DataError(f"{self.where}: is empty; download it again")
        return found

    def _unpacked(self, packed: bytes) -> bytes:
        try:
            with gzip.open(io.BytesIO(packed)) as file:
                found = file.read(MAX_BYTES + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(
                f"{self.where}: corrupt gzip ({reason_of(error)}); download it again"
            ) from error
        _limit(len(found), self.where)
        return found


def list_items(path: Path) -> list[Item]:
    """Return the files of a folder or a .zip archive in order, or the one file.

    Raises
    ------
    DataError
        If there is no such file or folder, or an archive is damaged.
    """
    try:
        if path.is_dir():
            inside = [p for p in path.rglob("*") if p.is_file()]
            return _in_order(
                _on_disk(p.relative_to(path).as_posix(), p) for p in inside
            )
        require_file(path, kind="a file or a folder of data")
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    # An .npz file is a zip archive too, but one to be read as a whole.
    if start == _ZIP and path.suffix.lower() not in (".npz", ".xlsx"):
        return _in_archive(path)
    return [_on_disk(path.name, path)]


def _on_disk(name: str, path: Path) -> Item:
    def raw() -> bytes:
        _limit(path.stat().st_size, str(path))
        return path.read_bytes()

    return Item(_without_gz(name), str(path), raw)


def _in_archive(path: Path) -> list[Item]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise _damaged(path, error) from error

    def item(info: zipfile.ZipInfo) -> Item:
        def raw() -> bytes:
            _limit(info.file_size, f"{path}/{info.filename}")
            try:
                with zipfile.ZipFile(path) as archive:
                    return archive.read(info)
            # A damaged member, a password, an unknown method of packing.
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise _damaged(path, error) from error
            except (RuntimeError, NotImplementedError) as error:
                raise _damaged(path, error) from error

        return Item(_without_gz(info.filename), f"{path}/{info.filename}", raw)

    return _in_order(item(info) for info in found)


def _in_order(items: Iterable[Item]) -> list[Item]:
    """Sort by name, so that a folder and its archive are the same data."""
    kept = [item for item in items if not _is_litter(item.name)]
    return sorted(kept, key=lambda item: item.name)


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: this .zip cannot be unpacked ({reason_of(error)}); download it "
        "again, or unpack it and name the folder"
    )


def _without_gz(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name.lower()).parts
    return any(part.startswith(".") or part in _LITTER for part in parts)


def _limit(n_bytes: int, where: str) -> None:
    if n_bytes > MAX_BYTES:
        raise DataError(
            f"{where}: may have {MAX_BYTES / 1e9:.1f} GB unpacked, got more; "
            "give a part of it"
        )
