"""The PyTorch network behind the comparison's five methods, and nothing else.

Autograd, `torch.optim`, cross-entropy from logits, batches sliced from tensors that
stay in memory. No DataLoader: it collects images one by one, which takes nine times as
long as slicing, and would make an epoch of MNIST a quarter longer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from torch_impl import model as models
from torch_impl.arrays import float_dtype, tensor_of
from torch_impl.checks import check_data, check_finite, check_offered, check_order
from torch_impl.model import Weights

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

# Images per forward pass of a convolutional network in prediction.
PREDICT_ROWS = 1000


class TorchImplementation:
    """`nn.Sequential`, autograd and `torch.optim`.

    Parameters
    ----------
    layer_sizes, conv_layers, image_shape, activation, dtype, batch_size, optimizer, \
learning_rate, momentum, nesterov, weight_decay, betas, eps
        The comparison's hyper-parameters. `weight_decay` applies to weights only,
        through parameter groups.
    label_smoothing : float
        As in `cross_entropy`.
    device : str
        "cpu", "cuda", …; data is moved there once, not once per epoch.
    fused, foreach : bool or None
        Passed to the optimizer: all parameters in one call. None is PyTorch's default,
        which on a CPU is a loop over the parameters.
    """

    def __init__(
        self,
        *,
        layer_sizes: tuple[int, ...] = (784, 128, 64, 10),
        conv_layers: tuple[tuple[int, int], ...] = (),
        image_shape: tuple[int, int, int] = (1, 28, 28),
        activation: str = "relu",
        dtype: str = "float32",
        batch_size: int = 64,
        optimizer: str = "sgd",
        learning_rate: float = 0.015,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        label_smoothing: float = 0.0,
        device: str = "cpu",
        fused: bool | None = None,
        foreach: bool | None = None,
    ) -> None:
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise NotImplementedError("PyTorch finds no CUDA device on this machine")
        self.device, self.batch_size = torch.device(device), batch_size
        self._numpy_dtype = float_dtype(dtype)
        self.dtype: torch.dtype = getattr(torch, self._numpy_dtype.name)
        self._layer_sizes = tuple(layer_sizes)
        self._conv_layers, self._image_shape = conv_layers, image_shape
        options: dict[str, Any] = {
            "activation": activation,
            "dtype": self.dtype,
            "device": device,
        }
        self.model = (
            models.build_cnn(layer_sizes, conv_layers, image_shape, **options)
            if conv_layers
            else models.build_mlp(layer_sizes, **options)
        )
        self.label_smoothing = label_smoothing
        self._optimizer_name, self._weight_decay = optimizer, weight_decay
        self._options: dict[str, Any] = {
            "lr": learning_rate,
            "fused": fused,
            "foreach": foreach,
        }
        if optimizer == "sgd":
            self._options |= {"momentum": momentum, "nesterov": nesterov}
        else:
            self._options |= {"betas": betas, "eps": eps}
        self.optimizer = self._make_optimizer()
        # The last arrays seen, and their copies on a GPU: moved once, not every epoch.
        self._kept: tuple[Array, IntArray, torch.Tensor, torch.Tensor] | None = None

    def _make_optimizer(self) -> torch.optim.Optimizer:
        kinds: dict[str, type[torch.optim.Optimizer]] = {
            "sgd": torch.optim.SGD,
            "adam": torch.optim.Adam,
            "adamw": torch.optim.AdamW,
        }
        check_offered("torch_impl", self._optimizer_name, kinds)
        pairs = models.weights_and_biases(self.model)
        groups = [
            {"params": [W for W, _ in pairs], "weight_decay": self._weight_decay},
            {"params": [b for _, b in pairs], "weight_decay": 0.0},
        ]
        return kinds[self._optimizer_name](groups, **self._options)

    def set_weights(self, weights: Weights) -> None:
        """Copy `weights` in and forget all optimizer state."""
        models.set_weights(self.model, weights)
        self.model.zero_grad(set_to_none=True)
        self.optimizer = self._make_optimizer()

    def get_weights(self) -> Weights:
        """Return copies of the weights, [(W, b), ...], W (fan_in, fan_out)."""
        return models.get_weights(self.model)

    def train_epoch(self, X: Array, y: IntArray, order: IntArray) -> None:
        """Take one optimizer step per batch; batch k is order[k·B : (k+1)·B].

        On a GPU, X and y are copied once per array object: pass other values as another
        object (`X.view()` will do), not by overwriting.

        Raises
        ------
        ValueError, TypeError
            If X, y and the network do not fit together, or a label is out of range.
        IndexError
            If `order` names a row that X does not have.
        FloatingPointError
            If the parameters are not finite afterwards: training has diverged.
        """
        if len(order) == 0:
            return  # split() would give one batch of no rows, whose mean is no number
        X_all, y_all, rows_all = self._epoch(X, y, order)
        self.model.train()
        for rows in rows_all.split(self.batch_size):
            # X_all[rows] says the same in three times the time.
            self._step(X_all.index_select(0, rows), y_all.index_select(0, rows))
        self._check_finite()

    def _check_finite(self) -> None:
        for p in self.model.parameters():
            check_finite(p.detach().cpu().numpy())

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self._mean_loss(self.model(X), y).backward()
        self.optimizer.step()

    def _mean_loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits, y, label_smoothing=self.label_smoothing)

    @torch.inference_mode()
    def predict_proba(self, X: Array) -> Array:
        """Return a new array (n_samples, n_classes) of probabilities."""
        self.model.eval()
        logits = self._in_parts(self.model, self._tensor(X))
        return np.asarray(functional.softmax(logits, dim=1).cpu().numpy())

    def _in_parts(
        self, logits_of: Callable[[torch.Tensor], torch.Tensor], X: torch.Tensor
    ) -> torch.Tensor:
        """Return the logits of X; maps take much memory, so they come in parts."""
        if not self._conv_layers or len(X) <= PREDICT_ROWS:
            return logits_of(X)
        return torch.cat([logits_of(part) for part in X.split(PREDICT_ROWS)])

    def loss_and_gradients(self, X: Array, y: IntArray) -> tuple[float, Weights]:
        """Return the mean cross-entropy of the batch and its gradients, without L2."""
        y_tensor = self._labels(X, y)
        self.model.zero_grad(set_to_none=True)
        loss = self._mean_loss(self.model(self._tensor(X)), y_tensor)
        loss.backward()
        return loss.item(), models.get_gradients(self.model)

    def _epoch(
        self, X: Array, y: IntArray, order: IntArray
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Check the data of an epoch, and return it and its order on the device."""
        labels = check_data(X, y, self._layer_sizes)
        rows = tensor_of(check_order(order, len(X)), np.int64).to(self.device)
        if self.device.type == "cpu":
            # Nothing is kept: what is copied here may have changed by the next epoch.
            return self._tensor(X), tensor_of(labels, np.int64), rows
        kept = self._kept
        if kept is None or kept[0] is not X:
            kept = X, y, self._tensor(X), self._labels(X, y)
        elif kept[1] is not y:
            kept = X, y, kept[2], self._labels(X, y)
        self._kept = kept
        return kept[2], kept[3], rows

    def _tensor(self, X: Array) -> torch.Tensor:
        """Return X in the network's dtype on its device, to be read only."""
        return tensor_of(X, self._numpy_dtype).to(self.device)

    def _labels(self, X: Array, y: IntArray) -> torch.Tensor:
        """Check y, one label per row of X, and return it on the device."""
        labels = check_data(X, y, self._layer_sizes)
        return tensor_of(labels, np.int64).to(self.device)
