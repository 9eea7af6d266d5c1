"""Break it: the mistake parts from the right network, and the checker names it."""

from typing import Any

import pytest

from compare.lab.breaking import defaults_of
from tests.lab.laboratory import Lab

ADAM = """
class MyMLP:
    def __init__(self, *, layer_sizes=(784, 10), optimizer="adam", nesterov=False,
                 learning_rate=0.001, rate=make(), dtype="float32"):
        pass
"""


def test_what_an_exercise_is_trained_with_stands_in_its_constructor() -> None:
    assert defaults_of(ADAM) == {
        "optimizer": "adam",
        "nesterov": False,
        "learning_rate": 0.001,
        "dtype": "float32",
    }


@pytest.mark.parametrize(
    ("place", "body", "status"),
    [
        ("breaking/choose", b"{}", 400),
        ("breaking/choose", b'{"number": "../1"}', 400),
        ("breaking/start", b"{}", 422),
        ("breaking/diagnosis", b"{}", 422),
    ],
)
def test_nothing_is_chosen_yet(lab: Lab, place: str, body: bytes, status: int) -> None:
    assert lab.ask(place, body)[0] == status


@pytest.mark.slow
def test_a_mistake_parts_at_its_step_and_is_named(lab: Lab) -> None:
    exercises = lab.json("exercises")
    assert [each["number"] for each in exercises] == list(range(1, len(exercises) + 1))
    (momentum,) = (e for e in exercises if e["symptom"].startswith("Momentum"))
    chosen = lab.json("breaking/choose", {"number": momentum["number"]})
    assert "class MyMLP" in chosen["source"]
    for _ in range(2):
        lab.json("breaking/step", {})
        lab.wait_until(lambda: state(lab)["status"] != "running")
    points = state(lab)["points"]
    assert [point["step"] for point in points] == [0, 1, 2]
    distances = [point["engines"]["broken"]["difference"] for point in points]
    # Of the first step, momentum is no part.
    assert distances[0] == 0
    assert distances[1] < 1e-15
    assert distances[2] > 1e-6
    text = lab.json("breaking/diagnosis", {})["text"]
    assert "FAIL" in text
    assert "omentum" in text
    assert lab.ask("breaking/choose", b'{"number": 99}')[0] == 422


def state(lab: Lab) -> Any:
    return lab.json("state")["breaking"]
