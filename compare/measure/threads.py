"""Thread counts: set before any library is imported, again through each library's own
call, then read back. A count that is only asked for is not to be believed.
"""

import sys
import time
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


# The threads of a library wait for more work in a busy loop before they give the core
# back: OpenBLAS's and GNU OpenMP's for some milliseconds.
SECONDS_TO_FALL_ASLEEP = 0.05


def let_sleep(n_threads: int) -> None:
    """Wait until the threads of the turn that has ended leave the next one alone."""
    if n_threads > 1:
        time.sleep(SECONDS_TO_FALL_ASLEEP)


def variables(n_threads: int) -> dict[str, str]:
    """Return the environment that a process must be started with."""
    return dict.fromkeys(VARIABLES, str(n_threads))


def limit(n_threads: int) -> None:
    """Set the count through the own call of each library imported so far."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(n_threads)
    # threadpoolctl does not see the MKL inside PyTorch.
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(n_threads)


def report() -> list[dict[str, Any]]:
    """Return what each thread pool says of itself: library, version, n_threads."""
    import threadpoolctl

    pools = [
        {
            "library": pool["internal_api"],
            "version": pool.get("version"),
            "architecture": pool.get("architecture"),
            "file": pool["prefix"],
            "n_threads": pool["num_threads"],
        }
        for pool in threadpoolctl.threadpool_info()
    ]
    torch = sys.modules.get("torch")
    if torch is not None:
        pools.append(
            {
                "library": "torch",
                "version": torch.__version__,
                "architecture": torch.backends.cpu.get_cpu_capability(),
                "file": "mkl" if torch.backends.mkl.is_available() else "other",
                "n_threads": torch.get_num_threads(),
            }
        )
    return pools
