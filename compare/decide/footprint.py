"""How much room an installation takes: a package, and all that it requires."""

import importlib.metadata
import re
from collections.abc import Iterable
from pathlib import Path


def installed_bytes(packages: Iterable[str]) -> int:
    """Return the bytes of these packages' files and of those that they require.

    What pip has installed for them, optional extras left out. A package that is not
    installed counts nothing.
    """
    return sum(_bytes_of(name) for name in _closure(packages))


def _closure(packages: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = [_plain(name) for name in packages]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            requires = importlib.metadata.distribution(name).requires or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        waiting += [_plain(line) for line in requires if "extra ==" not in line]
    return found


def _plain(requirement: str) -> str:
    """Return `nvidia-nccl-cu12` of "nvidia_nccl.cu12==2.1; platform_system…"."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def _bytes_of(name: str) -> int:
    total = 0
    for file in importlib.metadata.distribution(name).files or []:
        path = Path(str(file.locate()))
        if path.is_file():
            total += path.stat().st_size
    return total
