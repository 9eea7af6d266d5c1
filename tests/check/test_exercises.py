from pathlib import Path

import pytest

import compare
from compare.check.zoo import exercises
from compare.check.zoo.correct import MyMLP
from compare.check.zoo.planting import correct_source
from compare.errors import UsageError
from tests.check.specimen_loading import SIZES, load

NUMBERS = range(1, len(exercises.EXERCISES) + 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_has_the_mistake_it_claims_under_its_own_defaults(
    number: int,
) -> None:
    exercise = exercises.find(number)
    report = compare.check(
        load(exercises.source(number)), whole_epoch=False, layer_sizes=SIZES
    )
    assert report.mistakes == [exercise.key], report


@pytest.mark.parametrize("number", NUMBERS)
def test_the_mended_file_passes(number: int) -> None:
    text = exercises.source(number)
    for old, new in exercises.find(number).specimen.edits:
        planted = new.replace("{layer}", str(exercises.find(number).layer))
        assert planted in text
        text = text.replace(planted, old)
    report = compare.check(load(text), whole_epoch=False, layer_sizes=SIZES)
    assert report.passed, report
    assert report.summary().startswith("Well done")


def test_they_run_from_easy_to_hard() -> None:
    levels = [exercise.level for exercise in exercises.EXERCISES]
    order = [exercises.EASY, exercises.MIDDLE, exercises.HARD]
    assert levels == sorted(levels, key=order.index)
    assert len({e.key + str(e.local) for e in exercises.EXERCISES}) == len(levels)


def test_nothing_tells_the_answer() -> None:
    for number in NUMBERS:
        assert exercises.find(number).key not in exercises.source(number)
    overview = exercises.overview()
    assert len(overview.splitlines()) == len(exercises.EXERCISES)


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
    assert load(correct_source()).__doc__ == MyMLP.__doc__
