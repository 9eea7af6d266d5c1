"""More classes than a matrix can show: a list of mistakes, or a sentence."""

import dataclasses
from pathlib import Path

import pytest

from compare import report
from compare.record.judging import judge
from compare.record.results import Results, pack, unpack
from compare.report import analysis, classes, confusion_table, figures, notes
from compare.report.figures import confusion
from tests.report import invented


def with_classes(n_classes: int) -> Results:
    """Return a row that takes 2 of 20 images of class 3 for 5, and 1 of class 4 for 8.

    Its network has more outputs than there are classes of images, which are ten.
    """
    found = invented.results({"numpy": 1.0}, seeds=(0,), n_wrong={"numpy": 0})
    hp = dataclasses.replace(
        found.plan.hyper_parameters, layer_sizes=(784, 16, n_classes)
    )
    found.plan = dataclasses.replace(found.plan, hyper_parameters=hp)
    answers = unpack(found.runs[0].predictions or {}).copy()
    answers[[3, 13, 4]] = (5, 5, 8)
    found.runs[0].predictions = pack(answers)
    return found


def test_a_matrix_up_to_fifteen_classes_then_the_most_frequent_mistakes() -> None:
    few, many = judge(with_classes(15)), judge(with_classes(16))
    assert confusion_table.confusions(few) == []
    assert confusion_table.matrices(many) == []
    assert len(confusion_table.matrices(few)[0].rows) == 15
    (found,) = confusion_table.confusions(many)
    assert found.names == ["numpy"]
    assert found.rows == [("3", "5", "10.0"), ("4", "8", "5.0")]


def test_a_class_without_images_has_no_scores() -> None:
    (found,) = classes.scores(judge(with_classes(16)))
    assert [each.name for each in found.classes] == list("0123456789")


@pytest.mark.parametrize("n_classes", [100, 101])
def test_above_a_hundred_nothing_is_shown_class_by_class(n_classes: int) -> None:
    found = judge(with_classes(n_classes))
    said = "up to 100 outputs, and this network has 101" in " ".join(
        notes.meaning(found)
    )
    shown = bool(confusion_table.confusions(found)), bool(classes.scores(found))
    assert (said, *shown) == (n_classes > 100, n_classes <= 100, n_classes <= 100)


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [50, 1000])
def test_page_and_figures_of_many_classes(n_classes: int, tmp_path: Path) -> None:
    found = judge(with_classes(n_classes))
    names = set(figures.write(found, tmp_path))
    html = (tmp_path / report.write(found, tmp_path)).read_text(encoding="utf-8")
    few = n_classes <= 100
    assert "calibration.png" in names
    assert ({"confusion.png", "classes.png"} <= names) is few
    assert ('id="confusion"' in html) is few
    assert ('id="classes"' in html) is few


def test_a_thousand_outputs_are_not_counted_pair_by_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, name in ((analysis, "class_scores"), (confusion, "matrix")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("was computed"))
    found = judge(with_classes(1000))
    assert classes.scores(found) == []
    assert confusion_table.confusions(found) == []
    assert confusion_table.matrices(found) == []
