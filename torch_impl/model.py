"""The network as an `nn.Sequential`, and its weights in and out as NumPy arrays.

The one place of the transpose: `nn.Linear` keeps its weight as (fan_out, fan_in) and
computes x Wᵀ + b. Everywhere else in this project W is (fan_in, fan_out), and the
layer computes x W + b, as the equations and scikit-learn have it. The weight of
`nn.Conv2d`, (out_channels, in_channels, k, k), is everybody's.
"""

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from torch_impl.arrays import tensor_of
from torch_impl.checks import check_offered, check_shapes

Weights = list[tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "identity": nn.Identity,
}


def build_mlp(
    layer_sizes: tuple[int, ...],
    *,
    activation: str = "relu",
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> nn.Sequential:
    """Return Linear, activation, Linear, …, Linear: the last layer gives logits.

    No softmax at the end: `cross_entropy` wants logits, and computes log-softmax
    stably by itself.
    """
    modules = dense_modules(layer_sizes, activation)
    return nn.Sequential(*modules).to(device=device, dtype=dtype)


def build_cnn(
    layer_sizes: tuple[int, ...],
    conv_layers: tuple[tuple[int, int], ...],
    image_shape: tuple[int, int, int],
    *,
    activation: str = "relu",
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> nn.Sequential:
    """Return Unflatten, then Conv2d, activation, MaxPool2d, …, Flatten, then the MLP.

    `conv_layers` has (out_channels, kernel_size) of each convolution.
    """
    channels, height, width = image_shape
    modules: list[nn.Module] = [nn.Unflatten(1, image_shape)]
    for out_channels, kernel_size in conv_layers:
        modules += [
            nn.Conv2d(channels, out_channels, kernel_size),
            activation_module(activation),
            nn.MaxPool2d(2),
        ]
        channels = out_channels
        height, width = ((n - kernel_size + 1) // 2 for n in (height, width))
    sizes = (channels * height * width, *layer_sizes[1:])
    modules += [nn.Flatten(), *dense_modules(sizes, activation)]
    return nn.Sequential(*modules).to(device=device, dtype=dtype)


def dense_modules(layer_sizes: tuple[int, ...], activation: str) -> list[nn.Module]:
    """Return Linear, activation, Linear, …, Linear."""
    modules: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(layer_sizes):
        modules += [nn.Linear(fan_in, fan_out), activation_module(activation)]
    return modules[:-1]


def activation_module(name: str) -> nn.Module:
    """Return a new module of that name; raise NotImplementedError if none is here."""
    check_offered("torch_impl", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def weights_and_biases(model: nn.Module) -> list[tuple[nn.Parameter, nn.Parameter]]:
    """Return the weight and the bias of each layer that has them, in order."""
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    return [(m.weight, m.bias) for m in layers]  # type: ignore[misc]  # every layer has a bias


@torch.no_grad()
def set_weights(model: nn.Module, weights: Weights) -> None:
    """Copy [(W, b), ...] into the model, a dense W transposed to (fan_out, fan_in).

    Raises
    ------
    ValueError
        If the number or a shape of the arrays is not the model's.
    """
    ours = [(_as_ours(W), b) for W, b in weights_and_biases(model)]
    check_shapes(weights, [(tuple(W.shape), tuple(b.shape)) for W, b in ours])
    for (own_W, own_b), (W, b) in zip(ours, weights, strict=True):
        own_W.copy_(tensor_of(W, np.float64))
        own_b.copy_(tensor_of(b, np.float64))


def get_weights(model: nn.Module) -> Weights:
    """Return copies of the weights as [(W, b), ...], a dense W (fan_in, fan_out)."""
    return [to_numpy(W, b) for W, b in weights_and_biases(model)]


def get_gradients(model: nn.Module) -> Weights:
    """Return copies of the gradients that `backward()` left, as [(dW, db), ...]."""
    pairs = []
    for W, b in weights_and_biases(model):
        if W.grad is None or b.grad is None:
            raise RuntimeError("loss.backward() must be called before get_gradients()")
        pairs.append(to_numpy(W.grad, b.grad))
    return pairs


def to_numpy(
    weight: torch.Tensor, bias: torch.Tensor
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Return contiguous copies (W, b), a dense W (fan_in, fan_out)."""
    W = np.ascontiguousarray(_as_ours(weight.detach()).cpu().numpy())
    return W.copy(), bias.detach().cpu().numpy().copy()


def _as_ours(weight: torch.Tensor) -> torch.Tensor:
    """Return a dense weight transposed, a kernel as it is: views of the same memory."""
    return weight.T if weight.ndim == 2 else weight
