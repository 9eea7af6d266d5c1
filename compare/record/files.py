"""Writing a file so that it is there whole or not at all.

It knows no format. A reader never sees half a file, and a failed write leaves what
stood there before.
"""

import os
from pathlib import Path

from compare.errors import UsageError


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and rename it into place; make missing folders.

    Raises
    ------
    UsageError
        If the operating system refuses: no permission, disk full, a folder in the way.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"{path}: cannot be written ({reason}); name another place"
        ) from error
