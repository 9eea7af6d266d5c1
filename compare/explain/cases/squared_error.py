"""The gradient of the squared error: summed over classes, or averaged over them too."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from compare.config import HyperParameters
from compare.explain.cases.common import N_EPOCHS, SEEDS, Case, Part, load, percent
from compare.show import sentences
from compare.statistics import accuracy_verdict
from compare.weights import epoch_order, initial_weights
from data import Dataset
from numpy_impl import Network
from torch_impl import model as models

Answers = NDArray[np.bool_]
LEARNING_RATE, BATCH_SIZE = 0.1, 64
SIZES = HyperParameters().layer_sizes


class ByHand:
    """ReLU layers, outputs compared with 0 and 1 by their squared error; plain SGD.

    Parameters
    ----------
    divide_by_classes
        False: the gradient of the sum over classes, 2 (a − t) / B. True: of the mean.
    """

    def __init__(self, *, divide_by_classes: bool) -> None:
        self.network = Network(SIZES, dtype="float64")
        self.scale = 2 / BATCH_SIZE / (SIZES[-1] if divide_by_classes else 1)

    def step(self, X: NDArray[np.float64], target: NDArray[np.float64]) -> None:
        """Take one step."""
        net = self.network
        inputs = [X]
        for W, b in zip(net.W[:-1], net.b[:-1], strict=True):
            inputs.append(np.maximum(inputs[-1] @ W + b, 0))
        delta = self.scale * (inputs[-1] @ net.W[-1] + net.b[-1] - target)
        for layer in range(len(net.W) - 1, -1, -1):
            net.dW[layer][...] = inputs[layer].T @ delta
            net.db[layer][...] = delta.sum(axis=0)
            delta = (delta @ net.W[layer].T) * (inputs[layer] > 0)
        net.params -= LEARNING_RATE * net.grads

    def weights(self) -> Any:
        """Return the weights."""
        return list(zip(self.network.W, self.network.b, strict=True))


class WithMSELoss:
    """The same network in PyTorch with `nn.MSELoss`, as one writes it."""

    def __init__(self) -> None:
        self.model = models.build_mlp(SIZES, activation="relu", dtype=torch.float64)
        self.loss = torch.nn.MSELoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LEARNING_RATE)

    def step(self, X: NDArray[np.float64], target: NDArray[np.float64]) -> None:
        """Take one step."""
        self.optimizer.zero_grad()
        self.loss(self.model(torch.from_numpy(X)), torch.from_numpy(target)).backward()
        self.optimizer.step()

    def weights(self) -> Any:
        """Return the weights."""
        return models.get_weights(self.model)


def _train(kind: ByHand | WithMSELoss, dataset: Dataset, seed: int) -> Answers:
    start = initial_weights(SIZES, seed=seed, dtype="float64")
    if isinstance(kind, ByHand):
        for layer, (W, b) in enumerate(start):
            kind.network.W[layer][...], kind.network.b[layer][...] = W, b
    else:
        models.set_weights(kind.model, start)
    X = dataset.X_train.astype(np.float64)
    targets = np.eye(SIZES[-1])[dataset.y_train]
    whole = len(X) // BATCH_SIZE * BATCH_SIZE
    for epoch in range(N_EPOCHS):
        order = epoch_order(len(X), seed=seed, epoch=epoch)[:whole]
        for rows in order.reshape(-1, BATCH_SIZE):
            kind.step(X[rows], targets[rows])
    a = dataset.X_test.astype(np.float64)
    for W, b in kind.weights()[:-1]:
        a = np.maximum(a @ W + b, 0)
    W, b = kind.weights()[-1]
    right: Answers = (a @ W + b).argmax(axis=1) == dataset.y_test
    return right


def run() -> Case:
    """Train all three with several seeds."""
    dataset = load()
    summed = np.stack(
        [_train(ByHand(divide_by_classes=False), dataset, s) for s in SEEDS]
    )
    torch_ = np.stack([_train(WithMSELoss(), dataset, s) for s in SEEDS])
    averaged = np.stack(
        [_train(ByHand(divide_by_classes=True), dataset, s) for s in SEEDS]
    )
    gap = accuracy_verdict("NumPy", "PyTorch", summed, torch_)
    mended = accuracy_verdict("NumPy", "PyTorch", averaged, torch_)
    heads = ("squared error", "test accuracy")
    return Case(
        claim="NumPy 94.9 %, PyTorch 90.6 %, the same learning rate.",
        false=Part(
            "As published: by hand the sum over the ten classes, in PyTorch MSELoss",
            heads,
            (
                ("NumPy, 2 (a − t) / B", percent(summed)),
                ("PyTorch, MSELoss", percent(torch_)),
            ),
            f"{sentences.accuracy(gap)}. It looks like a better network, and the "
            "interval agrees.",
        ),
        mended=Part(
            "MSELoss divides by the number of classes too; now by hand as well",
            heads,
            (
                ("NumPy, 2 (a − t) / (10 B)", percent(averaged)),
                ("PyTorch, MSELoss", percent(torch_)),
            ),
            f"{sentences.accuracy(mended)}. The gradient had been ten times as large "
            "at the same learning rate: a difference of settings, not of programs.",
        ),
        rows=(
            _row("false", summed, torch_),
            _row("mended", averaged, torch_),
        ),
    )


def _row(part: str, by_hand: Answers, with_torch: Answers) -> dict[str, Any]:
    return {
        "part": part,
        "numpy_accuracy": float(by_hand.mean()),
        "torch_accuracy": float(with_torch.mean()),
        "n_answers_differ": int((by_hand != with_torch).sum()),
    }
