"""A line without which all is right is the one that is marked."""

from pathlib import Path

import pytest

from compare.check.exercises.exercises import planted
from tests.check.lines.files import reading_of
from tests.check.share import every
from tests.check.zoo.loading import SIZES
from tests.check.zoo.planting import BATCH, COUPLED, ROWS

START = "for start in range(0, len(order), self.batch_size):"
SHUFFLE = "order = np.random.default_rng().permutation(order)"
DECAY = "self.learning_rate *= 0.9 if self.t else 1"


@pytest.mark.parametrize(
    ("line", "edit"),
    every(
        2,
        [
            # Two runs do not even give the same, unless it is left out.
            (SHUFFLE, (START, f"{SHUFFLE}\n        {START}")),
            (DECAY, (START, f"{DECAY}\n        {START}")),
        ],
        name=lambda pair: str(pair[0]),
    ),
)
def test_the_line_is_one_too_many(
    line: str, edit: tuple[str, str], tmp_path: Path
) -> None:
    text = planted((edit,))
    reading = reading_of(text, tmp_path, layer_sizes=SIZES)
    departure = reading.departure
    assert departure is not None
    assert text.splitlines()[departure.line - 1].strip() == line
    assert departure.relation == "this line is one too many"
    assert departure.still_wrong == ()
    assert reading.refusal == ""


@pytest.mark.slow
def test_of_two_that_are_the_same_the_second_is_too_many(tmp_path: Path) -> None:
    text = planted(((BATCH, f"{BATCH}\n            {BATCH}"),))
    departure = reading_of(text, tmp_path, layer_sizes=SIZES).departure
    lines = [k for k, line in enumerate(text.splitlines(), 1) if BATCH in line]
    assert departure is not None
    assert departure.line == lines[1]


@pytest.mark.slow
def test_a_wrong_value_in_such_a_line_is_told(tmp_path: Path) -> None:
    """More than that it should not be there: what should stand in it."""
    text = planted(((COUPLED, "dW = dW + 1e-3 * self.W[layer]"),))
    departure = reading_of(text, tmp_path, layer_sizes=SIZES).departure
    assert departure is not None
    assert "1e-3" in text.splitlines()[departure.line - 1]
    assert departure.expected.startswith("dW[2] = ")


@pytest.mark.slow
def test_a_line_that_is_needed_elsewhere_is_not_one_too_many(tmp_path: Path) -> None:
    """Another batch size is wrong, and no line of the loop can go."""
    edit = (ROWS, "rows = order[start : start + 5]")
    departure = reading_of(planted((edit,)), tmp_path, layer_sizes=SIZES).departure
    assert departure is not None
    assert departure.relation != "this line is one too many"
    assert "start + 5" in planted((edit,)).splitlines()[departure.line - 1]
