"""Who takes a turn when: at random, everyone once a round, and nobody in another's way.

The workers here are made up: they note who was asked for what, and answer at once.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from compare.config import HyperParameters
from compare.measure import blocks, turns
from compare.scaling import measure as sweeping
from compare.scaling.axes import Point

NAMES = ("numpy", "torch", "sklearn")
HP = HyperParameters(layer_sizes=(8, 4, 3))
OTHER = HyperParameters(layer_sizes=(8, 4, 3), batch_size=16)
ANSWER = {"seconds": 0.01, "cpu_seconds": 0.01, "library": "numpy", "thread_pools": []}

Asked = list[tuple[str, str, str]]
"""(name, request, key), in the order of asking; ("", "sleep", "") for a pause."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Put made-up workers in the place of processes; return what they are asked."""
    found: Asked = []

    class Worker:
        def __init__(self, name: str, *, n_threads: int, time_limit: float) -> None:
            self.name, self.n_threads = name, n_threads
            self.identity = {"name": name, "n_threads": n_threads}

        def __enter__(self) -> "Worker":
            return self

        def __exit__(self, *_: object) -> None: ...

        def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
            found.append((self.name, request, arguments.get("key", "")))
            return {**ANSWER, "phases": {}}

        def send(self, request: str, **arguments: Any) -> None: ...

        def receive(self) -> dict[str, Any]:
            return ANSWER

        kill = stop = __exit__

    monkeypatch.setattr(turns, "RemoteImplementation", Worker)
    monkeypatch.setattr(time, "sleep", lambda _: found.append(("", "sleep", "")))
    return found


def take_blocks(n_threads: int = 1) -> None:
    settings = {"one": HP, "other": OTHER}
    blocks.measure(
        NAMES,
        settings,
        kinds=dict.fromkeys(settings, ("training", "floor")),
        n_rounds=60,
        n_threads=n_threads,
        notify=lambda: None,
    )


def take_sweep(n_threads: int = 1) -> None:
    points = [Point(HP, n_threads), Point(OTHER, n_threads)]
    sweeping.Sweep(NAMES, points, budget_seconds=60).run(lambda: None)


TAKERS: list[tuple[Callable[..., None], str]] = [
    (take_blocks, "time_floor"),
    (take_sweep, "time_prediction"),
]


@pytest.mark.parametrize(("take", "last_request"), TAKERS)
def test_everyone_once_a_round_in_every_order(
    asked: Asked, take: Callable[..., None], last_request: str
) -> None:
    take()
    turns = [(key, name) for name, request, key in asked if request == last_request]
    # Without the first of 60 rounds, in which calls are made to see what they take.
    turns = turns[len(turns) - 59 * 6 :]
    rounds = [turns[i : i + 6] for i in range(0, len(turns), 6)]
    keys = sorted({key for key, _ in turns})
    assert len(keys) == 2
    orders, firsts = Counter[tuple[str, ...]](), Counter[str]()
    for one in rounds:
        assert sorted(one) == sorted(itertools.product(keys, NAMES))
        firsts[one[0][0]] += 1
        for i in (0, 3):
            # At one setting all take their turns before the next setting comes.
            assert len({key for key, _ in one[i : i + 3]}) == 1
            orders[tuple(name for _, name in one[i : i + 3])] += 1
    # 118 draws of 6 orders: 20 each; fewer than 6 has a chance of 2 in 10,000.
    assert set(orders) == set(itertools.permutations(NAMES))
    assert min(orders.values()) >= 6
    assert all(firsts[key] >= 15 for key in keys)


@pytest.mark.parametrize(("take", "last_request"), TAKERS)
def test_between_turns_of_several_threads_there_is_a_pause(
    asked: Asked, take: Callable[..., None], last_request: str
) -> None:
    """The threads of a BLAS go on waiting in a loop for some milliseconds."""
    take(n_threads=2)
    turns = [name or request for name, request, _ in asked]
    changes = [
        pair
        for pair in itertools.pairwise(turns[len(turns) // 2 :])
        if pair[0] != pair[1]
    ]
    assert len(changes) > 100
    assert all("sleep" in pair for pair in changes)


@pytest.mark.parametrize(("take", "last_request"), TAKERS)
def test_one_thread_needs_no_pause(
    asked: Asked, take: Callable[..., None], last_request: str
) -> None:
    take()
    assert ("", "sleep", "") not in asked
