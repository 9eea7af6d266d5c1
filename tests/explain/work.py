"""A job for a process of a pool, which imports nothing that takes time."""

import os
from typing import Any


def work(*, how: str) -> dict[str, Any]:
    """Do a job in a process of a pool, well or not."""
    if how == "die":
        os._exit(3)
    if how == "raise":
        raise ValueError("as asked")
    return {"threads": os.environ["OMP_NUM_THREADS"]}
