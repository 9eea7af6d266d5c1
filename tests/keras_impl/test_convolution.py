"""The convolutional network in Keras's layout: the same, in another order."""

import numpy as np
import pytest

from compare import registry
from compare.config import HyperParameters
from tests.conv_problems import make_conv_problem
from tests.parity import Weights, assert_weights_parity

needs = registry.ENGINES["keras"].needs


@pytest.mark.slow  # seconds pass before Keras has made its first model
@pytest.mark.skipif(bool(needs), reason=f"keras {needs}")
def test_the_first_steps_are_those_of_numpy() -> None:
    """All sizes differ, ties are many: no axis can be taken for another.

    Two channels of 12 x 9 pixels become 4 maps of 2 x 1, in float64, with momentum and
    L2: two steps of Nesterov's rule.
    """
    problem = make_conv_problem(ties=True, batch_size=6)
    hyper_parameters = HyperParameters(
        **vars(problem.network),
        dtype="float64",
        batch_size=3,
        nesterov=True,
        weight_decay=0.01,
    )
    trained: list[Weights] = []
    for name in ("keras", "numpy"):
        implementation = registry.create(name, hyper_parameters)
        implementation.set_weights(problem.weights)
        assert_weights_parity(
            implementation.get_weights(), problem.weights, tolerance=0
        )
        implementation.train_epoch(problem.X, problem.y, np.arange(6))
        trained.append(implementation.get_weights())
    assert_weights_parity(trained[0], trained[1], tolerance=1e-12)
    assert (abs(trained[1][0][0] - problem.weights[0][0]) > 1e-4).any()


@pytest.mark.slow
@pytest.mark.skipif(bool(needs), reason=f"keras {needs}")
def test_many_images_are_predicted_in_parts() -> None:
    problem = make_conv_problem(batch_size=2050)
    hyper_parameters = HyperParameters(**vars(problem.network), dtype="float64")
    probs = []
    none = np.empty((0, problem.X.shape[1]))
    for name in ("keras", "numpy"):
        implementation = registry.create(name, hyper_parameters)
        implementation.set_weights(problem.weights)
        probs.append(implementation.predict_proba(problem.X))
        assert implementation.predict_proba(none).shape == (0, 4)
    np.testing.assert_allclose(probs[0], probs[1], rtol=1e-11)
