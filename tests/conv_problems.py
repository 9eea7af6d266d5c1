"""Small convolutional networks with data that leave no mistake a place to hide.

Like `problems.py`: random biases, exact zeros, sizes that all differ, odd sizes whose
last row or column no pool reads. `ties=True` makes all numbers small and whole, so that
two or more pixels of many pools are exactly the largest, in every order of summation.
"""

import numpy as np
from hypothesis import strategies as st

from compare.architecture import Architecture
from tests.problems import ACTIVATIONS, DTYPES, Problem, random_weights

LENET = Architecture((784, 64, 10), ((8, 5), (16, 5)))  # the network of the recipe
# Two convolutions with odd maps between them: 12 x 9 → 10 x 7 → 5 x 3 → 4 x 2 → 2 x 1.
SMALL = Architecture((2 * 12 * 9, 5, 4), ((3, 3), (4, 2)), (2, 12, 9))


def make_conv_problem(
    network: Architecture = SMALL,
    *,
    activation: str = "relu",
    dtype: str = "float64",
    batch_size: int = 7,
    seed: int = 0,
    ties: bool = False,
) -> Problem:
    """Return a random problem; the same arguments give the same numbers."""
    rng = np.random.default_rng(seed)
    weights = random_weights(network, dtype, rng)
    X = rng.normal(size=(batch_size, network.layer_sizes[0]))
    X[rng.random(X.shape) < 0.2] = 0
    if ties:
        X[...] = rng.integers(-1, 2, X.shape)
        n = len(network.conv_layers)
        for W, b in weights[:n]:
            W[...] = rng.integers(-1, 2, W.shape)
            b[...] = rng.integers(-1, 2, b.shape)
    y = rng.integers(network.layer_sizes[-1], size=batch_size)
    return Problem(network, activation, weights, X.astype(dtype), y)


@st.composite
def conv_problems(draw: st.DrawFn) -> Problem:
    """One or two convolutions, any small sizes, all activations and both dtypes."""
    n_layers = draw(st.integers(1, 2))
    kernel = st.integers(1, 3)
    conv_layers = tuple(
        (draw(st.integers(1, 4)), draw(kernel)) for _ in range(n_layers)
    )
    least = {1: 4, 2: 10}[n_layers]
    image_shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(least, least + 4)),
        draw(st.integers(least, least + 4)),
    )
    hidden = draw(st.lists(st.integers(1, 6), max_size=1))
    sizes = (int(np.prod(image_shape)), *hidden, draw(st.integers(2, 5)))
    return make_conv_problem(
        Architecture(sizes, conv_layers, image_shape),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        dtype=draw(st.sampled_from(DTYPES)),
        batch_size=draw(st.sampled_from((1, 3, 16))),
        seed=draw(st.integers(0, 2**32 - 1)),
        ties=draw(st.booleans()),
    )
