"""Two mistakes at once are caught, and never given a confident wrong name.

Nor is a mistake that the catalogue does not have.
"""

import random
from typing import Any

import pytest

from compare.check.api import check
from compare.check.exercises.exercises import planted
from compare.check.exercises.network import MyMLP
from tests.check.share import only
from tests.check.zoo import SPECIMENS
from tests.check.zoo.loading import SIZES, edited, load, name_of
from tests.check.zoo.planting import (
    DA,
    DB,
    DELTA,
    DW,
    DZ,
    LINEAR,
    LOSS,
    MOVE,
    ONE_HOT,
    SGD,
    Specimen,
)

# Mistakes that the checker must know; the rest need options of their own.
PLAIN = [s for s in SPECIMENS if not s.options]


def can_be_combined(a: Specimen, b: Specimen) -> bool:
    """Whether both can be planted: each old text is still there after the other."""
    if a.key == b.key:
        return False
    text = planted(())
    for old, new in (*a.edits, *b.edits):
        if text.count(old) != 1:
            return False
        text = text.replace(old, new.replace("{layer}", "1"))
    return True


def random_pairs(n: int, seed: int) -> list[tuple[Specimen, Specimen]]:
    rng = random.Random(seed)
    pairs: list[tuple[Specimen, Specimen]] = []
    while len(pairs) < n:
        a, b = rng.sample(PLAIN, 2)
        if can_be_combined(a, b) and set(a.activations) & set(b.activations):
            pairs.append((a, b))
    return pairs


def check_pair(a: Specimen, b: Specimen) -> None:
    text = a.source(1)
    for old, new in b.edits:
        text = text.replace(old, new.replace("{layer}", "1"))
    activation = next(f for f in a.activations if f in b.activations)
    report = check(
        load(text), whole_epoch=False, layer_sizes=SIZES, activation=activation
    )
    assert not report.passed
    wrong = set(report.mistakes) - {a.key, b.key}
    assert not wrong, f"{name_of(a)} + {name_of(b)}: {report}"


@pytest.mark.slow  # by default: chosen pairs, of one stage and of several, below
@pytest.mark.parametrize(
    ("a", "b"),
    random_pairs(8, seed=1),
    ids=lambda specimen: name_of(specimen),
)
def test_two_mistakes_never_get_a_wrong_name(a: Specimen, b: Specimen) -> None:
    check_pair(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 22))
def test_many_pairs_never_get_a_wrong_name(seed: int) -> None:
    for a, b in random_pairs(40, seed):
        check_pair(a, b)


UNKNOWN = {
    "delta with a slip in one class": (DELTA, f"{DELTA}\n        dz[:, 2] *= 0.5"),
    "noise in dW": (DW, f"{DW} + 1e-6"),
    "dW clipped": (DW, "dW = np.clip(activations[layer].T @ dz, -0.01, 0.01)"),
    "db halved": (DB, f"{DB} / 2"),
    "leaky derivative": (DZ, f"{DZ} + 0.01 * da"),
    "delta through |W|": (DA, "da = dz @ abs(self.W[layer].T)"),
    "bias doubled": (LINEAR, "z = a @ self.W[layer] + 2 * self.b[layer]"),
    "loss times 1.3": (LOSS, f"{LOSS} * 1.3"),
    "learning rate off by a third": (SGD, SGD.replace("move", "move * 1.33")),
    "momentum of the wrong size": (MOVE, "move = g + 0.5 * self.v[k]"),
}


# One of each kind by default: of a gradient, and of the update.
@pytest.mark.parametrize(
    "name", only(("noise in dW", "momentum of the wrong size"), UNKNOWN)
)
def test_an_unknown_mistake_is_caught_and_called_unknown(name: str) -> None:
    report = check(edited(UNKNOWN[name]), whole_epoch=False, layer_sizes=SIZES)
    assert not report.passed
    assert report.mistakes == [], report
    assert len(report.findings) == 1
    assert report.findings[0].ruled_out
    assert report.findings[0].facts
    assert report.findings[0].next_step
    assert "Unknown: none of" in str(report)
    assert "The cause is not known." in str(report)


SUM = (DELTA, "dz = probs - one_hot")
SHIFTED = (ONE_HOT, ONE_HOT.replace("[y]", "[y - 1]"))
NO_SLOPE = (DZ, "dz = da")
MEAN = (DB, "db = dz.mean(axis=0)")


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((SUM, NO_SLOPE), {"sum-over-batch", "derivative-missing"}),
        pytest.param(
            (SUM, SHIFTED),
            {"sum-over-batch", "labels-off-by-one"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            (SHIFTED, MEAN),
            {"labels-off-by-one", "db-averaged"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            (NO_SLOPE, MEAN),
            {"derivative-missing", "db-averaged"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ((DW, "dW = -activations[layer].T @ dz"), NO_SLOPE),
            {"wrong-sign", "derivative-missing"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_two_mistakes_of_the_gradient_are_both_named(
    edits: tuple[tuple[str, str], ...], expected: set[str]
) -> None:
    report = check(edited(*edits), whole_epoch=False, layer_sizes=SIZES)
    assert set(report.mistakes) == expected, report
    assert "together with the other one" in " ".join(str(report).split())


def test_two_mistakes_that_undo_each_other_are_none() -> None:
    report = check(
        edited(SUM, (DW, f"{DW} / len(y)"), (DB, f"{DB} / len(y)")),
        whole_epoch=False,
        layer_sizes=SIZES,
    )
    assert report.passed, report


def test_two_mistakes_in_different_stages_are_both_named() -> None:
    report = check(
        edited(
            (LINEAR, "z = a @ self.W[layer]"),
            (DB, "db = dz.mean(axis=0)"),
            (MOVE, "move = g + self.momentum * self.v[k]"),
        ),
        whole_epoch=False,
        layer_sizes=SIZES,
    )
    expected = ["forward-no-bias", "db-averaged", "nesterov-for-momentum"]
    assert report.mistakes == expected, report


class TwiceTheRate(MyMLP):
    """A learning rate that is not the one asked for; no weight decay gives it away."""

    def __init__(
        self,
        layer_sizes: Any,
        learning_rate: float,
        momentum: float,
        batch_size: int,
        dtype: str,
    ) -> None:
        super().__init__(
            layer_sizes=layer_sizes,
            learning_rate=2 * learning_rate,
            momentum=momentum,
            batch_size=batch_size,
            dtype=dtype,
        )


def test_a_scale_of_the_whole_gradient_may_be_a_learning_rate() -> None:
    report = check(TwiceTheRate, whole_epoch=False, layer_sizes=SIZES)
    (finding,) = report.findings
    assert finding.mistake == "factor-two"
    assert not finding.sure
    assert "so would a learning rate" in finding.reason


class WithoutMomentum(MyMLP):
    """A class that was never meant to have momentum."""

    def __init__(self, layer_sizes: Any, learning_rate: float, batch_size: int) -> None:
        super().__init__(
            layer_sizes=layer_sizes,
            learning_rate=learning_rate,
            batch_size=batch_size,
            momentum=0.0,
        )


def test_a_class_without_momentum_is_checked_without() -> None:
    report = check(WithoutMomentum, whole_epoch=False, layer_sizes=SIZES)
    assert report.passed, report
    assert "measured from its steps: momentum 0" in " ".join(report.notes)
    by_hand = check(WithoutMomentum, whole_epoch=False, layer_sizes=SIZES, momentum=0.9)
    (finding,) = by_hand.findings
    assert finding.mistake == "momentum-missing"
    assert not finding.sure
    assert "check with --momentum 0" in finding.reason
