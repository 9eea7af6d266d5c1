"""SGD, Adam and AdamW as pure functions over pytrees, as PyTorch defines them.

optax has the same rules. They are written out because they are few lines, and because
a dependency would hide what is compared.
"""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jax_impl.network import Params

State = tuple[Params, Params, jax.Array]
"""m (SGD: the velocity), v (SGD: not used) and t, the number of steps taken."""


@dataclass(frozen=True)
class Optimizer:
    """The rule and its constants; hashable, so that a compiled step belongs to it."""

    name: str
    learning_rate: float
    momentum: float
    nesterov: bool
    weight_decay: float
    betas: tuple[float, float]
    eps: float

    def init(self, params: Params) -> State:
        """Return a state of zeros."""
        m = jax.tree.map(jnp.zeros_like, params)
        v = [] if self.name == "sgd" else jax.tree.map(jnp.zeros_like, params)
        return m, v, jnp.zeros((), params[0][0].dtype)

    def update(
        self, params: Params, grads: Params, state: State
    ) -> tuple[Params, State]:
        """Return params and state after one step; weight decay on W, never on b."""
        decay = self.weight_decay
        if decay and self.name == "adamw":
            shrink = 1 - self.learning_rate * decay
            params = [(shrink * W, b) for W, b in params]
        elif decay:
            pairs = zip(params, grads, strict=True)
            grads = [(dW + decay * W, db) for (W, _), (dW, db) in pairs]
        return (self._sgd if self.name == "sgd" else self._adam)(params, grads, state)

    def _sgd(self, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """v ← μ v + g, θ ← θ − η v; Nesterov: g + μ v for v."""
        velocity, unused, t = state
        mu, eta = self.momentum, self.learning_rate
        velocity = jax.tree.map(lambda v, g: mu * v + g, velocity, grads)
        step = velocity
        if self.nesterov:
            step = jax.tree.map(lambda v, g: g + mu * v, velocity, grads)
        params = jax.tree.map(lambda p, s: p - eta * s, params, step)
        return params, (velocity, unused, t)

    def _adam(
        self, params: Params, grads: Params, state: State
    ) -> tuple[Params, State]:
        """θ ← θ − η m̂ / (√v̂ + ε)."""
        m, v, t = state
        (beta1, beta2), eta, eps = self.betas, self.learning_rate, self.eps
        t = t + 1
        m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, grads)
        v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, grads)
        step_size = eta / _bias(beta1, t)
        root = jnp.sqrt(_bias(beta2, t))
        params = jax.tree.map(
            lambda p, m, v: p - step_size * m / (jnp.sqrt(v) / root + eps),
            params,
            m,
            v,
        )
        return params, (m, v, t)


def _bias(beta: float, t: jax.Array) -> jax.Array:
    """Return 1 − βᵗ; as a difference it would lose half of float32's digits."""
    if beta == 0:
        return jnp.ones_like(t)
    return -jnp.expm1(t * math.log(beta))
