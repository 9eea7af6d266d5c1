"""Which kernels a library computes with: the ones it chooses itself for the processor.

OpenBLAS, MKL, oneDNN, PyTorch and NumPy each look at the processor when they are
imported and choose among loops for SSE, AVX2 or AVX-512. A variable of the environment
can overrule each of them. Forgotten in a shell, it halves the speed of one side of a
comparison and leaves no trace. Measuring processes therefore start without these
variables, just as they start with our number of threads, and the results name what was
set aside. `COMPARE_KERNELS=shell` keeps them, for whoever wants to see the difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

VARIABLES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_CBWR",
    "BLIS_ARCH_TYPE",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "ATEN_CPU_CAPABILITY",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
)
SWITCH = "COMPARE_KERNELS"
KEEP = "shell"


def overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environ` that overrule a library's own choice."""
    return {name: environ[name] for name in VARIABLES if environ.get(name)}


def kept(environ: Mapping[str, str]) -> bool:
    """Say whether the user wants them kept."""
    return environ.get(SWITCH) == KEEP


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what of `environ` a measuring process may see."""
    if kept(environ):
        return dict(environ)
    return {name: value for name, value in environ.items() if name not in VARIABLES}


def named(pools: Iterable[Mapping[str, Any]]) -> str:
    """Return the kernels of thread pools as `threads.report` lists them."""
    return "; ".join(
        f"{pool['library']} {pool.get('version')}, {pool['architecture']} kernels"
        for pool in pools
        if pool.get("architecture")
    )


def note(found: Mapping[str, str], *, are_kept: bool) -> str:
    """Return a sentence about the variables `found`; empty if there are none."""
    if not found:
        return ""
    listed = " ".join(f"{name}={value}" for name, value in found.items())
    if are_kept:
        return (
            f"This shell sets {listed}: kept, as {SWITCH}={KEEP} asks; the libraries "
            "concerned do not choose their own kernels."
        )
    return (
        f"This shell sets {listed}: set aside, every library chooses its own kernels "
        f"({SWITCH}={KEEP} keeps them)."
    )
