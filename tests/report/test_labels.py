"""The words in the figures: none lies on another, under a line or in another unit."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.text import Text

from compare.record.judging import judge
from compare.report import analysis
from compare.report.figures import bars, curves, errors
from compare.show import figure_style as style
from tests.report import invented


@pytest.fixture
def axes() -> Iterator[Axes]:
    with style.styled():
        figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
        yield axes
        plt.close(figure)


def calibration(seed: int) -> analysis.Calibration:
    rng = np.random.default_rng(seed)
    confidences = rng.uniform(0.1, 1, 1000)
    # A shy network: its points lie above the diagonal, also near 0.
    correct = rng.random(1000) < confidences**0.5
    return analysis.calibration(confidences, correct, rng=rng)


def test_the_panels_of_the_calibration_keep_their_words_apart() -> None:
    names = ["numpy", "torch", "sklearn", "numpy (2)", "torch (2)"]
    with style.styled():
        figure = errors.draw_calibration(
            {name: calibration(seed) for seed, name in enumerate(names)}, title="All"
        )
        figure.canvas.draw()
    panels = [axes for axes in figure.axes if axes.texts]
    assert len(panels) == len(names)
    # Four stand beside one another; the others begin a new line below.
    assert max(panel.bbox.y1 for panel in panels[4:]) < panels[0].bbox.y0
    assert figure.bbox.width < 4.5 * panels[0].bbox.width
    for panel in panels:
        titles = [t for t in panel.findobj(Text) if "error" in t.get_text()]
        boxes = [t.get_window_extent() for t in [*titles, *panel.texts]]
        assert len(boxes) == 3
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        # No wider than its panel, or it would run into the next one's.
        assert max(box.x1 for box in boxes) <= panel.bbox.x1
    for panel in panels:
        (perfect,) = [t for t in panel.texts if "perfect" in t.get_text()]
        box = perfect.get_window_extent().padded(panel.figure.dpi * 4 / 72)
        for line in panel.lines:
            path = line.get_transform().transform_path(line.get_path())
            assert not path.intersects_bbox(box, filled=False)
    plt.close(figure)


def test_the_labels_of_the_speed_hide_the_lines_behind_them(axes: Axes) -> None:
    results = invented.results({"numpy": 1.02, "torch": 1.0}, seeds=[0, 1])
    bars.speed(axes, judge(results))
    axes.figure.canvas.draw()
    (label,) = axes.texts
    assert "needs 3 seeds" in label.get_text()
    (one,) = [line for line in axes.lines if np.array_equal(line.get_xdata(), [1, 1])]
    # The case to see: the line at 1 goes through the label, so it must be hidden.
    assert label.get_window_extent().overlaps(one.get_window_extent())
    patch = label.get_bbox_patch()
    assert patch is not None
    assert patch.get_facecolor() == (1, 1, 1, 1)
    assert label.get_zorder() > one.get_zorder()


@pytest.mark.parametrize(
    ("seconds", "label"), [(0.00216, "0.00218 s"), (0.216, "0.218 s"), (90, "90.9 s")]
)
def test_the_labels_of_the_time_have_the_unit_of_the_axis(
    axes: Axes, seconds: float, label: str
) -> None:
    bars.time(axes, judge(invented.results({"numpy": seconds})))
    assert "seconds" in axes.get_title(loc="left")
    assert [t.get_text() for t in axes.texts] == [label]


@pytest.mark.parametrize(("low", "high"), [(0.061, 0.17), (0.11, 0.14), (0.02, 3.0)])
def test_the_loss_has_numbers_to_read_it_by(
    axes: Axes, low: float, high: float
) -> None:
    """Also where all of it lies within a part of a decade."""
    found = invented.results({"numpy": 1.0, "torch": 2.0})
    for run in found.runs:
        for record in run.epochs:
            share = record.epoch / (len(run.epochs) - 1)
            record.val_loss = record.train_sample_loss = high * (low / high) ** share
    curves.loss(axes, judge(found))
    plt.gcf().draw_without_rendering()
    bottom, top = axes.get_ylim()
    ticks = [t for t in axes.yaxis.get_majorticklocs() if bottom <= t <= top]
    assert 3 <= len(ticks) <= 12
