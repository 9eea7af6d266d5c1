"""Thread counts: set before any library is imported, again through each library's own
call, then read back. A count that is only asked for is not to be believed.

`LIBRARIES` has an entry for everything with threads of its own. The registry says which
of them an engine computes with; a user's class may use any, so in each process all are
limited that it has imported.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Pools = list[dict[str, Any]]
"""One entry per pool: library, version, architecture, file, n_threads."""


@dataclass(frozen=True)
class Library:
    """How one library is told its number of threads, and asked for it.

    `variables` are those of the environment that it reads when it is imported, {n}
    standing for the number and {several} for whether it is more than one; `limit` is
    its own call, `pools` reads back what it has.
    `module` is what must be imported for there to be anything to limit.
    """

    module: str
    variables: dict[str, str]
    limit: Callable[[int], None]
    pools: Callable[[], Pools]

    @property
    def is_imported(self) -> bool:
        """True if this process has it."""
        return self.module in sys.modules


# The threads of a library wait for more work in a busy loop before they give the core
# back: OpenBLAS's and GNU OpenMP's for some milliseconds.
SECONDS_TO_FALL_ASLEEP = 0.05


def let_sleep(n_threads: int) -> None:
    """Wait until the threads of the turn that has ended leave the next one alone."""
    if n_threads > 1:
        time.sleep(SECONDS_TO_FALL_ASLEEP)


def variables(n_threads: int) -> dict[str, str]:
    """Return the environment that a process must be started with."""
    return {
        name: value.format(n=n_threads, several=str(n_threads > 1).lower())
        for library in LIBRARIES.values()
        for name, value in library.variables.items()
    }


def limit(n_threads: int) -> None:
    """Set the count through the own call of each library imported so far."""
    for library in LIBRARIES.values():
        if library.is_imported:
            library.limit(n_threads)


def report() -> Pools:
    """Return what each thread pool says of itself: library, version, n_threads."""
    return [
        pool
        for library in LIBRARIES.values()
        if library.is_imported
        for pool in library.pools()
    ]


def _limit_blas(n_threads: int) -> None:
    import threadpoolctl

    threadpoolctl.threadpool_limits(n_threads)


def _blas_pools() -> Pools:
    import threadpoolctl

    return [
        {
            "library": pool["internal_api"],
            "version": pool.get("version"),
            "architecture": pool.get("architecture"),
            "file": pool["prefix"],
            "n_threads": pool["num_threads"],
        }
        for pool in threadpoolctl.threadpool_info()
    ]


def _limit_torch(n_threads: int) -> None:
    sys.modules["torch"].set_num_threads(n_threads)


def _torch_pools() -> Pools:
    torch = sys.modules["torch"]
    return [
        {
            "library": "torch",
            "version": torch.__version__,
            "architecture": torch.backends.cpu.get_cpu_capability(),
            "file": "mkl" if torch.backends.mkl.is_available() else "other",
            "n_threads": torch.get_num_threads(),
        }
    ]


def _keep_xla(n_threads: int) -> None:
    """XLA has no call for it: what it read at its start is what it keeps."""


def _xla_pools() -> Pools:
    """Count the threads of XLA's pool, which Linux lists by their name."""
    tasks = Path("/proc/self/task")
    names = [p.read_text().strip() for p in tasks.glob("*/comm")]
    n_threads = names.count("tf_XLAEigen") if names else int(os.environ["NPROC"])
    return [
        {
            "library": "xla",
            "version": sys.modules["jaxlib"].__version__,
            "architecture": None,
            "file": "jaxlib",
            "n_threads": n_threads,
        }
    ]


LIBRARIES = {
    # OpenBLAS, MKL, BLIS and OpenMP, as far as threadpoolctl sees them.
    "blas": Library(
        "numpy",
        {
            "OMP_NUM_THREADS": "{n}",
            "OPENBLAS_NUM_THREADS": "{n}",
            "MKL_NUM_THREADS": "{n}",
            "BLIS_NUM_THREADS": "{n}",
            "VECLIB_MAXIMUM_THREADS": "{n}",
            "NUMEXPR_NUM_THREADS": "{n}",
        },
        _limit_blas,
        _blas_pools,
    ),
    # threadpoolctl does not see the MKL inside PyTorch.
    "torch": Library("torch", {}, _limit_torch, _torch_pools),
    # XLA makes a pool of NPROC threads. With one, products must not be split either.
    # On a GPU it would take three quarters of the memory at its start, in each process.
    "xla": Library(
        "jaxlib",
        {
            "NPROC": "{n}",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen={several} "
            "intra_op_parallelism_threads={n}",
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        },
        _keep_xla,
        _xla_pools,
    ),
}
