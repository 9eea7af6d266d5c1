"""What it takes to use an implementation besides training it: medians over its runs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from compare.record.results import Run


@dataclass(frozen=True)
class Costs:
    """Medians; `warm_up_seconds` are the first calls, which are off the clock."""

    one_image_seconds: float
    test_set_seconds: float
    peak_memory_bytes: float
    import_seconds: float
    warm_up_seconds: float


def costs(runs: Sequence[Run]) -> Costs:
    """Return the medians over complete runs, of which there is at least one."""

    def middle(name: str) -> float:
        return float(statistics.median(getattr(run, name) for run in runs))

    return Costs(**{name: middle(name) for name in Costs.__dataclass_fields__})
