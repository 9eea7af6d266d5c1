"""Numbers in print, against values from another source."""

import pytest

from compare.record.judging import judge
from compare.report.figures import bars
from compare.show import figure_style as style
from compare.show import units
from tests.report import invented


def test_mean_and_sample_sd_in_per_cent() -> None:
    # R: mean(x) is 0.979 and sd(x) 0.003605551 for x = c(0.975, 0.98, 0.982).
    assert str(units.mean_sd_percent([0.975, 0.98, 0.982])) == "97.90 ± 0.36"
    assert str(units.mean_sd_percent([0.98])) == "98.00"
    with pytest.raises(ValueError, match="at least one number"):
        units.mean_sd_percent([])


def test_a_mean_on_the_edge_is_rounded_alike_in_table_and_figure() -> None:
    """The mean of 95.89 and 95.6 % is 95.745: which way it goes is the same for all."""
    from matplotlib import pyplot as plt

    results = invented.results({"numpy": 1.0}, seeds=(0, 1))
    for run, accuracy in zip(results.runs, (0.9589, 0.956), strict=True):
        run.test_accuracy = accuracy
    with style.styled():
        figure, axes = plt.subplots()
        bars.accuracy(axes, judge(results))
        (label,) = [t.get_text() for t in axes.texts]
        plt.close(figure)
    assert invented.printed_row(results, "numpy")[1].split()[0] == label
