"""What can go wrong with a file before its format matters, said the same everywhere."""

from __future__ import annotations

from pathlib import Path

from data.errors import DataError

# Those that `data.pictures` reads.
PICTURE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)


def require_file(path: Path, *, kind: str) -> None:
    """Raise `DataError` unless `path` is an ordinary file (no folder, no pipe)."""
    try:
        if path.is_file():
            return
        problem = "is not an ordinary file" if path.exists() else "no such file"
    except OSError as error:
        raise unreadable(path, error) from error
    raise DataError(f"{path}: {problem}; name {kind}")


def unreadable(path: Path | str, error: OSError) -> DataError:
    """Return the sentence for what the operating system refused."""
    reason = error.strerror or reason_of(error)
    return DataError(
        f"{path}: cannot be read ({reason}); check the path and its permissions"
    )


def reason_of(error: Exception) -> str:
    """Return the first line of an error without its stop, to stand in a sentence."""
    return str(error).split("\n")[0].rstrip(".") or type(error).__name__
