"""NumPy and PyTorch side by side through the open division, on deformed MNIST.

Schedules, smoothed labels, clipping, averaged weights and augmentation: in float64 both
arrive at the same weights. Dropout is compared in `test_regularization.py`, with the
same masks: here each would draw its own.
"""

import dataclasses
from typing import Any

import numpy as np
import pytest

import data
from compare import registry
from compare.config import HyperParameters
from compare.contract import Implementation, Weights
from compare.errors import UnsupportedError
from compare.weights import epoch_order, initial_weights
from data.augment import Augmentation, augment
from tests.parity import assert_weights_parity

N_EPOCHS, N_IMAGES = 3, 1000
LAYERS = (784, 32, 16, 10)
DENSE: dict[str, Any] = {"layer_sizes": LAYERS}
CONVOLUTIONAL: dict[str, Any] = {
    "layer_sizes": (784, 16, 10),
    "conv_layers": ((3, 5), (4, 5)),
}
DEFORMED = Augmentation(rotation_degrees=10, shift_pixels=1, elastic_pixels=1)

PARTS: dict[str, dict[str, Any]] = {
    "step": {"schedule": "step", "step_epochs": 1, "step_factor": 0.3},
    "cosine": {"schedule": "cosine", "n_epochs": N_EPOCHS, "warmup_epochs": 0.5},
    "smoothing": {"label_smoothing": 0.1},
    "clipping": {"gradient_clip": 0.5},
    "average": {"ema_decay": 0.9},
}
EVERYTHING: dict[str, Any] = {}
for _part in ("cosine", "smoothing", "clipping", "average"):
    EVERYTHING |= PARTS[_part]

SGD: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 0.1, "nesterov": True}
ADAMW: dict[str, Any] = {"optimizer": "adamw", "learning_rate": 0.002}
# Adam divides by √v, near 0 where the gradients are, and so enlarges rounding errors.
TOLERANCE = {"sgd": 1e-12, "adamw": 1e-9}


def trained(
    name: str, hyper_parameters: HyperParameters, dataset: data.Dataset
) -> tuple[Implementation, Weights]:
    X, y = dataset.X_train[:N_IMAGES], dataset.y_train[:N_IMAGES]
    out = np.empty_like(X)
    implementation = registry.create(name, hyper_parameters)
    implementation.set_weights(
        initial_weights(hyper_parameters.architecture, seed=0, dtype="float64")
    )
    for epoch in range(N_EPOCHS):
        images = augment(X, DEFORMED, seed=0, epoch=epoch, out=out)
        implementation.train_epoch(
            images, y, epoch_order(N_IMAGES, seed=0, epoch=epoch)
        )
    return implementation, implementation.get_weights()


@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=["sgd", "adamw"])
@pytest.mark.parametrize(
    ("network", "part"),
    [
        *((DENSE, part) for part in (*PARTS.values(), EVERYTHING)),
        (CONVOLUTIONAL, EVERYTHING),
    ],
    ids=[*PARTS, "everything", "convolutional"],
)
def test_numpy_and_torch_arrive_at_the_same_weights(
    optimizer: dict[str, Any],
    network: dict[str, Any],
    part: dict[str, Any],
    mnist: data.Dataset,
) -> None:
    # 1000 images in batches of 48: the last one has 40.
    hyper_parameters = HyperParameters(
        dtype="float64",
        batch_size=48,
        weight_decay=1e-3,
        **network,
        **optimizer,
        **part,
    )
    ours, our_weights = trained("numpy", hyper_parameters, mnist)
    theirs, their_weights = trained("torch", hyper_parameters, mnist)
    tolerance = TOLERANCE[optimizer["optimizer"]]
    assert_weights_parity(our_weights, their_weights, tolerance=tolerance)
    X = mnist.X_test[:1000]
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(X), atol=tolerance
    )
    # It is no lockstep of two that both ignore what was asked.
    closed = {
        name: getattr(HyperParameters(), name)
        for name in hyper_parameters.open_division
    }
    _, without = trained(
        "numpy", dataclasses.replace(hyper_parameters, **closed), mnist
    )
    assert abs(without[0][0] - our_weights[0][0]).max() > 1e-4


def test_set_weights_starts_again_from_the_beginning(mnist: data.Dataset) -> None:
    hyper_parameters = HyperParameters(
        layer_sizes=LAYERS, dtype="float64", **EVERYTHING
    )
    X, y, order = mnist.X_train[:200], mnist.y_train[:200], np.arange(200)
    start = initial_weights(LAYERS, seed=0, dtype="float64")
    for name in ("numpy", "torch"):
        implementation = registry.create(name, hyper_parameters)
        results = []
        for _ in range(2):
            implementation.set_weights(start)
            assert (implementation.get_weights()[0][0] == start[0][0]).all()
            implementation.train_epoch(X, y, order)
            results.append(implementation.get_weights())
        assert_weights_parity(results[0], results[1], tolerance=0)


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_convolutional_networks_have_no_dropout(name: str) -> None:
    hyper_parameters = HyperParameters(**CONVOLUTIONAL, dropout=0.1)
    with pytest.raises(UnsupportedError, match=r"^dropout is for dense networks only"):
        registry.create(name, hyper_parameters)


@pytest.mark.parametrize("name", ["textbook", "torch-lean"])
def test_who_has_convolutions_and_no_open_division_says_so(name: str) -> None:
    hyper_parameters = HyperParameters(**CONVOLUTIONAL, ema_decay=0.9)
    with pytest.raises(UnsupportedError, match=rf"{name} \(.*\) has no ema decay$"):
        registry.create(name, hyper_parameters)


@pytest.mark.parametrize("name", ["sklearn", "textbook"])
def test_who_has_no_such_thing_says_so(name: str) -> None:
    hyper_parameters = HyperParameters(
        schedule="cosine", n_epochs=3, label_smoothing=0.1, ema_decay=0.9
    )
    with pytest.raises(
        UnsupportedError,
        match=f"{name} .* has no schedule, label smoothing, ema decay$",
    ):
        registry.create(name, hyper_parameters)


USERS_FILE = """
class Base:
    def set_weights(self, weights): pass
    def get_weights(self): return []
    def train_epoch(self, X, y, order): pass
    def predict_proba(self, X): pass

class Rate(Base):
    def __init__(self, learning_rate): self.given = {"learning_rate": learning_rate}

class Smooth(Base):
    def __init__(self, *, label_smoothing=0.5): self.given = label_smoothing

class Everything(Base):
    def __init__(self, **given): self.given = given

class OneObject(Base):
    def __init__(self, hyper_parameters): self.given = hyper_parameters
"""


def test_a_class_of_the_users_own_gets_what_it_can_take(tmp_path: Any) -> None:
    path = tmp_path / "users_file.py"
    path.write_text(USERS_FILE)
    plain, smooth = HyperParameters(), HyperParameters(label_smoothing=0.1)

    def given(name: str, hyper_parameters: HyperParameters) -> Any:
        implementation: Any = registry.create(f"{path}:{name}", hyper_parameters)
        return implementation.given

    # The closed division knows nothing of the open one.
    assert set(given("Everything", plain)) == {
        *("layer_sizes", "activation", "optimizer", "learning_rate", "momentum"),
        *("nesterov", "weight_decay", "betas", "eps", "batch_size", "dtype"),
    }
    assert given("Rate", plain) == {"learning_rate": plain.learning_rate}
    assert given("Smooth", smooth) == 0.1
    assert given("Everything", smooth)["label_smoothing"] == 0.1
    assert given("OneObject", smooth) is smooth
    with pytest.raises(
        UnsupportedError, match="Rate does not take label_smoothing, which"
    ):
        given("Rate", smooth)
