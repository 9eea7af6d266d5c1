"""The reference: the network in a dozen lines of PyTorch, differentiated by autograd.

It uses nothing of `torch_impl`, so that it can judge that folder as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tests.parity import Array, Weights

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "identity": lambda z: z,
}


@dataclass(frozen=True)
class Reference:
    """What autograd says of one batch."""

    logits: Array
    probs: Array
    loss: Array
    dX: Array  # noqa: N815  # the name of the tensor in every message
    gradients: Weights


def leaf(array: NDArray[Any]) -> torch.Tensor:
    """Return a tensor of its own that collects its gradient."""
    return torch.tensor(array).requires_grad_()


def gradient(tensor: torch.Tensor) -> Array:
    """Return the gradient that a backward pass has left in a leaf."""
    assert tensor.grad is not None
    return np.asarray(tensor.grad.numpy())


def forward(
    leaves: list[tuple[torch.Tensor, torch.Tensor]],
    X: torch.Tensor,
    activation: str,
    image_shape: tuple[int, int, int] | None = None,
) -> torch.Tensor:
    """Return the logits; kernels, W (O, C, k, k), read images of `image_shape`."""
    a = X if image_shape is None else X.reshape(-1, *image_shape)
    for layer, (W, b) in enumerate(leaves):
        if W.ndim == 4:
            z = functional.conv2d(a, W, b)
            a = functional.max_pool2d(ACTIVATIONS[activation](z), 2)
            continue
        z = functional.linear(a.flatten(1), W.T, b)
        a = ACTIVATIONS[activation](z) if layer < len(leaves) - 1 else z
    return a


def logit_gradient(
    weights: Weights,
    X: Array,
    activation: str,
    *,
    class_index: int,
    against: int,
    image_shape: tuple[int, int, int] | None = None,
) -> Array:
    """Return ∂(z_k − z_j)/∂X, one row per image."""
    X_leaf = leaf(X)
    tensors = [(torch.tensor(W), torch.tensor(b)) for W, b in weights]
    logits = forward(tensors, X_leaf, activation, image_shape)
    (logits[:, class_index] - logits[:, against]).sum().backward()
    return gradient(X_leaf)


def reference(
    weights: Weights,
    X: Array,
    y: NDArray[np.integer[Any]],
    activation: str,
    image_shape: tuple[int, int, int] | None = None,
) -> Reference:
    """Return logits, loss and every gradient; W is (fan_in, fan_out), as in NumPy."""
    leaves = [(leaf(W), leaf(b)) for W, b in weights]
    X_leaf = leaf(X)
    a = forward(leaves, X_leaf, activation, image_shape)
    loss = functional.cross_entropy(a, torch.tensor(y))
    loss.backward()
    return Reference(
        logits=a.detach().numpy(),
        probs=functional.softmax(a, dim=1).detach().numpy(),
        loss=loss.detach().numpy(),
        dX=gradient(X_leaf),
        gradients=[(gradient(W), gradient(b)) for W, b in leaves],
    )
