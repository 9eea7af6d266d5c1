"""Early stopping beside scikit-learn's, and the weights that it keeps."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from compare import registry
from compare.config import HyperParameters
from compare.contract import Weights
from compare.errors import UsageError
from compare.measure.early_stopping import EarlyStopping
from compare.weights import epoch_order, initial_weights
from tests.problems import separable_data


def no_weights() -> Weights:
    return []


def test_it_waits_as_long_as_it_is_told() -> None:
    stopping = EarlyStopping(patience=2)
    scores = [0.5, 0.7, 0.6, 0.7, 0.9]
    stops = [stopping.update(k, score, no_weights) for k, score in enumerate(scores)]
    # An equal score is no new best.
    assert stops == [False, False, False, True, False]
    assert (stopping.best_epoch, stopping.best_score) == (4, 0.9)


@given(scores=st.lists(st.integers(0, 5), min_size=1), patience=st.integers(1, 4))
def test_it_keeps_the_first_of_the_best(scores: list[int], patience: int) -> None:
    stopping = EarlyStopping(patience=patience)
    for epoch, score in enumerate(scores):
        weights = [(np.full((1, 1), epoch), np.zeros(1))]
        stopping.update(epoch, score, lambda weights=weights: weights)  # type: ignore[misc]  # bound at once
    assert stopping.best_epoch == scores.index(max(scores))
    assert stopping.best_weights[0][0].item() == stopping.best_epoch


def test_a_score_that_is_no_number_is_never_the_best() -> None:
    stopping = EarlyStopping(patience=2)
    assert not stopping.update(0, float("nan"), no_weights)
    assert stopping.update(1, float("nan"), no_weights)
    assert stopping.best_epoch == -1


def test_it_stops_where_scikit_learn_stops() -> None:
    """`MLPClassifier(early_stopping=True)` on the same split, by its own scores."""
    X, y, _ = separable_data(300, 8, 3, dtype="float64")
    y[::4] = (y[::4] + 1) % 3  # wrong labels: validation cannot get better for ever
    model = MLPClassifier(
        (6,), early_stopping=True, n_iter_no_change=5, tol=1e-12, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert 6 < model.n_iter_ < model.max_iter
    # scikit-learn stops when the count of epochs without a new best exceeds its limit.
    stopping = EarlyStopping(patience=6)
    stops = [
        stopping.update(epoch, score, no_weights)
        for epoch, score in enumerate(model.validation_scores_)
    ]
    assert stops == [False] * (model.n_iter_ - 1) + [True]
    assert stopping.best_score == model.best_validation_score_


@pytest.mark.parametrize("name", ["numpy", "textbook", "torch", "sklearn"])
def test_the_best_weights_predict_as_they_did(name: str) -> None:
    X, y, _ = separable_data(200, 8, 3, dtype="float64")
    hyper_parameters = HyperParameters(
        layer_sizes=(8, 5, 3), dtype="float64", learning_rate=0.5
    )
    implementation = registry.create(name, hyper_parameters)
    implementation.set_weights(
        initial_weights((8, 5, 3), seed=0, dtype="float64"),
    )
    stopping = EarlyStopping(patience=3)
    probs = []
    for epoch in range(6):
        implementation.train_epoch(X, y, epoch_order(200, seed=0, epoch=epoch))
        probs.append(implementation.predict_proba(X))
        # The third epoch is called the best.
        stopping.update(epoch, -abs(epoch - 2), implementation.get_weights)
    implementation.set_weights(stopping.best_weights)
    np.testing.assert_allclose(implementation.predict_proba(X), probs[2], rtol=1e-12)
    assert (abs(probs[-1] - probs[2]) > 1e-6).any()


def test_no_patience_is_refused() -> None:
    with pytest.raises(UsageError, match="patience must be >= 1, got 0"):
        EarlyStopping(patience=0)
