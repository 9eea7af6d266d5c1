from pathlib import Path

import pytest

from compare.check.api import check
from compare.check.exercises import exercises
from compare.check.exercises.exercises import planted
from compare.check.exercises.network import MyMLP
from compare.errors import UsageError
from tests.check.share import every
from tests.check.zoo.loading import SIZES, load

NUMBERS = range(1, len(exercises.all_exercises()) + 1)


@pytest.mark.parametrize("number", every(9, NUMBERS))
def test_an_exercise_has_the_mistake_it_claims_under_its_own_defaults(
    number: int,
) -> None:
    exercise = exercises.find(number)
    report = check(load(exercises.source(number)), whole_epoch=False, layer_sizes=SIZES)
    assert report.mistakes == [exercise.mistake], report


@pytest.mark.parametrize("number", every(8, NUMBERS))
def test_the_mended_file_passes(number: int) -> None:
    text = exercises.source(number)
    for old, new in exercises.find(number).edits:
        assert new in text
        text = text.replace(new, old)
    report = check(load(text), whole_epoch=False, layer_sizes=SIZES)
    assert report.passed, report
    assert report.summary().startswith("Well done")


def test_they_run_from_easy_to_hard() -> None:
    levels = [exercise.level for exercise in exercises.all_exercises()]
    assert levels == sorted(levels, key=exercises.LEVELS.index)
    assert len({exercise.edits for exercise in exercises.all_exercises()}) == 25


def test_nothing_tells_the_answer() -> None:
    for number in NUMBERS:
        assert exercises.find(number).mistake not in exercises.source(number)
    overview = exercises.overview()
    assert len(overview.splitlines()) == len(exercises.all_exercises())


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = exercises.write(1, tmp_path)
    path.write_text("half mended")
    with pytest.raises(UsageError, match="is there already"):
        exercises.write(1, tmp_path)
    assert path.read_text() == "half mended"


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_a_number_out_of_range(number: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"from 1 to {len(NUMBERS)}, got {number}"):
        exercises.write(number, tmp_path)


def test_the_correct_file_is_what_the_specimens_change() -> None:
    assert load(planted(())).__doc__ == MyMLP.__doc__
