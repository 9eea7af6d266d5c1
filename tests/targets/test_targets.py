"""Ratios beside targets: made-up times, verdicts by hand."""

import pytest

from compare.measure.blocks import Row
from compare.targets import goals as targets
from compare.targets import text as targets_table

ROUNDS = 10


def row(name: str, setting: str, microseconds: float, **others: float) -> Row:
    """A row whose every round took the same, but for one part in a thousand."""
    times = {"training": microseconds, **others}
    seconds = {
        kind: [1e-6 * value * (1 + 1e-3 * (i % 2)) for i in range(ROUNDS)]
        for kind, value in times.items()
    }
    return Row(name, setting, seconds=seconds, cpu_seconds=seconds)


def rows() -> list[Row]:
    """numpy at 1.2 times the floor; lean is 1.5, eager 3, sklearn 2.5 times slower."""
    found = []
    for setting in targets.SETTINGS:
        one = {"one_image": 10.0} if setting == targets.ONE_IMAGE_SETTING else {}
        slow = {"one_image": 40.0} if one else {}
        found += [
            row("numpy", setting, 120, floor=100, **one),
            row("torch", setting, 360, floor=110, **slow),
            row("torch-lean", setting, 180, floor=110, **one),
            row("sklearn", setting, 300, floor=100, **slow),
            row("torch-manual", setting, 130, floor=110, **one),
        ]
    return found


def test_each_ratio_and_its_verdict() -> None:
    found = {(o.setting, o.what, o.opponent): o for o in targets.outcomes(rows())}
    assert len(found) == 10
    expected = {
        ("64 sgd", "floor", "the GEMM floor"): (1.2, "met"),
        ("64 adam", "floor", "the GEMM floor"): (1.2, "met"),
        ("256 sgd", "floor", "the GEMM floor"): (1.2, "missed"),
        ("64 sgd", "training", "torch-lean"): (1.5, "missed"),
        ("256 sgd", "training", "sklearn"): (2.5, "met"),
        ("64 sgd", "one_image", "torch"): (4.0, "met"),
    }
    for key, (ratio, verdict) in expected.items():
        assert found[key].ratio.ratio == pytest.approx(ratio, rel=1e-2)
        assert found[key].cpu_ratio == pytest.approx(ratio, rel=1e-2)
        assert found[key].verdict == verdict


def test_the_opponent_is_the_fastest_with_autograd() -> None:
    """torch-manual is faster, and has none."""
    assert targets.fastest_autograd(rows(), "64 sgd") == "torch-lean"


def test_noise_around_the_target_is_no_verdict() -> None:
    ours, theirs = row("numpy", "64 sgd", 100), row("sklearn", "64 sgd", 200)
    ours.seconds["training"] = [1e-4 * (0.7 + 0.06 * i) for i in range(ROUNDS)]
    outcome = targets.outcomes([ours, theirs])[2]
    assert outcome.opponent == "sklearn"
    assert outcome.verdict == "open"


def test_what_was_not_measured_says_so() -> None:
    failed = Row("torch", "64 sgd", reason="no compiler")
    found = targets.outcomes([row("numpy", "64 sgd", 100, floor=90), failed])
    assert {o.verdict for o in found if o.what != "floor"} == {"not measured"}
    table = targets_table.row_table([row("numpy", "64 sgd", 100, floor=90), failed])
    assert "n/a: no compiler" in table
    assert "100 µs" in table
    assert "n/a" in targets_table.target_table(found)
