"""SGD, Adam and AdamW over one flat parameter vector, without allocating in a step.

An optimizer is created with the vectors `params` and `grads` of a network; `step()`
reads and destroys `grads` and updates `params` in place. The first `n_weights` entries
are weights, the rest biases: L2 decay touches the weights only.

Refuses to be: a framework. No parameter groups, no closures.
"""

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

# A moment whose gradient has stopped shrinks by β each step until it is a denormal
# number, which some processors handle many times more slowly. Moments this small are
# lost in the rounding of every parameter that is not as good as 0 itself, so they are
# set to zero every so many steps.
FLUSH_EVERY_STEPS = 128
FLUSH_BELOW_TINY = 1e8

# A step passes several times over its vectors, block by block: where the vectors are
# longer than the cache, the later passes find their block still in it. Measured in
# training: no difference with 109,386 parameters; with 1.9 million, Adam's whole
# training step takes 5 % less time, that of SGD the same.
BLOCK_BYTES = 256 * 1024


class Optimizer(Protocol):
    """What a network needs from its optimizer."""

    learning_rate: float

    @property
    def gradient_scale(self) -> float:
        """What `step_scaled` wants the gradients multiplied with."""

    def step(self) -> None:
        """Update `params` in place from `grads`, which it destroys."""

    def step_scaled(self) -> None:
        """Do the same with `grads` that `backward` has scaled: one pass less."""


def blocks(*vectors: Array) -> list[tuple[Array, ...]]:
    """Cut vectors of one length into views of at most BLOCK_BYTES, side by side."""
    size = BLOCK_BYTES // vectors[0].itemsize
    starts = range(0, len(vectors[0]), size)
    return [tuple(v[start : start + size] for v in vectors) for start in starts]


def flush_small(moment: Array, scratch: Array, mask: NDArray[np.bool_]) -> None:
    """Overwrite with 0 what lies within 10⁸ of the smallest normal number."""
    np.abs(moment, out=scratch)
    np.less(scratch, float(np.finfo(moment.dtype).tiny) * FLUSH_BELOW_TINY, out=mask)
    np.copyto(moment, 0, where=mask)


def positive(learning_rate: float) -> float:
    """Return it, or raise ValueError: with η = 0, u = η v would forget v."""
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be > 0, got {learning_rate}")
    return learning_rate


class SGD:
    """Gradient descent: v ← μ v + g, θ ← θ − η v (Nesterov: θ ← θ − η (g + μ v)).

    Parameters
    ----------
    params, grads : ndarray of shape (n_params,), one common float dtype
        Kept by reference. `step()` overwrites `params` and destroys `grads`.
    n_weights : int
        `params[:n_weights]` are weights, to which `weight_decay` applies.
    learning_rate : float
        η > 0.
    momentum : float
        μ in [0, 1).
    nesterov : bool
        Look ahead by one step of momentum. PyTorch: off by default; scikit-learn: on.
    weight_decay : float
        λ ≥ 0; g ← g + λ W before anything else.

    Notes
    -----
    The stored velocity is u = η v: u ← μ u + η g, θ ← θ − u makes three passes over
    memory and not four, if the gradients come scaled by η (`step_scaled`). When
    `learning_rate` is set to η', u is scaled by η'/η: thus v has no η in it, as in
    PyTorch (scikit-learn keeps η inside; equal while η is constant).

    References
    ----------
    Sutskever et al., ICML 2013. Must agree with torch.optim.SGD.
    """

    def __init__(
        self,
        params: Array,
        grads: Array,
        n_weights: int,
        *,
        learning_rate: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self._params, self._grads, self._n_weights = params, grads, n_weights
        self._velocity = np.zeros_like(params)
        self._scratch = np.empty_like(params)
        self._mask = np.empty(params.shape, np.bool_)
        self._blocks = blocks(params, grads, self._velocity, self._scratch)
        self._learning_rate = positive(learning_rate)
        self._n_steps = 0

    @property
    def learning_rate(self) -> float:
        """η. Setting it rescales the stored velocity (see Notes)."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._velocity *= positive(value) / self._learning_rate
        self._learning_rate = value

    @property
    def gradient_scale(self) -> float:
        """η."""
        return self._learning_rate

    def step(self) -> None:
        """Update `params` in place; `grads` is destroyed."""
        np.multiply(self._grads, self._learning_rate, out=self._grads)
        self.step_scaled()

    def step_scaled(self) -> None:
        """Update `params` in place; `grads` holds η g, and is destroyed."""
        add_l2(
            self._grads,
            self._params,
            self._n_weights,
            self._learning_rate * self.weight_decay,
            self._scratch,
        )
        if self.momentum == 0:
            np.subtract(self._params, self._grads, out=self._params)
            return
        for params, grads, velocity, scratch in self._blocks:
            np.multiply(velocity, self.momentum, out=velocity)
            np.add(velocity, grads, out=velocity)
            if self.nesterov:
                np.multiply(velocity, self.momentum, out=scratch)
                np.add(grads, scratch, out=grads)
                np.subtract(params, grads, out=params)
            else:
                np.subtract(params, velocity, out=params)
        self._n_steps += 1
        if self._n_steps % FLUSH_EVERY_STEPS == 0:
            flush_small(self._velocity, self._scratch, self._mask)


class Adam:
    """Adam: θ ← θ − η m̂ / (√v̂ + ε), with m̂, v̂ the bias-corrected moments.

    Parameters
    ----------
    params, grads, n_weights, weight_decay
        As for `SGD`; the decay is L2, added to the gradient.
    learning_rate : float
        η > 0.
    betas : pair of float
        β₁, β₂ in [0, 1).
    eps : float
        ε > 0.
    epsilon_hat : bool
        False: ε is added to √v̂, after bias correction (Algorithm 1; PyTorch).
        True: ε is added to √v, before it (the remark at the end of section 2;
        scikit-learn, Keras). Not the same algorithm: after one epoch of MNIST the
        weights are 0.2 apart.

    Notes
    -----
    Stored are M = m / (1 − β₁) and V = v / (1 − β₂), which saves two passes over
    memory: M ← β₁ M + g, V ← β₂ V + g². Either ε then gives θ ← θ − α M / (√V + e)
    with two numbers α and e that depend on the step alone.

    References
    ----------
    Kingma & Ba, arXiv:1412.6980. Must agree with torch.optim.Adam, and with
    scikit-learn's when `epsilon_hat` is set.
    """

    def __init__(
        self,
        params: Array,
        grads: Array,
        n_weights: int,
        *,
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        epsilon_hat: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.learning_rate = learning_rate
        self.betas = betas
        self.eps = eps
        self.epsilon_hat = epsilon_hat
        self.weight_decay = weight_decay
        self._params, self._grads, self._n_weights = params, grads, n_weights
        self._m = np.zeros_like(params)
        self._v = np.zeros_like(params)
        self._scratch = np.empty_like(params)
        self._mask = np.empty(params.shape, np.bool_)
        self._blocks = blocks(params, grads, self._m, self._v, self._scratch)
        self._n_steps = 0

    @property
    def gradient_scale(self) -> float:
        """1: Adam's step does not change when all gradients are scaled."""
        return 1.0

    def step_scaled(self) -> None:
        """Update `params` in place; `grads` is destroyed."""
        self.step()

    def step(self) -> None:
        """Update `params` in place; `grads` is destroyed."""
        self._apply_decay()
        self._n_steps += 1
        step_size, eps = self._coefficients(self._n_steps)
        for params, grads, m, v, scratch in self._blocks:
            np.multiply(m, self.betas[0], out=m)
            np.add(m, grads, out=m)
            np.multiply(v, self.betas[1], out=v)
            np.multiply(grads, grads, out=grads)
            np.add(v, grads, out=v)
            np.sqrt(v, out=scratch)
            np.add(scratch, eps, out=scratch)
            np.divide(m, scratch, out=scratch)
            np.multiply(scratch, step_size, out=scratch)
            np.subtract(params, scratch, out=params)
        if self._n_steps % FLUSH_EVERY_STEPS == 0:
            flush_small(self._m, self._scratch, self._mask)
            flush_small(self._v, self._scratch, self._mask)

    def _coefficients(self, t: int) -> tuple[float, float]:
        """Return α and e of step t, counted from 1 (see Notes)."""
        beta1, beta2 = self.betas
        root = math.sqrt(1 - beta2)  # √v = root · √V
        bias1, bias2 = 1 - beta1**t, math.sqrt(1 - beta2**t)
        step_size = self.learning_rate * (1 - beta1) / bias1 * bias2 / root
        eps = self.eps / root if self.epsilon_hat else self.eps * bias2 / root
        return step_size, eps

    def _apply_decay(self) -> None:
        """g ← g + λ W."""
        add_l2(
            self._grads,
            self._params,
            self._n_weights,
            self.weight_decay,
            self._scratch,
        )


class AdamW(Adam):
    """Adam with decoupled decay: W ← W − η λ W first, then a step of Adam.

    The decay bypasses the moments, so that √v does not divide it.

    References
    ----------
    Loshchilov & Hutter, arXiv:1711.05101. Must agree with torch.optim.AdamW.
    """

    def _apply_decay(self) -> None:
        """W ← (1 − η λ) W."""
        if self.weight_decay:
            weights = self._params[: self._n_weights]
            np.multiply(
                weights, 1 - self.learning_rate * self.weight_decay, out=weights
            )


def add_l2(
    grads: Array, params: Array, n_weights: int, weight_decay: float, scratch: Array
) -> None:
    """Overwrite the weights' part of grads with g + λ W: the derivative of λ/2 ‖W‖²."""
    if weight_decay:
        part = scratch[:n_weights]
        np.multiply(params[:n_weights], weight_decay, out=part)
        np.add(grads[:n_weights], part, out=grads[:n_weights])
