"""The stamp on every result: machine, system, versions, load. It only reads."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from compare import registry
from compare.measure import kernels

# Beside those of the engines.
PACKAGES = (
    "scipy",
    "pandas",
    "matplotlib",
    "threadpoolctl",
)


def stamp() -> dict[str, Any]:
    """Return everything about this machine that can explain a time."""
    import psutil

    return {
        "processor": processor(),
        "avx512": has_avx512(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "logical_cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "memory_bytes": memory_bytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in (*registry.packages(), *PACKAGES)},
        "load_average_at_start": load_average(),
        "commit": commit(),
        "kernel_variables": kernels.overrides(os.environ),
        "kernel_variables_kept": kernels.kept(os.environ),
    }


def kernel_note(stamp: dict[str, Any]) -> str:
    """Return a line about kernels that the shell prescribes; empty if it does not."""
    found = stamp.get("kernel_variables", {})
    words = kernels.note(found, are_kept=stamp.get("kernel_variables_kept", False))
    return f"{words}\n" if words else ""


def memory_bytes() -> int:
    """Return the memory of this machine."""
    import psutil

    return int(psutil.virtual_memory().total)


def processor() -> str:
    """Return the name of the processor, as full as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        return named(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    return platform.processor() or platform.machine()


def named(cpuinfo: str) -> str:
    """Return the processor of a text like /proc/cpuinfo.

    A name without a model number, as virtual machines give it, says nothing about
    speed: family and model are added, which do.
    """
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name") or fields.get("Model") or platform.machine()
    numbers = [
        f"{word} {fields[key]}"
        for word, key in (("family", "cpu family"), ("model", "model"))
        if fields.get(key)
    ]
    # The clock, "@ 2.80GHz", is no model.
    if re.search(r"\d{3,}", name.partition("@")[0]) or not numbers:
        return name
    return f"{name} ({', '.join(numbers)})"


def has_avx512() -> bool | None:
    """Say whether the processor has AVX-512, or None where that cannot be read."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return None
    return "avx512f" in cpuinfo.read_text(encoding="utf-8").split()


def usable_cores() -> int:
    """Return how many processors this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_average() -> float | None:
    """Return the load of the last minute, or None where the system has none."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def version(package: str) -> str | None:
    """Return the installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """Return the commit of this checkout, with + if files differ from it."""
    folder = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],  # noqa: S607
            # git from the PATH is the user's own.
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
