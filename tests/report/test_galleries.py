"""The galleries: every caption stays under its picture, however long the names."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from compare.record.judging import judge
from compare.record.results import Results
from compare.report.figures import galleries
from compare.show import figure_style as style
from tests.report import invented

NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"]
NAMES += ["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def with_mistakes(class_names: list[str], n: int) -> Results:
    found = invented.with_gallery(invented.results({"numpy": 1.0, "torch": 2.0}))
    assert found.gallery is not None
    for which in ("mistakes", "disagree"):
        images = found.gallery[which]
        found.gallery[which] = [images[i % len(images)] for i in range(n)]
    found.data["class_names"] = class_names
    return found


@pytest.mark.parametrize("n", [24, 7, 1])
@pytest.mark.parametrize("class_names", [list("0123456789"), NAMES])
def test_no_caption_runs_into_the_next(
    class_names: list[str], n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(figure: Figure, path: Path) -> str:
        figure.canvas.draw()
        captions = [t for a in figure.axes for t in a.texts]
        boxes = [t.get_window_extent() for t in captions]
        assert len(boxes) == n
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        broken = class_names is NAMES and path.name == "mistakes.png"
        assert all((",\nread as" in t.get_text()) == broken for t in captions)
        pictures = [i for a in figure.axes for i in a.images]
        assert len(pictures) == n
        sides = {round(p.get_window_extent().width) for p in pictures}
        assert min(sides) > 0.08 * figure.bbox.width
        plt.close(figure)
        return path.name

    results = with_mistakes(class_names, n)
    with style.styled():
        monkeypatch.setattr(style, "save", check)
        pictures = galleries.mistakes(results)
        assert len(pictures) == n
        galleries.write(judge(results), tmp_path)


def test_of_many_rows_those_that_answer_alike_are_named_together() -> None:
    answers = dict.fromkeys(["numpy", "torch", "a/b.py:Net", "jax"], "9")
    answers |= {"keras": "4", "numba": "5", "sklearn": "4"}
    picture = galleries.Picture(0, np.zeros((28, 28), np.uint8), "9", answers, "99 %")
    assert list(galleries.marked(picture).items()) == [
        ("numba:", "5"),
        ("keras and sklearn:", "4"),
        ("the other 4:", "9 ✓"),
    ]


def test_each_of_a_few_rows_is_named() -> None:
    answers = {"numpy": "9", "torch": "4", "jax": "9"}
    picture = galleries.Picture(0, np.zeros((28, 28), np.uint8), "4", answers, "99 %")
    assert galleries.marked(picture) == {"numpy": "9", "torch": "4 ✓", "jax": "9"}
