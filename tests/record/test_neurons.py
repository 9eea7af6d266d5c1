"""What a comparison has learned: the neurons kept in the results, and their figures."""

import numpy as np
import pytest

from compare.contract import Weights
from compare.record import neurons
from compare.record.plan import Plan
from compare.record.results import Results, Run
from compare.report.figures import learned


def test_changes_come_back_within_half_a_step() -> None:
    rng = np.random.default_rng(3)
    W = rng.normal(size=(16, 5))
    W *= np.array([1, 5, 2, 4, 3]) / np.linalg.norm(W, axis=0)
    start = rng.normal(size=(16, 5))
    kept = neurons.collect(
        Run("numpy", 7), [(start, np.ones(5))], [(start + W, np.zeros(5))]
    )
    assert kept is not None
    # The strongest first: the columns were scaled 1, 5, 2, 4, 3.
    assert kept["numbers"] == [1, 3, 4, 2, 0]
    for image, number in zip(neurons.images(kept), kept["numbers"], strict=True):
        half_a_step = kept["largest"] / 127 / 2
        assert np.abs(image.ravel() - W[:, number]).max() <= half_a_step * 1.0001


def test_features_that_are_no_square_have_no_images() -> None:
    weights: Weights = [(np.ones((12, 3)), np.zeros(3))]
    assert neurons.collect(Run("numpy", 0), weights, weights) is None


def test_kernels_of_one_channel_are_images_as_they_lie_on_the_picture() -> None:
    start = np.zeros((3, 1, 2, 2))
    end = start.copy()
    end[2, 0] = [[1, -2], [3, 4]]
    end[0, 0, 0, 0] = 1
    b = np.zeros(3)
    kept = neurons.collect(Run("numpy", 0), [(start, b)], [(end, b)])
    assert kept is not None
    assert kept["numbers"] == [2, 0, 1]
    first = neurons.images(kept)[0]
    assert first == pytest.approx(end[2, 0], abs=4 / 127 / 2 * 1.0001)
    several = np.ones((3, 2, 2, 2))
    assert neurons.collect(Run("numpy", 0), [(several, b)], [(several, b)]) is None


def test_the_figure_shows_each_neuron() -> None:
    results = Results(Plan(implementations=("numpy",)), {}, {}, [], "2026-01-01")
    W = np.random.default_rng(0).normal(size=(16, 5))
    start: Weights = [(0 * W, np.zeros(5))]
    end: Weights = [(W, np.zeros(5))]
    results.neurons = neurons.collect(Run("numpy", 0), start, end)
    figure = learned.draw_neurons(results, title="neurons")
    drawn = [image for axes in figure.axes for image in axes.images]
    assert len(drawn) == 5


def test_a_neuron_is_drawn_where_its_pixels_stand() -> None:
    W = np.zeros((9, 4))
    W[5, 2] = 7.0  # second row, last column
    W[0, 0] = -3.0
    W[8, 3] = 5.0
    numbers, images = neurons.strongest(W, limit=3)
    assert numbers.tolist() == [2, 3, 0]
    assert images.shape == (3, 3, 3)
    assert images[0, 1, 2] == 7
    assert images[1, 2, 2] == 5
    assert images[2, 0, 0] == -3
    assert np.count_nonzero(images) == 3
    with pytest.raises(ValueError, match="must be a square number, got 8"):
        neurons.strongest(np.zeros((8, 2)), limit=1)
