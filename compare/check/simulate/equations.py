"""The whole method in float64, every equation replaceable: what *would* come out?

`Equations()` is right. A known mistake is the same set with one equation replaced, so
that the checker can compute what a network with that mistake would answer. Refuses to
be a reference: that is PyTorch, and `tests/` prove that `Equations()` agrees with it.

A shape that does not fit raises ValueError here, as it would in the user's code.

Layers whose W has four axes are convolutions, and come first. Their arithmetic is that
of `convolutions.py`; every other equation is the same for both kinds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from compare.architecture import MNIST_SHAPE, POOL
from compare.check.simulate import convolutions
from compare.check.simulate.activations import BY_NAME, Activation, Array
from compare.config import HyperParameters
from compare.contract import Weights

__all__ = ["Array", "Equations", "Pass"]


@dataclass
class Pass:
    """One batch on its way: what is given, and what forward leaves for backward.

    `inputs[l]` enters layer l, `zs[l]` leaves its linear part, and `outputs[l]` is
    f(z), of a convolution before pooling; `divisor` is the number that the sum over
    the batch is divided by; `batch_size` is the one asked for, whatever the number of
    rows. X is (B, n_features) for a convolution too, and has `image_shape`.
    """

    weights: Weights
    X: Array
    y: Array
    activation: Activation
    divisor: float
    batch_size: int
    weight_decay: float = 0.0
    image_shape: tuple[int, int, int] = MNIST_SHAPE
    inputs: list[Array] = field(default_factory=list)
    zs: list[Array] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    logits: Array = field(default_factory=lambda: np.empty(0))
    probs: Array = field(default_factory=lambda: np.empty(0))

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.weights)

    @property
    def n_convolutions(self) -> int:
        """Number of layers that are convolutions: the first ones."""
        return sum(W.ndim == 4 for W, _ in self.weights)

    def maps(self, layer: int) -> Array:
        """Return what enters a convolution, as (B, channels, rows, columns)."""
        a = self.inputs[layer]
        return a.reshape(len(a), *self.image_shape) if layer == 0 else a


# --- the right equations; `p` is the pass, `layer` counts from 0 ---------------------


def inputs(p: Pass) -> Array:
    """Return what enters the first layer: X as it is."""
    return p.X


def product(p: Pass, layer: int) -> Array:
    """Return a W, or W ⋆ a: z without its bias."""
    W = p.weights[layer][0]
    if W.ndim == 4:
        return convolutions.convolve(p.maps(layer), W)
    return p.inputs[layer] @ W


def bias(p: Pass, layer: int) -> Array:
    """Return b as it is added: to each row, or to each map."""
    W, b = p.weights[layer]
    return b[:, np.newaxis, np.newaxis] if W.ndim == 4 else b


def linear(p: Pass, layer: int) -> Array:
    """Return z = a W + b."""
    return product(p, layer) + bias(p, layer)


def activate(p: Pass, layer: int) -> Array:
    """Return a = f(z)."""
    return p.activation.f(p.zs[layer])


def pool(p: Pass, layer: int) -> Array:
    """Return the largest of each 2 x 2 pixels of f(z)."""
    return convolutions.max_pool(p.outputs[layer])


def flatten(p: Pass, maps: Array) -> Array:
    """Return the maps as rows, channel by channel and row by row."""
    return maps.reshape(len(maps), -1)


def output(p: Pass) -> Array:
    """Return the logits: the last z, untouched."""
    return p.zs[-1]


def softmax(logits: Array) -> Array:
    """Return exp(z − max z) / Σ exp(z − max z), row by row."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def labels(p: Pass) -> Array:
    """Return the class indices that the loss is to use."""
    return p.y


def one_hot(p: Pass, y: Array) -> Array:
    """Return a row for each label, 1 at the label and 0 elsewhere."""
    return np.eye(p.probs.shape[1])[y]


def loss(p: Pass, y: Array) -> float:
    """Return mean(log Σ exp zⱼ − z[y])."""
    shifted = p.logits - p.logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(y)), y]).mean())


def delta(p: Pass, targets: Array) -> Array:
    """Return dlogits = (p − onehot(y)) / B."""
    return (p.probs - targets) / p.divisor


def output_step(p: Pass, dlogits: Array) -> Array:
    """Return the last dz: there is no activation after the last layer."""
    return dlogits


def weight_gradient(p: Pass, dz: Array, layer: int) -> Array:
    """Return dW = aᵀ dz, or dz ⋆ a."""
    W = p.weights[layer][0]
    if W.ndim == 4:
        return convolutions.weight_gradient(dz, p.maps(layer), W)
    return p.inputs[layer].T @ dz


def bias_gradient(p: Pass, dz: Array, layer: int) -> Array:
    """Return db = Σ over the batch of dz, and over the pixels of a map."""
    return dz.sum(axis=(0, 2, 3) if dz.ndim == 4 else 0)  # type: ignore[no-any-return]


def input_gradient(p: Pass, dz: Array, layer: int) -> Array:
    """Return da = dz Wᵀ, or the flipped kernel on dz with zeros around it."""
    W = p.weights[layer][0]
    if W.ndim == 4:
        return convolutions.input_gradient(dz, p.maps(layer), W)
    return dz @ W.T


def unflatten(p: Pass, da: Array) -> Array:
    """Return the gradient of the last maps from that of the rows they make."""
    B, channels, height, width = p.outputs[p.n_convolutions - 1].shape
    return da.reshape(B, channels, height // POOL, width // POOL)


def unpool(p: Pass, dp: Array, layer: int) -> Array:
    """Return the gradient of f(z): each dp goes to the pixel that was the largest."""
    return convolutions.max_pool_backward(dp, p.outputs[layer])


def derivative(p: Pass, layer: int) -> Array:
    """Return f'(z)."""
    return p.activation.from_z(p.zs[layer])


def hidden_step(p: Pass, da: Array, slope: Array, layer: int) -> Array:
    """Return dz = da ⊙ f'(z)."""
    if da.shape != slope.shape:
        raise ValueError(f"da {da.shape} does not fit f'(z) {slope.shape}")
    return da * slope


def listed(gradients: Weights) -> Weights:
    """Return the gradients in the order of the layers, first layer first."""
    return gradients


@dataclass(frozen=True)
class Equations:
    """Forward, loss and backward; `dataclasses.replace` plants a mistake."""

    activation: Activation | None = None  # None: the one asked for
    inputs: Callable[[Pass], Array] = inputs
    linear: Callable[[Pass, int], Array] = linear
    activate: Callable[[Pass, int], Array] = activate
    pool: Callable[[Pass, int], Array] = pool
    flatten: Callable[[Pass, Array], Array] = flatten
    output: Callable[[Pass], Array] = output
    softmax: Callable[[Array], Array] = softmax
    labels: Callable[[Pass], Array] = labels
    loss: Callable[[Pass, Array], float] = loss
    delta: Callable[[Pass, Array], Array] = delta
    output_step: Callable[[Pass, Array], Array] = output_step
    weight_gradient: Callable[[Pass, Array, int], Array] = weight_gradient
    bias_gradient: Callable[[Pass, Array, int], Array] = bias_gradient
    input_gradient: Callable[[Pass, Array, int], Array] = input_gradient
    unflatten: Callable[[Pass, Array], Array] = unflatten
    unpool: Callable[[Pass, Array, int], Array] = unpool
    derivative: Callable[[Pass, int], Array] = derivative
    hidden_step: Callable[[Pass, Array, Array, int], Array] = hidden_step
    listed: Callable[[Weights], Weights] = listed
    l2: float = 0.0  # λ of an L2 that the gradient of the weights contains

    def forward(
        self,
        weights: Weights,
        X: Array,
        y: Array,
        *,
        hp: HyperParameters,
        divisor: float | None = None,
    ) -> Pass:
        """Return the pass with every z, every input, the logits and probabilities."""
        p = Pass(
            list(weights),
            X,
            y,
            self.activation or BY_NAME[hp.activation],
            divisor or len(X),
            hp.batch_size,
            hp.weight_decay,
            hp.image_shape,
        )
        p.inputs.append(self.inputs(p))
        for layer in range(p.depth):
            p.zs.append(self.linear(p, layer))
            if layer < p.depth - 1:
                p.outputs.append(self.activate(p, layer))
                p.inputs.append(self._onwards(p, layer))
        p.logits = self.output(p)
        p.probs = self.softmax(p.logits)
        return p

    def _onwards(self, p: Pass, layer: int) -> Array:
        """Return f(z) as it enters the next layer."""
        if layer >= p.n_convolutions:
            return p.outputs[layer]
        pooled = self.pool(p, layer)
        is_last = layer == p.n_convolutions - 1
        return self.flatten(p, pooled) if is_last else pooled

    def _backwards(self, p: Pass, da: Array, layer: int) -> Array:
        """Return the gradient of f(z) of a layer, from that of what it became."""
        if layer >= p.n_convolutions:
            return da
        if layer == p.n_convolutions - 1:
            da = self.unflatten(p, da)
        return self.unpool(p, da, layer)

    def backward(self, p: Pass) -> Iterator[tuple[int, Array, Array]]:
        """Yield (layer, dW, db) from the last layer to the first.

        `p.weights` may be changed between two yields: that is one of the mistakes.
        """
        dz = self.output_step(p, self.delta(p, one_hot(p, self.labels(p))))
        for layer in reversed(range(p.depth)):
            dW = self.weight_gradient(p, dz, layer)
            if self.l2:
                dW = dW + self.l2 * p.weights[layer][0]
            db = self.bias_gradient(p, dz, layer)
            yield layer, dW, db
            if layer > 0:
                da = self.input_gradient(p, dz, layer)
                da = self._backwards(p, da, layer - 1)
                slope = self.derivative(p, layer - 1)
                dz = self.hidden_step(p, da, slope, layer - 1)

    def gradients(self, p: Pass) -> Weights:
        """Return [(dW, db), ...], first layer first."""
        return self.listed([(dW, db) for _, dW, db in self.backward(p)][::-1])

    def loss_of(self, p: Pass) -> float:
        """Return the mean loss of the pass, with L2 if the network has that."""
        squares = sum(float((W**2).sum()) for W, _ in p.weights) if self.l2 else 0.0
        return self.loss(p, self.labels(p)) + self.l2 / 2 * squares


def log_of_probabilities(p: Pass, y: Array, *, plus: float = 0.0) -> float:
    """Return mean(−log(p[y] + plus)): the loss of those who start from p."""
    chosen = p.probs[np.arange(len(y)), y]
    return float(-np.log(chosen + plus).mean())
