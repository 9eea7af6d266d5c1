"""The defaults are those of the frameworks: held against what they themselves do."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier
from torch.nn import functional

from compare.architecture import Architecture
from compare.contract import Weights
from compare.explain import defaults, starts
from compare.explain.settings import Configuration
from compare.explain.training import Trainer, train
from data import Dataset
from tests.conv_problems import LENET

SIZES = (784, 16, 12, 10)
NETWORK = Architecture(SIZES)


def of(engine: str, optimizer: str = "adam", n_samples: int = 400) -> Configuration:
    found = defaults.of(
        engine, optimizer=optimizer, activation="relu", n_samples=n_samples
    )
    return found.configuration


def part(mnist: Dataset, n: int = 400) -> tuple[Any, Any]:
    return mnist.X_train[:n], mnist.y_train[:n]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # one epoch, as asked
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_mlpclassifier_out_of_the_box_is_repeated_to_the_epoch_it_stops_at(
    mnist: Dataset, optimizer: str
) -> None:
    X, y = part(mnist)
    options = {
        "hidden_layer_sizes": SIZES[1:-1],
        "solver": optimizer,
        "shuffle": False,
        "random_state": 3,
    }
    # With its own rate, 400 images take it to the end of its 200 epochs.
    rate = {"sgd": 0.2, "adam": 0.01}[optimizer]
    options["learning_rate_init"] = rate
    # The same draw of initial weights, and a step that moves nothing.
    begun = MLPClassifier(
        **options | {"learning_rate_init": 1e-300, "max_iter": 1}
    ).fit(X, y)
    start: Weights = list(zip(begun.coefs_, begun.intercepts_, strict=True))
    theirs = MLPClassifier(**options).fit(X, y)
    own = of("sklearn", optimizer).changed(shuffle=False, learning_rate=rate)
    X_test = mnist.X_test[:1000]
    (end,) = train(
        own,
        [own.length],
        start,
        (X, y, X_test),
        architecture=NETWORK,
        activation="relu",
        seed=0,
    )
    assert end.n_epochs == theirs.n_iter_
    assert 1 < end.n_epochs < 200  # its rule did stop it
    assert np.array_equal(end.predictions, theirs.predict(X_test))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_start_of_mlpclassifier_has_the_limits_that_we_draw_from(
    mnist: Dataset,
) -> None:
    X, y = part(mnist)
    begun = MLPClassifier(
        hidden_layer_sizes=SIZES[1:-1], learning_rate_init=1e-300, max_iter=1
    ).fit(X, y)
    own = starts.draw(of("sklearn"), NETWORK, seed=0)
    assert_same_range(begun.coefs_, [W for W, _ in own])
    for (m, n), theirs in zip(
        itertools.pairwise(SIZES), begun.intercepts_, strict=True
    ):
        limit = math.sqrt(6 / (m + n))
        assert np.abs(theirs).max() <= limit
        assert np.abs(own[0][1]).max() <= math.sqrt(6 / (SIZES[0] + SIZES[1]))


def test_the_start_of_nn_linear_has_the_limits_that_we_draw_from() -> None:
    torch.manual_seed(0)
    layers = [torch.nn.Linear(m, n) for m, n in itertools.pairwise(SIZES)]
    own = starts.draw(of("torch"), NETWORK, seed=0)
    weights = [layer.weight.detach().numpy() for layer in layers]
    assert_same_range(weights, [W for W, _ in own])
    bias = layers[0].bias.detach().abs().max()
    assert 0 < bias <= 1 / math.sqrt(SIZES[0]) + 1e-9
    assert 0 < np.abs(own[0][1]).max() <= 1 / math.sqrt(SIZES[0])


def test_the_start_of_nn_conv2d_has_the_limits_that_we_draw_from() -> None:
    torch.manual_seed(0)
    own = starts.draw(of("torch"), LENET, seed=0)
    for layer, (W, b) in zip(LENET.convolutions, own, strict=False):
        theirs = torch.nn.Conv2d(
            layer.in_channels, layer.out_channels, layer.kernel_size
        )
        assert theirs.weight.shape == W.shape
        assert theirs.bias is not None
        assert_same_range([theirs.weight.detach().numpy()], [W])
        limit = 1 / math.sqrt(W[0].size)
        assert 0 < np.abs(b).max() <= limit
        assert 0 < theirs.bias.detach().abs().max() <= limit + 1e-9


def assert_same_range(theirs: Sequence[Any], own: Sequence[Any]) -> None:
    for a, b in zip(theirs, own, strict=True):
        # The largest of n uniform numbers is within a few 1/n of the limit.
        tolerance = 30 / a.size
        assert np.abs(b).max() == pytest.approx(np.abs(a).max(), rel=tolerance)
        assert np.std(b) == pytest.approx(np.std(a), rel=0.2)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_torch_out_of_the_box_is_repeated_weight_for_weight(
    mnist: Dataset, optimizer: str
) -> None:
    X, y = part(mnist)
    # A decay that can be seen, on all parameters, as PyTorch's optimizers have it.
    own = of("torch", optimizer).changed(dtype="float64", l2=0.01)
    assert own.l2_on == "all"
    start = starts.draw(own, NETWORK, seed=1)
    layers: list[torch.nn.Module] = []
    for W, b in start:
        linear = torch.nn.Linear(W.shape[0], W.shape[1], dtype=torch.float64)
        linear.weight.data = torch.from_numpy(W.T.copy())
        linear.bias.data = torch.from_numpy(b.copy())
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    kinds: dict[str, Any] = {
        "sgd": torch.optim.SGD,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
    steps = kinds[optimizer](model.parameters(), weight_decay=0.01)
    for rows in np.arange(len(X)).reshape(-1, 40):
        steps.zero_grad()
        logits = model(torch.from_numpy(X[rows]))
        functional.cross_entropy(logits, torch.from_numpy(y[rows])).backward()
        steps.step()
    trainer = Trainer(own.changed(batch_size=40), NETWORK)
    trainer.set_weights(start)
    trainer.epoch(X, y, np.arange(len(X)))
    linears = [m for m in model if isinstance(m, torch.nn.Linear)]
    for linear, (W, b) in zip(linears, trainer.get_weights(), strict=True):
        assert np.abs(linear.weight.detach().numpy().T - W).max() < 1e-12
        assert np.abs(linear.bias.detach().numpy() - b).max() < 1e-12


def test_what_signatures_say_is_what_we_say() -> None:
    model = MLPClassifier()
    own = of("sklearn", n_samples=50_000)
    assert (own.learning_rate, own.l2) == (model.learning_rate_init, model.alpha)
    assert (own.patience, own.n_epochs) == (model.n_iter_no_change, model.max_iter)
    assert own.batch_size == 200
    assert of("sklearn", n_samples=50).batch_size == 50
    parameter = torch.nn.Parameter(torch.zeros(1))
    group = torch.optim.SGD([parameter]).param_groups[0]
    quick = of("torch", "sgd")
    assert (quick.learning_rate, quick.momentum) == (group["lr"], group["momentum"])
    assert not quick.shuffle
    assert isinstance(
        torch.utils.data.DataLoader([1, 2]).sampler,  # type: ignore[arg-type]  # a list will do
        torch.utils.data.SequentialSampler,
    )


@pytest.mark.slow
def test_keras_is_as_keras_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    found = defaults.FRAMEWORKS["keras"]("adam", "relu", 100).configuration
    adam = keras.optimizers.Adam()
    assert found.eps == adam.epsilon
    assert found.learning_rate == pytest.approx(float(adam.learning_rate))
    layer = keras.layers.Dense(4)
    layer.build((None, 3))
    assert found.biases == "zero"
    assert not np.asarray(layer.bias).any()
    assert found.weights == "glorot"
    assert layer.kernel_initializer.__class__.__name__ == "GlorotUniform"
    assert (found.batch_size, found.n_epochs) == (32, 1)
