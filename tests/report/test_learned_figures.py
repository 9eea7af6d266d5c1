"""What a comparison has learned: the neurons kept in the results, and their figures."""

import numpy as np

from compare.contract import Weights
from compare.record.plan import Plan
from compare.record.results import Results, Run, unpack
from compare.report.figures import learned


def test_neurons_come_back_within_half_a_step() -> None:
    rng = np.random.default_rng(3)
    W = rng.normal(size=(16, 5))
    W *= np.array([1, 5, 2, 4, 3]) / np.linalg.norm(W, axis=0)
    kept = learned.neurons(Run("numpy", 7), [(W, np.zeros(5))])
    assert kept is not None
    # The strongest first: the columns were scaled 1, 5, 2, 4, 3.
    assert kept["numbers"] == [1, 3, 4, 2, 0]
    images = (unpack(kept["images"]).astype(float) - 128) / 127 * kept["largest"]
    for image, number in zip(images, kept["numbers"], strict=True):
        half_a_step = kept["largest"] / 127 / 2
        assert np.abs(image.ravel() - W[:, number]).max() <= half_a_step * 1.0001


def test_features_that_are_no_square_have_no_images() -> None:
    weights: Weights = [(np.ones((12, 3)), np.zeros(3))]
    assert learned.neurons(Run("numpy", 0), weights) is None


def test_the_figure_shows_each_neuron() -> None:
    results = Results(Plan(implementations=("numpy",)), {}, {}, [], "2026-01-01")
    W = np.random.default_rng(0).normal(size=(16, 5))
    results.neurons = learned.neurons(Run("numpy", 0), [(W, np.zeros(5))])
    figure = learned.draw_neurons(results, title="neurons")
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(drawn) == 5
