"""Every engine that smooths labels itself, in step with the NumPy network.

NumPy's own smoothed loss is tied to PyTorch's in `test_regularization.py`.
"""

from typing import Any

import numpy as np
import pytest

from compare import registry
from compare.config import HyperParameters
from compare.contract import Implementation, WithGradients
from compare.engine import Engine
from compare.errors import UnsupportedError
from compare.weights import initial_weights
from tests import engines
from tests.parity import assert_weights_parity

SMOOTHING: dict[str, Any] = {"label_smoothing": 0.1}
NETWORKS: dict[str, dict[str, Any]] = {
    "dense": {"layer_sizes": (64, 12, 5)},
    "convolutional": {
        "layer_sizes": (64, 8, 5),
        "conv_layers": ((3, 3),),
        "image_shape": (1, 8, 8),
    },
}


def smooths(entry: Engine) -> bool:
    return "label_smoothing" in entry.open_settings


def settings(network: str) -> HyperParameters:
    return HyperParameters(
        dtype="float64",
        batch_size=16,
        learning_rate=0.1,
        weight_decay=1e-3,
        **NETWORKS[network],
        **SMOOTHING,
    )


def trained(
    name: str, hyper_parameters: HyperParameters
) -> tuple[Implementation, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Two epochs of 40 images: two whole batches and a short one."""
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 64)), rng.integers(5, size=40)
    implementation = registry.create(name, hyper_parameters)
    implementation.set_weights(
        initial_weights(hyper_parameters.architecture, seed=0, dtype="float64")
    )
    for _ in range(2):
        implementation.train_epoch(X, y, rng.permutation(40))
    return implementation, X, y


@pytest.mark.parametrize(
    ("name", "network"),
    [
        pytest.param(*p.values, network, id=f"{p.id}-{network}", marks=p.marks)
        for network in NETWORKS
        # JAX compiles each network anew: the dense one by default.
        for p in engines.params(
            smooths,
            slow=engines.is_jax if network != "dense" else engines.is_jax_step,
        )
    ],
)
def test_smoothed_labels_lead_to_the_same_weights(name: str, network: str) -> None:
    hyper_parameters = settings(network)
    ours, X, y = trained("numpy", hyper_parameters)
    theirs, _, _ = trained(name, hyper_parameters)
    assert_weights_parity(ours.get_weights(), theirs.get_weights(), tolerance=1e-12)
    if isinstance(ours, WithGradients) and isinstance(theirs, WithGradients):
        (loss, grads), (their_loss, their_grads) = (
            implementation.loss_and_gradients(X, y) for implementation in (ours, theirs)
        )
        assert their_loss == pytest.approx(loss, rel=1e-12)
        assert_weights_parity(grads, their_grads, prefix="d", tolerance=1e-12)


def test_smoothing_changes_what_is_learned() -> None:
    """Otherwise all of the above could ignore it alike."""
    (smoothed, _, _), (plain, _, _) = (
        trained("numpy", HyperParameters(**{**settings("dense").to_dict(), **change}))
        for change in ({}, {"label_smoothing": 0.0})
    )
    difference = smoothed.get_weights()[0][0] - plain.get_weights()[0][0]
    assert abs(difference).max() > 1e-4


@pytest.mark.parametrize(
    ("name", "asked", "lacking"),
    [
        ("torch-lean", SMOOTHING | {"ema_decay": 0.9}, "ema decay"),
        ("sklearn", SMOOTHING, "label smoothing"),
        ("torch-manual", SMOOTHING, "label smoothing"),
    ],
)
def test_the_refusal_names_what_is_lacking_alone(
    name: str, asked: dict[str, Any], lacking: str
) -> None:
    with pytest.raises(UnsupportedError, match=rf"has no {lacking}$"):
        registry.create(name, HyperParameters(**asked))
