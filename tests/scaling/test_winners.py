"""Crossings and sentences from made-up times whose answer is known."""

import dataclasses
import math

import pytest

from compare import HyperParameters
from compare.scaling import axes as sweep
from compare.scaling import text as scaling_text
from compare.scaling import winners
from compare.scaling.measure import Series
from compare.scaling.winners import NOBODY, Crossing, Place
from compare.statistics import RatioInterval

NAMES = ["numpy", "torch", "sklearn"]
WIDTHS = sweep.axes(["width"], HyperParameters(), 1)["width"]
ROUNDS = 12


def made_up(cross_at: float, noise: float = 0.002) -> dict[tuple[str, str], Series]:
    """torch needs (cross_at / width)^½ times as long as numpy; sklearn, ten times."""
    series = {}
    for width, point in WIDTHS.items():
        ratio = math.sqrt(cross_at / width)
        for name, factor in zip(NAMES, (1.0, ratio, 10.0), strict=True):
            one = Series(name, point.key)
            for k in range(ROUNDS):
                # Everybody is slow in the same rounds; torch wavers by itself.
                own = 1 + noise * math.sin(3 * k) if name == "torch" else 1.0
                one.training.append(1e-6 * width * factor * own * (1 + 0.02 * (k % 3)))
            series[name, point.key] = one
    return series


def analysed(
    cross_at: float, noise: float = 0.002
) -> tuple[list[Place], list[Crossing]]:
    found = winners.places(made_up(cross_at, noise), WIDTHS, "training", NAMES)
    return found, winners.crossings("width", found, "numpy")


@pytest.mark.parametrize("cross_at", [24.0, 300.0, 1500.0])
def test_the_crossing_is_where_it_was_put(cross_at: float) -> None:
    found, (change,) = analysed(cross_at)
    assert (change.left, change.right) == ("numpy", "torch")
    assert change.value == pytest.approx(cross_at, rel=0.02)
    for place in found:
        expected = math.sqrt(cross_at / place.value)
        assert place.ratio.ratio == pytest.approx(expected, rel=0.02)
        if not 0.9 < expected < 1.1:
            assert place.winner == ("numpy" if expected > 1 else "torch")


def test_more_noise_widens_the_zone_around_it() -> None:
    zones = []
    for noise in (0.002, 0.1):
        _, (change,) = analysed(300.0, noise)
        assert change.low is not None
        assert change.high is not None
        assert change.low <= change.value * 1.05
        assert change.high >= change.value / 1.05
        zones.append(change.high / change.low)
    assert zones[1] > zones[0] * 1.02


def by_hand(*exponents: tuple[int, int, int]) -> list[Place]:
    """Return places at 1, 16, 256, …: low end, ratio and high end are powers of 2."""
    places = []
    for i, exponent in enumerate(exponents):
        low, ratio, high = (2.0**e for e in exponent)
        interval = RatioInterval(ratio, low, high, ROUNDS, 0.95, "student-t")
        winner = "numpy" if low > 1 else "torch" if high < 1 else NOBODY
        places.append(Place(16**i, {}, "torch", interval, winner, "made up"))
    return places


FALLING = [(1, 2, 3), (-1, 1, 2), (-2, -1, 1), (-4, -3, -1)]
RISING = [(-high, -ratio, -low) for low, ratio, high in FALLING]


@pytest.mark.parametrize(
    ("exponents", "ends"),
    [(FALLING, ("numpy", "torch")), (RISING, ("torch", "numpy"))],
)
def test_the_zone_reaches_to_where_the_interval_leaves_1(
    exponents: list[tuple[int, int, int]], ends: tuple[str, str]
) -> None:
    """On logarithmic axes each is half-way, of 1 and 16, 16 and 256, 256 and 4096."""
    low, value, high = 4, 64, 1024
    places = by_hand(*exponents)
    (change,) = winners.crossings("batch", places, "numpy")
    assert (change.left, change.right) == ends
    assert (change.low, change.value, change.high) == pytest.approx((low, value, high))

    # Where nobody leads on one side, nothing is crossed.
    assert winners.crossings("batch", places[:3], "numpy") == []
    assert winners.crossings("batch", places[1:], "numpy") == []


def test_a_stretch_without_a_leader_is_no_crossing_and_is_called_so() -> None:
    """The medians change sides twice where nobody leads, as noise has it."""
    places = by_hand((1, 2, 3), (-2, -1, 1), (-1, 1, 2), (-2, -1, 1))
    assert winners.crossings("batch", places, "numpy") == []
    text = scaling_text.sentence("training", "batch", places, [], "numpy")
    assert text == (
        "Training, by batch size: numpy leads at 1, 4.00 times as fast as the fastest "
        "other; nobody leads from 16 to 4,096."
    )


def test_places_that_nobody_leads_are_no_change_of_the_lead() -> None:
    """A sweep over the width of which it was said that "torch" leads up to 1,260.

    At 1,024 and 2,048 the intervals contained 1: the medians alone change sides twice.
    """
    found = by_hand(*[(1, 2, 3)] * 6)
    ends = {1024: (0.97, 0.99, 1.04), 2048: (0.97, 1.01, 1.09)}
    for value, (low, ratio, high) in ends.items():
        interval = RatioInterval(ratio, low, high, ROUNDS, 0.95, "student-t")
        verdict = "no detectable difference"
        found.append(Place(value, {}, "torch", interval, NOBODY, verdict))
    widths = [16, 32, 64, 128, 256, 512, *ends]
    found = [
        dataclasses.replace(p, value=v) for p, v in zip(found, widths, strict=True)
    ]
    changes = winners.crossings("width", found, "numpy")
    assert changes == []
    text = scaling_text.sentence("inference", "width", found, changes, "numpy")
    assert text == (
        "Predicting, by width: numpy leads from 16 to 512, 4.00 times as fast as the "
        "fastest other; nobody leads from 1,024 to 2,048."
    )


def test_the_fastest_of_all_is_compared_with_everybody() -> None:
    """The subject, numpy, is never the fastest: numba is, then jax and torch are."""
    names = ["numpy", "numba", "torch", "jax"]
    series = {}
    for width, point in WIDTHS.items():
        equal = width == 2048
        times = {
            "numpy": 3.0,
            "numba": 1.0 if width < 256 else 4.0,
            "torch": 2.0 if equal else 2.5,
            "jax": 2.0,
        }
        for name, seconds in times.items():
            series[name, point.key] = Series(name, point.key, [seconds] * ROUNDS)
    found = winners.places(series, WIDTHS, "training", names)
    assert [p.front for p in found[-2:]] == [("jax",), ("torch", "jax")]
    assert scaling_text.fastest("training", "width", found, 4) == (
        "Training, by width, fastest of 4: by hand (numba) from 16 to 128; jax from "
        "256 to 1,024; too close to call between torch and jax at 2,048."
    )


def test_several_changes_without_a_leader_between_two_are_no_one_crossing() -> None:
    places = by_hand((1, 2, 3), (-2, -1, 1), (-1, 1, 2), (-3, -2, -1))
    assert winners.crossings("batch", places, "numpy") == []


def test_the_largest_lead_is_always_in_the_sentence() -> None:
    """A lead of 2 ^ 3 beside a stretch of small ones and one of none."""
    places = by_hand((2, 3, 4), (1, 2, 3), (-1, 0, 1), (-6, -5, -4))
    changes = winners.crossings("batch", places, "numpy")
    text = scaling_text.sentence("training", "batch", places, changes, "numpy")
    assert "numpy leads from 1 to 16, 4.00 to 8.00 times as fast" in text
    assert "torch leads at 4,096, 32.00 times as fast as numpy" in text


def test_a_narrow_zone_lies_between_two_values() -> None:
    """From 16 to 256, on logarithmic axes: a quarter, half and three quarters."""
    (change,) = winners.crossings(
        "batch", by_hand((1, 2, 3), (1, 2, 3), (-3, -2, -1)), "numpy"
    )
    assert (change.low, change.value, change.high) == pytest.approx((32, 64, 128))


def test_equal_speed_has_no_winner() -> None:
    series = made_up(300.0)
    for point in WIDTHS.values():
        series["torch", point.key].training = list(series["numpy", point.key].training)
    found = winners.places(series, WIDTHS, "training", NAMES)
    assert {place.winner for place in found} == {NOBODY}
    text = scaling_text.sentence("training", "width", found, [], "numpy")
    assert text == "Training, by width: nobody leads from 16 to 2,048."


def test_the_sentence_names_both_sides_and_where_they_are_equal() -> None:
    found, changes = analysed(300.0)
    text = scaling_text.sentence("training", "width", found, changes, "numpy")
    # √(300 / 16) and √(300 / 256); √(512 / 300) and √(2048 / 300).
    assert text == (
        "Training, by width: numpy leads from 16 to 256, 1.08 to 4.33 times as fast as "
        "the fastest other; torch leads from 512 to 2,048, 1.31 to 2.61 times as fast "
        "as numpy (numpy and torch are equal near 300)."
    )


def test_one_may_lead_everywhere() -> None:
    found, changes = analysed(1e6)
    assert changes == []
    text = scaling_text.sentence("training", "width", found, changes, "numpy")
    # sklearn, ten times slower everywhere, is the fastest other.
    assert text == (
        "Training, by width: numpy leads from 16 to 2,048, 10.00 times as fast as the "
        "fastest other."
    )
    slow, changes = analysed(1.0)
    text = scaling_text.sentence("training", "width", slow, changes, "numpy")
    assert "torch leads from 16 to 2,048, 4.00 to 45.25 times as fast as numpy" in text


def test_the_change_from_one_other_to_another_is_no_crossing_with_the_subject() -> None:
    """Nobody has compared these two with one another."""
    places = by_hand((-3, -2, -1), (-3, -2, -1))
    second = dataclasses.replace(places[1], rival="jax", winner="jax")
    assert winners.crossings("batch", [places[0], second], "numpy") == []
    text = scaling_text.sentence("training", "batch", [places[0], second], [], "numpy")
    assert (
        "torch leads at 1, 4.00 times as fast as numpy; jax leads at 16, 4.00" in text
    )


def test_threads_have_nothing_between_them() -> None:
    axis = sweep.axes(["threads"], HyperParameters(), 4)["threads"]
    assert list(axis) == [1, 2, 4]
    series = {}
    for n, point in axis.items():
        for name in NAMES[:2]:
            seconds = 1.0 if name == "numpy" else 3.0 / n
            series[name, point.key] = Series(name, point.key, [seconds] * ROUNDS)
    found = winners.places(series, axis, "training", NAMES[:2])
    (change,) = winners.crossings("threads", found, "numpy")
    assert change == Crossing("numpy", "torch", 2, 2, 4)
    text = scaling_text.sentence("training", "threads", found, [change], "numpy")
    assert "torch leads at 4" in text


def test_few_rounds_and_noise_rank_nobody() -> None:
    series = made_up(300.0)
    for one in series.values():
        one.training = one.training[:2]
    found = winners.places(series, WIDTHS, "training", NAMES)
    assert {place.verdict for place in found} == {"not enough data"}
    text = scaling_text.sentence("training", "width", found, [], "numpy")
    assert "too few rounds to say (3 are needed)" in text


@pytest.mark.parametrize(
    ("n_noisy", "words"),
    [
        (0, "nobody leads from 1 to 16."),
        (
            1,
            "nobody is seen to lead (at 1 of 2 values the machine was too busy to say)",
        ),
        (2, "the machine was too busy to say (see --clock processor) from 1 to 16."),
    ],
)
def test_noise_at_some_values_is_not_said_of_all(n_noisy: int, words: str) -> None:
    interval = RatioInterval(1.0, 0.5, 2.0, ROUNDS, 0.95, "student-t")
    verdicts = ["too noisy"] * n_noisy + ["no detectable difference"] * (2 - n_noisy)
    found = [
        Place(value, {}, "torch", interval, NOBODY, verdict)
        for value, verdict in zip((1, 16), verdicts, strict=True)
    ]
    assert words in scaling_text.sentence("training", "batch", found, [], "numpy")


def test_the_default_point_is_shared_by_all_axes() -> None:
    axes = sweep.axes(sweep.AXES, HyperParameters(), 2)
    shared = {axes["batch"][64], axes["width"][128], axes["threads"][1]}
    assert len({point.key for point in shared}) == 1
    assert axes["depth"][3].hyper_parameters.layer_sizes == (784, 128, 128, 128, 10)
    assert len({p.key for values in axes.values() for p in values.values()}) == 21
