"""The clock that splits an epoch, and the wrappers that feed it."""

from typing import Any

import numpy as np
import pytest

from compare import HyperParameters, registry
from compare.engine import Engine
from compare.measure import phases
from compare.measure.phases import PHASES, WHOLE, Clock, instrumented
from tests import engines
from tests.problems import random_weights, separable_data

SIZES = (6, 5, 4)


class Hands:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_phases_nest_and_nothing_is_counted_twice() -> None:
    """Two batches: 1 s gather, 2 s forward inside backward, 3 s of its own, 5 s update.

    1 s passes between backward and update, which is the rest.
    """
    hands = Hands()
    clock = Clock(hands)

    def forward() -> None:
        hands.time += 2

    def backward() -> None:
        timed_forward()
        hands.time += 3

    def update() -> None:
        hands.time += 5

    timed_forward = clock.timed(forward, "forward")
    timed_backward = clock.timed(backward, "backward")
    timed_update = clock.timed(update, "update")
    clock.start()
    for _ in range(2):
        hands.time += 1
        timed_backward()
        hands.time += 1
        timed_update()
    found = clock.stop()
    assert found == {
        "gather": 2.0,
        "forward": 4.0,
        "backward": 6.0,
        "update": 10.0,
        "rest": 2.0,
    }
    assert sum(found.values()) == hands.time


def test_a_phase_that_raises_is_left() -> None:
    hands = Hands()
    clock = Clock(hands)

    def fails() -> None:
        hands.time += 1
        raise ValueError("on purpose")

    timed = clock.timed(fails, "update")
    clock.start()
    with pytest.raises(ValueError, match="on purpose"):
        timed()
    hands.time += 10
    assert clock.stop() == {"update": 1.0, "gather": 10.0}


def split(entry: Engine) -> bool:
    """Say whether its step can be split, and not only be seen as a whole."""
    return bool(entry.phases) and WHOLE not in dict(entry.phases).values()


def trained(name: str) -> tuple[Any, Any]:
    hp = HyperParameters(layer_sizes=SIZES, batch_size=8)
    implementation = registry.create(name, hp)
    implementation.set_weights(
        random_weights(SIZES, "float32", np.random.default_rng(0))
    )
    data = separable_data(50, SIZES[0], SIZES[-1], dtype="float32")
    implementation.train_epoch(*data)  # scikit-learn makes its optimizer here
    return implementation, data


@pytest.mark.parametrize("name", engines.params(split))
def test_every_phase_of_every_implementation_is_seen(name: str) -> None:
    """Counted by a clock that ticks at each reading, so that no phase is too short."""
    implementation, data = trained(name)
    with instrumented(implementation, registry.ENGINES[name].phases) as clock:
        assert clock is not None
        clock.start()
        implementation.train_epoch(*data)
        found = clock.stop()
    assert set(PHASES) - {"rest"} <= set(found) <= set(PHASES)


@pytest.mark.parametrize("name", engines.params(split))
def test_instruments_change_nothing_and_leave_nothing(name: str) -> None:
    with_instruments, data = trained(name)
    without, _ = trained(name)
    places = phases.places(with_instruments, registry.ENGINES[name].phases)
    before = [
        (owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in places
    ]
    with instrumented(with_instruments, registry.ENGINES[name].phases):
        with_instruments.train_epoch(*data)
        wrapped = [getattr(owner, attribute) for owner, attribute, _ in places]
    without.train_epoch(*data)
    for (owner, attribute, original), wrapper in zip(before, wrapped, strict=True):
        assert getattr(owner, attribute) == original
        assert wrapper != original
    for pair, other in zip(
        with_instruments.get_weights(), without.get_weights(), strict=True
    ):
        assert all(np.array_equal(a, b) for a, b in zip(pair, other, strict=True))


def test_an_unknown_implementation_is_not_split() -> None:
    with instrumented(object(), ()) as clock:
        assert clock is None


def test_what_cannot_be_split_has_a_name_of_its_own() -> None:
    assert WHOLE not in PHASES
