"""PyTorch's autograd on a network of other terms: other outputs, loss, activation.

`torch_impl` is the network of the contract. This is what PyTorch makes of another one:
the forward pass and the loss are written down, and everything else is PyTorch's.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  # everybody calls it so

from compare.architecture import POOL
from compare.check.observations import Answer
from compare.check.probes import Probe
from compare.check.terms import Loss, Terms
from compare.config import HyperParameters
from compare.contract import Weights

Tensor = torch.Tensor

ACTIVATIONS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "relu": lambda z, _: F.relu(z),
    "sigmoid": lambda z, _: torch.sigmoid(z),
    "tanh": lambda z, _: torch.tanh(z),
    "identity": lambda z, _: z,
    "leaky": lambda z, slope: F.leaky_relu(z, slope),
    "elu": lambda z, alpha: F.elu(z, alpha),
    "swish": lambda z, beta: z * torch.sigmoid(beta * z),
    "gelu": lambda z, _: F.gelu(z),
    "gelu-tanh": lambda z, _: F.gelu(z, approximate="tanh"),
    "softplus": lambda z, _: F.softplus(z, threshold=1000),
    "scaled-tanh": lambda z, _: 1.7159 * torch.tanh(2 / 3 * z),
    "relu6": lambda z, _: F.relu6(z),
    "selu": lambda z, _: F.selu(z),
    "softsign": lambda z, _: F.softsign(z),
    "sine": lambda z, _: torch.sin(z),
    "mish": lambda z, _: F.mish(z),
}
OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda z: torch.softmax(z, dim=1),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "linear": lambda z: z,
}


class Autograd:
    """A network with the methods that a reference needs, in float64."""

    def __init__(self, hp: HyperParameters, weights: Weights, terms: Terms) -> None:
        self.hp, self.terms = hp, terms
        self.weights = [
            tuple(torch.tensor(theta, dtype=torch.float64) for theta in pair)
            for pair in weights
        ]
        for W, b in self.weights:
            W.requires_grad_(True)
            b.requires_grad_(terms.biases)
        self.optimizer = self._optimizer()

    def _optimizer(self) -> torch.optim.Optimizer:
        hp = self.hp
        groups = [
            {"params": [W for W, _ in self.weights], "weight_decay": hp.weight_decay}
        ]
        if self.terms.biases:
            biases = [b for _, b in self.weights]
            groups.append({"params": biases, "weight_decay": 0.0})
        rate: dict[str, Any] = {"lr": hp.learning_rate}
        if hp.optimizer == "sgd":
            return torch.optim.SGD(
                groups, momentum=hp.momentum, nesterov=hp.nesterov, **rate
            )
        rate |= {"betas": hp.betas, "eps": hp.eps}
        if hp.optimizer == "adam":
            return torch.optim.Adam(groups, **rate)
        return torch.optim.AdamW(groups, **rate)

    def logits(self, X: Tensor) -> Tensor:
        """Return the last z."""
        activation, z = self.terms.activation, X
        n_convolutions = len(self.hp.conv_layers)
        if n_convolutions:
            z = X.reshape(len(X), *self.hp.image_shape)
        kind = activation.kind if activation else self.hp.activation
        number = activation.number if activation else 0.0
        for layer, (W, b) in enumerate(self.weights):
            if layer > 0:
                z = ACTIVATIONS[kind](z, number)
            if 0 < layer <= n_convolutions:
                z = F.max_pool2d(z, POOL)
            if layer < n_convolutions:
                z = F.conv2d(z, W, b if self.terms.biases else None)
                continue
            z = z.flatten(1)
            z = z @ W + b if self.terms.biases else z @ W
        return z

    def loss(self, z: Tensor, y: Tensor) -> Tensor:
        """Return the loss of the terms."""
        loss: Loss = self.terms.loss
        a = OUTPUTS[self.terms.output](z)
        t = F.one_hot(y, z.shape[1]).to(z.dtype)
        if loss.kind == "squares":
            total = F.mse_loss(a, t, reduction="sum")
        elif loss.kind == "binary" and self.terms.output == "sigmoid":
            total = F.binary_cross_entropy_with_logits(z, t, reduction="sum")
        elif loss.kind == "binary":
            total = F.binary_cross_entropy(a, t, reduction="sum")
        elif loss.kind == "hinge":
            # PyTorch divides by the number of classes.
            total = F.multi_margin_loss(a, y, reduction="sum") * z.shape[1]
        elif self.terms.output == "softmax":
            total = F.cross_entropy(z, y, reduction="sum")
        else:
            total = F.nll_loss(torch.log(a), y, reduction="sum")
        total = total * loss.factor(len(y), z.shape[1])
        if self.terms.l2:
            squares = sum((W**2).sum() for W, _ in self.weights)
            total = total + self.terms.l2 / 2 * squares
        return total

    def answer(self, X: Any, y: Any) -> Answer:
        """Return probabilities, loss and gradients of one batch."""
        z = self.logits(torch.tensor(X))
        if self.terms.own is not None:
            own = self._own(X, y)
            return Answer(_numpy(OUTPUTS[self.terms.output](z)), *own)
        loss = self.loss(z, torch.tensor(y))
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's
        gradients = [
            (_numpy(W.grad), _numpy(b.grad) if self.terms.biases else 0 * _numpy(b))
            for W, b in self.weights
        ]
        return Answer(
            _numpy(OUTPUTS[self.terms.output](z)), float(loss.detach()), gradients
        )

    def train_epoch(self, X: Any, y: Any, order: Any) -> None:
        """Take one step for each batch."""
        size = self.hp.batch_size
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            self.optimizer.zero_grad()
            if self.terms.own is None:
                z = self.logits(torch.tensor(X[rows]))
                loss = self.loss(z, torch.tensor(y[rows]))
                loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's
            else:
                self._take(self._own(X[rows], y[rows])[1])
            self.optimizer.step()

    def _own(self, X: Any, y: Any) -> tuple[float, Weights]:
        """Return loss and gradients of somebody's own code, for the weights here."""
        own = self.terms.own
        if own is None:
            raise ValueError("no loss of their own")
        return own(Probe(self.hp, self.get_weights(), X, y))

    def _take(self, gradients: Weights) -> None:
        for pair, given in zip(self.weights, gradients, strict=True):
            for theta, g in zip(pair, given, strict=True):
                theta.grad = torch.tensor(g, dtype=torch.float64)

    def get_weights(self) -> Weights:
        """Return copies."""
        return [(_numpy(W), _numpy(b)) for W, b in self.weights]


def _numpy(tensor: Any) -> Any:
    return np.array(tensor.detach().numpy())
