"""Shapes, fans and sizes of a network, beside those of PyTorch's modules."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from compare import HyperParameters, initial_weights, registry
from compare.architecture import Architecture
from compare.errors import UnsupportedError
from compare.registry import ENGINES
from compare.weights import SCHEMES
from tests import engines
from tests.conv_problems import LENET


def torch_model(network: Architecture) -> nn.Sequential:
    """Return the network in PyTorch, which finds the size of the flattened maps."""
    convs: list[nn.Module] = []
    for out_channels, kernel_size in network.conv_layers:
        convs += [nn.LazyConv2d(out_channels, kernel_size), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.LazyLinear(n) for n in network.layer_sizes[1:]]
    model = nn.Sequential(*convs, nn.Flatten(), *dense)
    model(torch.zeros(1, *network.image_shape))
    return model


def layers(model: nn.Sequential) -> list[Any]:
    return [m for m in model if isinstance(m, nn.Linear | nn.Conv2d)]


@given(
    image_shape=st.tuples(st.integers(1, 3), st.integers(10, 20), st.integers(10, 20)),
    conv_layers=st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 3)), min_size=1, max_size=2
    ),
)
def test_the_shapes_of_torch(
    image_shape: tuple[int, int, int], conv_layers: list[tuple[int, int]]
) -> None:
    n_features = image_shape[0] * image_shape[1] * image_shape[2]
    network = HyperParameters(
        layer_sizes=(n_features, 7, 3),
        conv_layers=tuple(conv_layers),
        image_shape=image_shape,
    ).architecture
    model = torch_model(network)
    theirs = []
    for layer in layers(model):
        W = layer.weight.T if isinstance(layer, nn.Linear) else layer.weight
        theirs.append((tuple(W.shape), tuple(layer.bias.shape)))
        fans = nn.init._calculate_fan_in_and_fan_out(layer.weight)
        assert fans == network.fans[len(theirs) - 1]
    assert network.shapes == theirs
    assert network.n_params == sum(p.numel() for p in model.parameters())


def test_the_numbers_of_a_small_lenet_by_hand() -> None:
    # 28 → 24 → 12 → 8 → 4: sixteen maps of 4 x 4.
    assert LENET.dense_sizes == (256, 64, 10)
    assert LENET.n_params == 8 * 26 + 16 * (8 * 25 + 1) + 257 * 64 + 65 * 10
    assert str(LENET) == "784-conv8(5x5)-conv16(5x5)-64-10"
    assert str(Architecture((784, 128, 64, 10))) == "784-128-64-10"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_kernels_are_drawn_as_torch_draws_them(scheme: str) -> None:
    """40,000 weights: a fan that is counted wrongly would change their spread."""
    network = Architecture((50 * 64, 10), ((100, 4),), (50, 8, 8))
    (W, b), *_ = initial_weights(network, seed=0, scheme=scheme, dtype="float64")
    layer = nn.Conv2d(50, 100, 4, dtype=torch.float64)
    init = {
        "he_normal": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
        "he_uniform": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
        "glorot_uniform": nn.init.xavier_uniform_,
        "torch_default": lambda w: w,
    }
    torch.manual_seed(0)
    layer.reset_parameters()
    expected = init[scheme](layer.weight).detach().numpy()
    assert W.shape == expected.shape == (100, 50, 4, 4)
    assert W.std() == pytest.approx(expected.std(), rel=0.01)
    assert b.shape == (100,)
    assert np.any(b != 0) == (scheme == "torch_default")


# That JAX convolves, and how, is seen in test_same_training.
@pytest.mark.parametrize("name", engines.params(slow=engines.is_jax))
def test_who_has_no_convolutions_says_so(name: str) -> None:
    hyper_parameters = HyperParameters(**vars(LENET))
    if ENGINES[name].conv_factory:
        implementation = registry.create(name, hyper_parameters)
        weights = initial_weights(LENET, seed=0)
        implementation.set_weights(weights)
        shapes = [(W.shape, b.shape) for W, b in implementation.get_weights()]
        assert shapes == LENET.shapes
        no_images = np.empty((0, 784), np.float32)
        assert implementation.predict_proba(no_images).shape == (0, 10)
        return
    with pytest.raises(UnsupportedError, match=rf"^{name} .* no convolutional layers$"):
        registry.create(name, hyper_parameters)


def test_an_own_class_that_takes_no_convolutions(tmp_path: Any) -> None:
    path = tmp_path / "own_dense.py"
    path.write_text("class Net:\n    def __init__(self, layer_sizes): pass\n")
    for smoothing, lacking in ((0, "conv_layers"), (0.1, "conv_layers, label_smooth")):
        hyper_parameters = HyperParameters(
            conv_layers=((8, 5),), label_smoothing=smoothing
        )
        with pytest.raises(UnsupportedError, match=f"Net does not take {lacking}"):
            registry.create(f"{path}:Net", hyper_parameters)
