"""The whole method in compiled loops; matrix products by the BLAS that SciPy brings.

Where NumPy needs one pass over memory for each operation, a loop does all of them while
an element is at hand: z + b and the activation; softmax, one-hot and 1/B; both moments
and the step of Adam. The equations are those of `docs/`, in the order of `step`.

Arrays come first written, then read. All code that Numba compiles is in this file: its
cache on disk looks at one file only, and would keep what has changed in another.

Refuses to be: parallel. One thread, like everybody else in the comparison.
"""

import math
from typing import Any

import numpy as np
from numba import njit

SGD, ADAM, ADAMW = range(3)
OPTIMIZERS = {"sgd": SGD, "adam": ADAM, "adamw": ADAMW}
RELU, SIGMOID, TANH, IDENTITY = range(4)
ACTIVATIONS = {"relu": RELU, "sigmoid": SIGMOID, "tanh": TANH, "identity": IDENTITY}

# Columns are packed if at most this part of them is used. Packing and unpacking cost
# as much as about a tenth of the products of the first layer.
PACK_BELOW = 0.9

# A product and a sum in one instruction is allowed; nothing else that rounds otherwise.
compiled = njit(error_model="numpy", fastmath={"contract"}, cache=True)


# --- where everything lies -----------------------------------------------------------
#
# θ and ∂loss/∂θ are one flat vector each: W[0] | W[1] | … | b[0] | b[1] | …, and so are
# the z of all layers and their gradients. Views are made here and not in Python: a
# tuple of arrays would have the number of layers in its type, and each other number
# would be compiled anew.


@compiled
def weight(flat: Any, sizes: Any, layer: int) -> Any:
    """Return W of a layer, or dW: a view (fan_in, fan_out)."""
    start = 0
    for k in range(layer):
        start += sizes[k] * sizes[k + 1]
    shape = sizes[layer], sizes[layer + 1]
    return flat[start : start + shape[0] * shape[1]].reshape(shape)


@compiled
def bias(flat: Any, sizes: Any, layer: int) -> Any:
    """Return b of a layer, or db: a view (fan_out,)."""
    end = len(flat)
    for k in range(len(sizes) - 1, layer + 1, -1):
        end -= sizes[k]
    return flat[end - sizes[layer + 1] : end]


@compiled
def output(flat: Any, sizes: Any, layer: int, n_rows: int) -> Any:
    """Return z of a layer, or dz: a view (n_rows, fan_out)."""
    start = 0
    for k in range(layer):
        start += n_rows * sizes[k + 1]
    n = sizes[layer + 1]
    return flat[start : start + n_rows * n].reshape(n_rows, n)


# --- gather: the rows of a batch -----------------------------------------------------


@compiled
def find_used(seen: Any, used: Any, X: Any, rows: Any) -> int:
    """Write the numbers of the columns with anything but 0 in `rows`; return how many.

    A sum of absolute values is 0 only if all are; unlike a comparison, it runs through
    vector registers.
    """
    seen[:] = 0
    for i in range(len(rows)):
        x = X[rows[i]]
        for j in range(len(seen)):
            seen[j] += abs(x[j])
    n = 0
    for j in range(len(seen)):
        used[n] = j
        n += seen[j] != 0
    return n


@compiled
def copy(to: Any, row: Any) -> None:
    """Write one row over another.

    `to[:] = row` would bring NumPy's rules of shapes with it, and the texts of their
    errors: three times as long to compile.
    """
    for j in range(len(to)):
        to[j] = row[j]


@compiled
def gather(batch: Any, X: Any, rows: Any) -> None:
    """Write X[rows]."""
    for i in range(len(rows)):
        copy(batch[i], X[rows[i]])


@compiled
def gather_used(batch: Any, X: Any, rows: Any, used: Any) -> None:
    """Write X[rows][:, used]."""
    for i in range(len(rows)):
        x, to = X[rows[i]], batch[i]
        for k in range(len(used)):
            to[k] = x[used[k]]


@compiled
def pack(packed: Any, W: Any, used: Any) -> None:
    """Write W[used]."""
    for k in range(len(used)):
        copy(packed[k], W[used[k]])


@compiled
def unpack(dW: Any, packed: Any, used: Any) -> None:
    """Write the rows of `packed` to their places, and 0 to all others."""
    k = 0
    for j in range(len(dW)):
        if k < len(used) and used[k] == j:
            copy(dW[j], packed[k])
            k += 1
        else:
            dW[j] = 0


# --- forward -------------------------------------------------------------------------


@compiled
def add_and_activate(z: Any, b: Any, activation: int) -> None:
    """Overwrite z with f(z + b)."""
    kind = z.dtype.type
    zero, half = kind(0), kind(0.5)
    for i in range(z.shape[0]):
        row = z[i]
        if activation == RELU:
            for k in range(len(b)):
                v = row[k] + b[k]
                row[k] = zero if v < zero else v  # and NaN stays NaN
        elif activation == SIGMOID:
            for k in range(len(b)):
                row[k] = half + half * math.tanh(half * (row[k] + b[k]))
        elif activation == TANH:
            for k in range(len(b)):
                row[k] = math.tanh(row[k] + b[k])
        else:
            for k in range(len(b)):
                row[k] += b[k]


@compiled
def softmax(logits: Any) -> None:
    """Overwrite each row with exp(z − max z) / Σ exp(z − max z)."""
    for i in range(logits.shape[0]):
        row = logits[i]
        largest = row.max()
        total = logits.dtype.type(0)
        for k in range(len(row)):
            row[k] = math.exp(row[k] - largest)
            total += row[k]
        for k in range(len(row)):
            row[k] /= total


@compiled
def first_layer(z: Any, X: Any, W: Any, b: Any, sizes: Any, activation: int) -> None:
    """Write f(X W + b), or the logits if there is no other layer."""
    np.dot(X, W, z)
    add_and_activate(z, b, activation if len(sizes) > 2 else IDENTITY)


@compiled
def other_layers(zs: Any, params: Any, sizes: Any, n_rows: int, activation: int) -> Any:
    """Write f(a W + b) layer by layer; return the logits, which the last one is."""
    last = len(sizes) - 2
    for layer in range(1, last + 1):
        a, z = output(zs, sizes, layer - 1, n_rows), output(zs, sizes, layer, n_rows)
        np.dot(a, weight(params, sizes, layer), z)
        f = activation if layer < last else IDENTITY
        add_and_activate(z, bias(params, sizes, layer), f)
    return output(zs, sizes, last, n_rows)


# --- backward ------------------------------------------------------------------------


@compiled
def loss_backward(logits: Any, y: Any) -> None:
    """Overwrite logits with (p − onehot(y)) / B."""
    softmax(logits)
    n_rows, kind = logits.shape[0], logits.dtype.type
    one, part = kind(1), kind(1 / n_rows)
    for i in range(n_rows):
        logits[i, y[i]] -= one
        for k in range(logits.shape[1]):
            logits[i, k] *= part


@compiled
def activation_backward(da: Any, a: Any, activation: int) -> None:
    """Overwrite da with da ⊙ f'(z), from a = f(z)."""
    kind = da.dtype.type
    zero, one = kind(0), kind(1)
    for i in range(da.shape[0]):
        to, row = da[i], a[i]
        if activation == RELU:
            for k in range(len(row)):
                to[k] = to[k] if row[k] > zero else zero
        elif activation == SIGMOID:
            for k in range(len(row)):
                to[k] *= row[k] * (one - row[k])
        elif activation == TANH:
            for k in range(len(row)):
                to[k] *= one - row[k] * row[k]


@compiled
def bias_gradient(db: Any, dz: Any) -> None:
    """Write Σ over the batch of dz."""
    db[:] = 0
    for i in range(dz.shape[0]):
        row = dz[i]
        for k in range(len(db)):
            db[k] += row[k]


@compiled
def backward(
    grads: Any, dzs: Any, zs: Any, params: Any, sizes: Any, y: Any, activation: int
) -> Any:
    """Write all gradients but dW of the first layer; return dz for that one."""
    last, n_rows = len(sizes) - 2, len(y)
    dz = output(zs, sizes, last, n_rows)
    loss_backward(dz, y)
    for layer in range(last, 0, -1):
        a = output(zs, sizes, layer - 1, n_rows)
        da = output(dzs, sizes, layer - 1, n_rows)
        np.dot(a.T, dz, weight(grads, sizes, layer))
        bias_gradient(bias(grads, sizes, layer), dz)
        np.dot(dz, weight(params, sizes, layer).T, da)
        activation_backward(da, a, activation)
        dz = da
    bias_gradient(bias(grads, sizes, 0), dz)
    return dz


# --- update: one pass over θ, its gradient and its memory ----------------------------


@compiled
def update_sgd(
    params: Any, velocity: Any, grads: Any, mu: Any, eta: Any, nesterov: bool, tiny: Any
) -> None:
    """v ← μ v + g, θ ← θ − η v; Nesterov: g + μ v for v."""
    zero = params.dtype.type(0)
    for i in range(len(params)):
        v = mu * velocity[i] + grads[i]
        v = zero if abs(v) < tiny else v
        velocity[i] = v
        params[i] -= eta * (grads[i] + mu * v if nesterov else v)


@compiled
def update_adam(
    params: Any, m: Any, v: Any, grads: Any, constants: Any, tiny: Any
) -> None:
    """θ ← θ − α m / (√v + e), both moments on the way; α and e belong to the step."""
    beta1, rest1, beta2, rest2, step_size, eps = constants
    zero = params.dtype.type(0)
    for i in range(len(params)):
        g = grads[i]
        first = beta1 * m[i] + rest1 * g
        second = beta2 * v[i] + rest2 * g * g
        # Denormal numbers, which some processors handle many times more slowly.
        m[i] = zero if abs(first) < tiny else first
        v[i] = zero if second < tiny else second
        params[i] -= step_size * first / (math.sqrt(second) + eps)


@compiled
def decay(grads: Any, params: Any, weight_decay: Any) -> None:
    """g ← g + λ θ."""
    for i in range(len(params)):
        grads[i] += weight_decay * params[i]


@compiled
def shrink(params: Any, factor: Any) -> None:
    """θ ← (1 − η λ) θ."""
    for i in range(len(params)):
        params[i] *= factor


# --- all of it -----------------------------------------------------------------------


@compiled
def gradients(
    flat: Any, room: Any, sizes: Any, X: Any, y: Any, rows: Any, f: int, skip: bool
) -> None:
    """Write the gradient of the mean loss over these rows; f is the activation."""
    params, grads = flat[0], flat[1]
    zs, dzs, batch, packed_W, packed_dW, labels, seen, used = room
    n_rows, n_features = len(rows), X.shape[1]
    for i in range(n_rows):
        labels[i] = y[rows[i]]
    labels = labels[:n_rows]
    W, dW, b = weight(params, sizes, 0), weight(grads, sizes, 0), bias(params, sizes, 0)
    z = output(zs, sizes, 0, n_rows)
    n_used = find_used(seen, used, X, rows) if skip else n_features
    if n_used <= PACK_BELOW * n_features:
        # What is left out is 0 · W: it adds nothing to z, and its dW is 0.
        columns = used[:n_used]
        X_used = batch[: n_rows * n_used].reshape(n_rows, n_used)
        W_used, dW_used = packed_W[:n_used], packed_dW[:n_used]
        gather_used(X_used, X, rows, columns)
        pack(W_used, W, columns)
        first_layer(z, X_used, W_used, b, sizes, f)
        other_layers(zs, params, sizes, n_rows, f)
        dz = backward(grads, dzs, zs, params, sizes, labels, f)
        np.dot(X_used.T, dz, dW_used)
        unpack(dW, dW_used, columns)
    else:
        X_batch = batch[: n_rows * n_features].reshape(n_rows, n_features)
        gather(X_batch, X, rows)
        first_layer(z, X_batch, W, b, sizes, f)
        other_layers(zs, params, sizes, n_rows, f)
        dz = backward(grads, dzs, zs, params, sizes, labels, f)
        np.dot(X_batch.T, dz, dW)


@compiled
def update(flat: Any, n_weights: int, t: int, rule: Any) -> None:
    """Take step t, counted from 1, of the optimizer."""
    params, grads, first, second = flat
    optimizer, nesterov, eta, mu, weight_decay, beta1, beta2, eps = rule
    kind = params.dtype.type
    tiny = kind(np.finfo(params.dtype).tiny * 1e8)
    if weight_decay != 0:
        if optimizer == ADAMW:
            shrink(params[:n_weights], kind(1 - eta * weight_decay))
        else:
            decay(grads[:n_weights], params[:n_weights], kind(weight_decay))
    if optimizer == SGD:
        update_sgd(params, first, grads, kind(mu), kind(eta), nesterov, tiny)
        return
    root = math.sqrt(1 - beta2**t)
    step_size = eta * root / (1 - beta1**t)
    constants = (
        kind(beta1),
        kind(1 - beta1),
        kind(beta2),
        kind(1 - beta2),
        kind(step_size),
        kind(eps * root),
    )
    update_adam(params, first, second, grads, constants, tiny)


@compiled
def epoch(
    flat: Any,
    room: Any,
    sizes: Any,
    X: Any,
    y: Any,
    order: Any,
    batch_size: int,
    t: int,
    rule: Any,
    activation: int,
    skip: bool,
) -> int:
    """Take a step for each batch of `order`; return how many there have been."""
    n_weights = len(flat[0]) - sizes[1:].sum()
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        gradients(flat, room, sizes, X, y, rows, activation, skip)
        t += 1
        update(flat, n_weights, t, rule)
    return t


@compiled
def probabilities(
    probs: Any, flat: Any, room: Any, sizes: Any, X: Any, activation: int
) -> None:
    """Write softmax(logits) of X."""
    zs, params = room[0], flat[0]
    z, W = output(zs, sizes, 0, len(X)), weight(params, sizes, 0)
    first_layer(z, X, W, bias(params, sizes, 0), sizes, activation)
    z = other_layers(zs, params, sizes, len(X), activation)
    for i in range(len(X)):
        copy(probs[i], z[i])
    softmax(probs)


@compiled
def loss(flat: Any, room: Any, sizes: Any, X: Any, y: Any, activation: int) -> float:
    """Return the mean of log Σ exp z − z[y]."""
    zs, params = room[0], flat[0]
    z, W = output(zs, sizes, 0, len(X)), weight(params, sizes, 0)
    first_layer(z, X, W, bias(params, sizes, 0), sizes, activation)
    logits, total = other_layers(zs, params, sizes, len(X), activation), 0.0
    for i in range(len(y)):
        largest, exponentials = logits[i].max(), 0.0
        for k in range(logits.shape[1]):
            exponentials += math.exp(logits[i, k] - largest)
        total += math.log(exponentials) - (logits[i, y[i]] - largest)
    return total / len(y)
