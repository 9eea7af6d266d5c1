"""Long runs stay as fast as short ones: moments are never left to become denormal."""

import pytest

from benchmarks import denormals


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_late_step_is_as_fast_as_an_early_one(optimizer: str) -> None:
    """Medians of 300 steps; generous, for a machine with other work."""
    best = min(
        (denormals.run(optimizer, flush=True) for _ in range(3)),
        key=lambda found: found.late_seconds / found.early_seconds,
    )
    assert best.late_seconds < 1.3 * best.early_seconds


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_without_flushing_there_would_be_denormals(optimizer: str) -> None:
    """The situation is real: whether it costs time depends on the processor."""
    assert denormals.run(optimizer, flush=True).n_denormal == 0
    without = denormals.run(optimizer, flush=False)
    assert without.n_denormal > denormals.STOPPED * 0.9
