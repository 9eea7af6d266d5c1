"""The network as an `nn.Sequential`, and its weights in and out as NumPy arrays.

The one place of the transpose: `nn.Linear` keeps its weight as (fan_out, fan_in) and
computes x Wᵀ + b. Everywhere else in this project W is (fan_in, fan_out), and the
layer computes x W + b, as the equations and scikit-learn have it.
"""

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from torch_impl.arrays import tensor_of
from torch_impl.checks import check_weights

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
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"activation must be one of {known}, got {activation!r}")
    modules: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(layer_sizes):
        modules += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
    return nn.Sequential(*modules[:-1]).to(device=device, dtype=dtype)


def linear_layers(model: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a model, in order."""
    return [module for module in model.modules() if isinstance(module, nn.Linear)]


@torch.no_grad()
def set_weights(model: nn.Module, weights: Weights) -> None:
    """Copy [(W, b), ...] into the model, W transposed to (fan_out, fan_in).

    Raises
    ------
    ValueError
        If the number or a shape of the arrays is not the model's.
    """
    linears = linear_layers(model)
    sizes = [linears[0].in_features, *(m.out_features for m in linears)]
    check_weights(weights, tuple(sizes))
    for linear, (W, b) in zip(linears, weights, strict=True):
        linear.weight.copy_(tensor_of(W, np.float64).T)
        linear.bias.copy_(tensor_of(b, np.float64))


def get_weights(model: nn.Module) -> Weights:
    """Return copies of the weights as [(W, b), ...], W (fan_in, fan_out)."""
    return [to_numpy(m.weight, m.bias) for m in linear_layers(model)]


def get_gradients(model: nn.Module) -> Weights:
    """Return copies of the gradients that `backward()` left, as [(dW, db), ...]."""
    pairs = []
    for m in linear_layers(model):
        if m.weight.grad is None or m.bias.grad is None:
            raise RuntimeError("loss.backward() must be called before get_gradients()")
        pairs.append(to_numpy(m.weight.grad, m.bias.grad))
    return pairs


def to_numpy(
    weight: torch.Tensor, bias: torch.Tensor
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Return contiguous copies (W, b) with W (fan_in, fan_out)."""
    W = np.ascontiguousarray(weight.detach().cpu().numpy().T)
    return W.copy(), bias.detach().cpu().numpy().copy()
