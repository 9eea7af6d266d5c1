"""Every array of one training step of a convolutional network, by `textbook_conv.py`.

As `textbook_step`, for one image: the page computes the same, and is held to these.
"""

import numpy as np

from compare.contract import Array, Weights
from compare.lab import textbook_step
from numpy_impl import textbook_conv


def arrays(
    weights: Weights,
    x: Array,
    label: int,
    image_shape: tuple[int, int, int],
    activation: str,
    learning_rate: float,
) -> dict[str, Array]:
    """Return Wa0, z0, a0, p0, …, flat, …, p, losses, loss, …, dp0, da0, dz0, dW0, ….

    Layers count from 0, the convolutions first. Of a convolution: `Wa` (O, H, W) is
    the sum without the bias, `z` with it, `a` = f(z), `p` what pooling leaves of it.

    Parameters
    ----------
    x : ndarray of shape (C·H·W,)
        One image, channel by channel and row by row.
    """
    weights = textbook_step.in_float64(weights)
    X, y = np.asarray(x, np.float64)[np.newaxis], np.array([label])
    maps, zs, inputs = textbook_conv.forward(weights, X, image_shape, activation)
    found = {"flat": inputs[0]}
    for layer, (a, z, fired) in enumerate(maps):
        inside = textbook_step.assigned(textbook_conv.convolve, a, *weights[layer])
        found[f"Wa{layer}"] = inside["z"][0][0]
        found[f"z{layer}"], found[f"a{layer}"] = z[0], fired[0]
        found[f"p{layer}"] = textbook_conv.max_pool(fired)[0]
    n = len(maps)
    found |= textbook_step.of_dense_layers(
        weights[n:], zs, inputs, y, activation, first=n
    )
    backward = textbook_conv.loss_and_gradients
    given = weights, X, y, image_shape, activation
    inner = textbook_step.assigned(backward, *given)
    # dz of the first dense layer is assigned before the loop over the convolutions.
    pairs = zip(inner["dp"], inner["dz"][1:], strict=True)
    for layer, (dp, dz) in zip(reversed(range(n)), pairs, strict=True):
        fired = maps[layer][2]
        found[f"dp{layer}"], found[f"dz{layer}"] = dp[0], dz[0]
        found[f"da{layer}"] = textbook_conv.max_pool_backward(dp, fired)[0]
    found["loss"], gradients = backward(*given)
    return found | textbook_step.updates(weights, gradients, learning_rate)
