"""Many trainings: a grid or a sample of settings, on one machine or on many.

`study` reads what is asked for, `training` is one training, `store` keeps one file for
each, `schedule` lets them run, `summary` says what came out. Accuracy only: trainings
that run beside one another are no measurement of time.

As a library: `compare.sweep.read(folder)` returns a pandas frame.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def read(folder: Path | str) -> "pd.DataFrame":
    """Return the trainings that a folder holds, one row each (see `store.frame`)."""
    from compare.sweep import store

    return store.frame(store.records(Path(folder)))
