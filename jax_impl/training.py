"""One training step, and a whole epoch of them, each compiled by XLA into one program.

`epoch` is what JAX can do and a library of operations cannot: the loop over the batches
is inside of what is compiled, nothing returns to Python between two steps, and XLA sees
the update beside the gradients. It is `lax.scan` with a number of steps that is known
only when it runs (`lax.fori_loop`), so that a program compiled for a few steps serves
an epoch of any length.

Both take over the memory of the parameters they are given (`donate_argnames`): XLA
writes the new ones into it.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from jax_impl import network
from jax_impl.network import Params
from jax_impl.optimizers import Optimizer, State

Carry = tuple[Params, State]
BLOCK = 500


def _step(
    carry: Carry,
    X: jax.Array,
    y: jax.Array,
    n_rows: jax.Array,
    *,
    activation: str,
    label_smoothing: float,
    optimizer: Optimizer,
) -> Carry:
    """Take one step on the first `n_rows` rows of X and y; the others count nothing."""
    params, state = carry
    inside = jnp.arange(len(y)) < n_rows
    weight = inside.astype(X.dtype) / n_rows.astype(X.dtype)
    grads = jax.grad(network.loss)(params, X, y, weight, activation, label_smoothing)
    return optimizer.update(params, grads, state)


step = functools.partial(
    jax.jit,
    static_argnames=("activation", "label_smoothing", "optimizer"),
    donate_argnames="carry",
)(_step)


@functools.partial(
    jax.jit,
    static_argnames=("activation", "label_smoothing", "optimizer", "batch_size"),
    donate_argnames="carry",
)
def epoch(
    carry: Carry,
    X: jax.Array,
    y: jax.Array,
    order: jax.Array,
    n_rows: jax.Array,
    *,
    activation: str,
    label_smoothing: float,
    optimizer: Optimizer,
    batch_size: int,
) -> Carry:
    """Take a step for each batch among the first `n_rows` row numbers of `order`."""

    def body(k: jax.Array, carry: Carry) -> Carry:
        start = k * batch_size
        rows = lax.dynamic_slice(order, (start,), (batch_size,))
        # The rows were checked before: XLA need not clip them again.
        X_batch = X.at[rows].get(mode="promise_in_bounds")
        y_batch = y.at[rows].get(mode="promise_in_bounds")
        n_in_batch = jnp.minimum(n_rows - start, batch_size)
        return _step(
            carry,
            X_batch,
            y_batch,
            n_in_batch,
            activation=activation,
            label_smoothing=label_smoothing,
            optimizer=optimizer,
        )

    n_steps = (n_rows + batch_size - 1) // batch_size
    return lax.fori_loop(0, n_steps, body, carry)


@functools.partial(jax.jit, static_argnames="activation")
def probabilities(params: Params, X: jax.Array, *, activation: str) -> jax.Array:
    """Return softmax(logits), (n_samples, n_classes); of images, block by block.

    Unfolded for a convolution, 10,000 images at once would take more than a gigabyte.
    """

    def of_block(X: jax.Array) -> jax.Array:
        return jax.nn.softmax(network.logits(params, X, activation))

    n = len(X)
    if X.ndim == 2 or n <= BLOCK:
        return of_block(X)
    X = jnp.pad(X, [(0, -n % BLOCK), *[(0, 0)] * 3])
    blocks = lax.map(of_block, X.reshape(-1, BLOCK, *X.shape[1:]))
    return blocks.reshape(len(X), -1)[:n]


@functools.partial(jax.jit, static_argnames=("activation", "label_smoothing"))
def loss_and_gradients(
    params: Params,
    X: jax.Array,
    y: jax.Array,
    *,
    activation: str,
    label_smoothing: float,
) -> tuple[jax.Array, Params]:
    """Return the mean loss over all rows, and its gradients."""
    weight = jnp.full(len(y), 1 / len(y), X.dtype)
    both = jax.value_and_grad(network.loss)
    return both(params, X, y, weight, activation, label_smoothing)
