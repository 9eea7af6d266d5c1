"""Against overfitting: label smoothing, dropout, gradient clipping, weight averaging.

Each is a few lines of arithmetic over arrays allocated once. L2 decay, the oldest of
the family, is in `optimizers.py`. None of this is in the way of the plain network:
`network.py` knows nothing of this file.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpy_impl import layers
from numpy_impl.layers import Array, IntArray
from numpy_impl.network import MAX_WORKSPACES, Network, Workspace

# As in torch.nn.utils.clip_grad_norm_: a gradient of zeros is not divided by zero.
CLIP_EPSILON = 1e-6


class RegularizedNetwork(Network):
    """The network with a training pass of its own: dropout and smoothed labels.

    Parameters
    ----------
    label_smoothing : float
        ε in [0, 1): the target of a class is (1 − ε) onehot + ε/K, for K classes.
        Must agree with the argument of torch.nn.functional.cross_entropy.
    dropout : float
        p in [0, 1): in training, each activation of a hidden layer is set to 0 with
        probability p, and divided by 1 − p if it stays ("inverted" dropout), so that
        `forward`, which drops nothing, needs no correction.
    layer_sizes, activation, dtype
        As for `Network`.

    References
    ----------
    Szegedy et al., arXiv:1512.00567, section 7. Srivastava et al., JMLR 15 (2014).
    """

    def __init__(
        self,
        layer_sizes: tuple[int, ...],
        *,
        label_smoothing: float = 0.0,
        dropout: float = 0.0,
        activation: str = "relu",
        dtype: str = "float32",
    ) -> None:
        super().__init__(
            layer_sizes,
            activation=activation,
            dtype=dtype,
            objective=SmoothedCrossEntropy(label_smoothing),
        )
        self.dropout = dropout
        self._dropouts: dict[int, list[Dropout]] = {}

    def draw_masks(self, n_rows: int, rng: np.random.Generator) -> list[Array]:
        """Draw and return the masks, 0 or 1/(1 − p), of the next batch of `n_rows`."""
        drops = self._drops(n_rows)
        for drop in drops:
            drop.draw(rng, self.dropout)
        return [drop.mask for drop in drops]

    def forward_training(self, X: Array) -> Array:
        """Return the logits with dropout by the masks last drawn; see `forward`."""
        self._check_input(X)
        work, drops = self.workspace(len(X)), self._drops(len(X))
        last = len(self.W) - 1
        a = X
        for layer, (z, W, b) in enumerate(zip(work.z, self.W, self.b, strict=True)):
            layers.linear_forward(z, a, W, b)
            if layer < last:
                self._activate(z, work.zeros[layer])
            a = drops[layer].forward(z) if drops and layer < last else z
        self._work, self._input = work, X
        return a

    def backward(
        self, y: IntArray, *, scale: float = 1.0, dropped: bool = False
    ) -> None:
        """Write scale · ∂loss/∂θ into `grads`; `dropped` after `forward_training`."""
        work, X = self._last_forward(y)
        drops = self._drops(len(X)) if dropped else []
        dz = work.z[-1]
        self.objective.backward(dz, y, work.output, scale)
        for layer in range(len(self.W) - 1, 0, -1):
            a, da = work.z[layer - 1], work.dz[layer - 1]
            a_out = drops[layer - 1].out if drops else a
            layers.linear_backward(self.dW[layer], self.db[layer], dz, a_out, work.ones)
            layers.linear_backward_input(da, dz, self.W[layer])
            if drops:
                drops[layer - 1].backward(da)
            self._activate_backward(
                da, a, work.zeros[layer - 1], work.scratch[layer - 1]
            )
            dz = da
        layers.linear_backward(self.dW[0], self.db[0], dz, X, work.ones)
        self._work = self._input = None

    def backpropagate(self, work: Workspace, *, scale: float = 1.0) -> None:
        """Write scale · ∂loss/∂θ into `grads`, with dropout by the masks last drawn."""
        self.forward_training(work.X)
        self.backward(work.y, scale=scale, dropped=True)

    def _drops(self, n_rows: int) -> list["Dropout"]:
        """Return the dropout of each hidden layer; none with p = 0."""
        if self.dropout == 0:
            return []
        if n_rows not in self._dropouts:
            if len(self._dropouts) >= MAX_WORKSPACES:
                self._dropouts.clear()
            self._dropouts[n_rows] = [
                Dropout((n_rows, width), self.dtype) for width in self.layer_sizes[1:-1]
            ]
        return self._dropouts[n_rows]


class Dropout:
    """ã = a ⊙ mask and da = dã ⊙ mask, for one layer and one size of batch."""

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self.mask = np.ones(shape, dtype)
        self.out = np.empty(shape, dtype)
        # Drawn in float32 for either dtype: the same masks for both.
        self._uniform = np.empty(shape, np.float32)
        self._kept = np.empty(shape, np.bool_)

    def draw(self, rng: np.random.Generator, p: float) -> None:
        """Overwrite mask with 0 (probability p) or 1/(1 − p)."""
        rng.random(dtype=np.float32, out=self._uniform)
        np.greater_equal(self._uniform, p, out=self._kept)
        np.multiply(self._kept, 1 / (1 - p), out=self.mask, casting="same_kind")

    def forward(self, a: Array) -> Array:
        """Return a ⊙ mask in a buffer of this object; a stays, for its derivative."""
        return np.multiply(a, self.mask, out=self.out)

    def backward(self, da: Array) -> None:
        """Overwrite da with da ⊙ mask."""
        np.multiply(da, self.mask, out=da)


def smoothed_cross_entropy(logits: Array, y: IntArray, smoothing: float) -> float:
    """Return (1 − ε) mean(−log p[y]) + ε mean(−log p), the second over all classes."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    of_label = log_p[np.arange(len(y)), y].mean()
    return float(-(1 - smoothing) * of_label - smoothing * log_p.mean())


def smoothed_cross_entropy_backward(
    logits: Array,
    y: IntArray,
    work: layers.OutputBuffers,
    smoothing: float,
    scale: float = 1.0,
) -> None:
    """Overwrite logits with scale · (p − (1 − ε) onehot(y) − ε/K) / B.

    Taken apart as (1 − ε) [(p − ε/K) / (1 − ε) − onehot(y)] / B, it needs no one-hot
    matrix, like the plain one.
    """
    layers.softmax(logits, work)
    if smoothing:
        np.subtract(logits, smoothing / logits.shape[1], out=logits)
        np.multiply(logits, 1 / (1 - smoothing), out=logits)
    layers.subtract_one_hot(logits, y, work)
    np.multiply(logits, scale * (1 - smoothing) / len(y), out=logits)


class SmoothedCrossEntropy(layers.CrossEntropy):
    """The two functions above, for a network to hold; see `layers.CrossEntropy`."""

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing

    def value(self, logits: Array, y: IntArray) -> float:
        """Return the mean against the smoothed labels; logits are only read."""
        return smoothed_cross_entropy(logits, y, self.smoothing)

    def backward(
        self,
        logits: Array,
        y: IntArray,
        work: layers.OutputBuffers,
        scale: float = 1.0,
    ) -> None:
        """Overwrite logits with scale · ∂loss/∂logits."""
        smoothed_cross_entropy_backward(logits, y, work, self.smoothing, scale)


def clip_gradient(grads: Array, max_norm: float) -> float:
    """Scale grads to a length of at most `max_norm`; return the length it had.

    g ← g · min(1, c / ‖g‖): the direction stays. One norm over all parameters.
    Must agree with torch.nn.utils.clip_grad_norm_. Pascanu et al., arXiv:1211.5063.
    """
    norm = math.sqrt(float(np.dot(grads, grads)))
    scale = max_norm / (norm + CLIP_EPSILON)
    if scale < 1:
        np.multiply(grads, scale, out=grads)
    return norm


class WeightAverage:
    """Exponential moving average of parameters: θ̄ ← d θ̄ + (1 − d) θ, after each step.

    The first update copies θ, so that the start of training leaves no trace. Must
    agree with torch.optim.swa_utils.AveragedModel and get_ema_multi_avg_fn.

    Attributes
    ----------
    average : ndarray of shape (n_params,)
        θ̄; before the first update, the parameters as they were at creation.
    """

    def __init__(self, params: NDArray[np.floating[Any]], decay: float) -> None:
        self._params, self._decay = params, decay
        self.average = params.copy()
        self._scratch = np.empty_like(params)
        self._started = False

    def update(self) -> None:
        """Take the present parameters in; no allocation."""
        if not self._started:
            np.copyto(self.average, self._params)
            self._started = True
            return
        np.subtract(self._params, self.average, out=self._scratch)
        np.multiply(self._scratch, 1 - self._decay, out=self._scratch)
        np.add(self.average, self._scratch, out=self.average)
