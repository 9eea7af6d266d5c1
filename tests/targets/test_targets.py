"""Ratios beside targets: made-up times, verdicts by hand."""

import pytest

from compare import frameworks
from compare.engine import Engine
from compare.measure.blocks import Row
from compare.registry import ENGINES
from compare.targets import goals
from compare.targets import text as targets_text

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
    """numpy at 120: jax takes 108, the fastest PyTorch 180, numba 100."""
    found = []
    for setting in goals.SETTINGS:
        one = setting == goals.ONE_IMAGE_SETTING
        times = {
            "numpy": (120, 10),
            "numba": (100, 10),
            "numba-skip": (90 if setting == "64 sgd" else 101, 10),
            "jax": (108, 25),
            "torch": (360, 40),
            "torch-lean": (180, 36),
            "sklearn": (300, 80),
        }
        for name, (training, image) in times.items():
            images = {"one_image": float(image)} if one else {}
            found.append(row(name, setting, training, floor=100, **images))
    return found


def test_each_ratio_and_its_verdict() -> None:
    found = goals.outcomes(rows())
    assert len(found) == 11
    by_key = {
        (o.goal.setting, o.goal.what, o.goal.subject, o.goal.opponents): o
        for o in found
    }
    lean = "torch-lean"
    expected = {
        ("64 sgd", "training", "numpy", "others"): ("numpy", "jax", 0.9, "met"),
        ("256 sgd", "training", "numpy", "others"): ("numpy", "jax", 0.9, "missed"),
        ("64 sgd", "training", "best", "others"): ("numba-skip", "jax", 1.2, "met"),
        ("64 adam", "training", "best", "others"): ("numba", "jax", 1.08, "missed"),
        ("64 sgd", "training", "numpy", "PyTorch"): ("numpy", lean, 1.5, "met"),
        ("64 sgd", "one_image", "numpy", "others"): ("numpy", "jax", 2.5, "met"),
        ("64 sgd", "one_image", "numpy", "PyTorch"): (
            "numpy",
            "torch-lean",
            3.6,
            "met",
        ),
    }
    for key, (subject, opponent, ratio, verdict) in expected.items():
        outcome = by_key[key]
        assert (outcome.subject, outcome.opponent) == (subject, opponent)
        assert outcome.ratio.ratio == pytest.approx(ratio, rel=1e-2)
        assert outcome.cpu_ratio == pytest.approx(ratio, rel=1e-2)
        assert outcome.verdict == verdict


def test_those_by_hand_are_nobodys_opponent() -> None:
    names = ["numpy", "textbook", "numpy-skip", "numba", "torch-manual", "jax"]
    assert goals.side("others", names) == ["torch-manual", "jax"]
    assert goals.side("PyTorch", names) == ["torch-manual"]
    assert goals.side("best", names) == ["numpy-skip", "numba"]


def test_one_more_by_hand_is_nobodys_opponent_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = Engine("fortran_impl", "Net", "by hand in Fortran", frameworks.NUMPY)
    monkeypatch.setitem(ENGINES, "fortran", entry)
    assert goals.side("others", ["numpy", "fortran", "torch"]) == ["torch"]


def test_everybody_who_can_run_here_takes_part() -> None:
    everyone = goals.candidates()
    assert {"numpy", "torch", "sklearn", "torch-compile"} <= set(everyone)
    assert "torch-cuda" not in everyone


def test_noise_around_the_target_is_no_verdict() -> None:
    ours, theirs = row("numpy", "64 sgd", 100), row("sklearn", "64 sgd", 87)
    ours.seconds["training"] = [1e-4 * (0.7 + 0.06 * i) for i in range(ROUNDS)]
    outcome = goals.outcomes([ours, theirs])[0]
    assert outcome.opponent == "sklearn"
    assert outcome.verdict == "open"


def test_what_was_not_measured_says_so() -> None:
    failed = Row("torch", "64 sgd", reason="no compiler")
    measured = [row("numpy", "64 sgd", 100, floor=90), failed]
    found = goals.outcomes(measured)
    assert {outcome.verdict for outcome in found} == {"not measured"}
    table = targets_text.row_table(measured)
    assert "n/a: no compiler" in table
    assert "100 µs" in table
    assert "n/a" in targets_text.target_table(found)


def test_the_headline_names_who_is_fastest() -> None:
    text = targets_text.headline(goals.outcomes(rows()))
    assert text.splitlines() == [
        "Batch 64, sgd: numba-skip is fastest, 1.20 × jax.",
        "Batch 64, adam: numba is fastest, 1.08 × jax.",
        "Batch 256, sgd: numba is fastest, 1.08 × jax.",
    ]
    slow = [row("numpy-skip", "64 sgd", 200), row("jax", "64 sgd", 100)]
    assert targets_text.headline(goals.outcomes(slow)) == (
        "Batch 64, sgd: jax is fastest, 2.00 × numpy-skip.\n"
    )
