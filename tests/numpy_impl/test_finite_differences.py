"""A second witness beside autograd: gradients as differences of the loss.

No framework takes part. Central differences, (L(θ+h) − L(θ−h)) / 2h, in float64: their
own error is about h² + 1e-16/h, so 1e-8 is the best to be had.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.differentiate import jacobian

from numpy_impl import Network
from tests.numpy_impl.test_network import MNIST_SIZES, network_of
from tests.parity import Array, assert_parity
from tests.problems import ACTIVATIONS, Problem, make_problem


def loss_of(network: Network, problem: Problem) -> Callable[[Array], float]:
    """Return the loss as a function of the flat parameters, which it restores."""

    def loss(params: Array) -> float:
        kept = network.params.copy()
        network.params[:] = params
        network.forward(problem.X)
        value = network.loss(problem.y)
        network.params[:] = kept
        return value

    return loss


def gradient_of(network: Network, problem: Problem) -> Array:
    network.forward(problem.X)
    network.backward(problem.y)
    return network.grads.copy()


def away_from_kinks(problem: Problem) -> Problem:
    """Remove the ties at 0, where ReLU has no derivative to approach."""
    rng = np.random.default_rng(99)
    for _, b in problem.weights[:-1]:
        b[b == 0] = rng.choice([-0.3, 0.3], int((b == 0).sum()))
    return problem


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_parameter_of_a_small_network(activation: str) -> None:
    problem = away_from_kinks(
        make_problem((5, 4, 3, 4), activation=activation, batch_size=6, seed=3)
    )
    network = network_of(problem)
    loss, step = loss_of(network, problem), 1e-5
    numeric = np.empty_like(network.params)
    for i in range(network.n_params):
        plus, minus = network.params.copy(), network.params.copy()
        plus[i] += step
        minus[i] -= step
        numeric[i] = (loss(plus) - loss(minus)) / (2 * step)
    found = gradient_of(network, problem)
    for name, part in parts(network):
        assert_parity(found[part], numeric[part], name=name, tolerance=1e-7)


def parts(network: Network) -> list[tuple[str, slice]]:
    """Return the name and place of each tensor in the flat vectors."""
    slices, start = [], 0
    for letter, arrays in (("dW", network.W), ("db", network.b)):
        for layer, array in enumerate(arrays):
            slices.append((f"{letter}[{layer}]", slice(start, start + array.size)))
            start += array.size
    assert start == network.n_params
    return slices


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_random_directions_in_the_network_of_mnist(activation: str) -> None:
    """d/dh L(θ + h v) = ∂L/∂θ · v, with v in one tensor at a time."""
    problem = away_from_kinks(
        make_problem(MNIST_SIZES, activation=activation, batch_size=32, seed=4)
    )
    network = network_of(problem)
    gradient, loss = gradient_of(network, problem), loss_of(network, problem)
    rng, step = np.random.default_rng(5), 1e-6
    for name, part in parts(network):
        direction = np.zeros_like(network.params)
        direction[part] = rng.normal(size=direction[part].size)
        direction /= np.linalg.norm(direction)
        # A random v is nearly at right angles to the gradient: lean it that way.
        direction[part] += gradient[part] / np.linalg.norm(gradient[part])
        numeric = loss(network.params + step * direction)
        numeric -= loss(network.params - step * direction)
        assert_parity(
            np.asarray(gradient @ direction),
            np.asarray(numeric / (2 * step)),
            name=name,
            tolerance=1e-7,
        )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_input_gradient(activation: str) -> None:
    """Against SciPy's differentiation, which chooses its own steps."""
    problem = make_problem((4, 3, 3), activation=activation, batch_size=2, seed=6)
    network = network_of(problem)

    def losses(x: Array) -> Array:
        # SciPy asks for many points at once: (n_inputs, ...) -> (1, ...).
        flat = np.moveaxis(x, 0, -1).reshape(-1, problem.X.size)
        values = []
        for row in flat:
            network.forward(np.ascontiguousarray(row.reshape(problem.X.shape)))
            values.append(network.loss(problem.y))
        return np.array(values).reshape(1, *x.shape[1:])

    numeric = jacobian(losses, problem.X.ravel())
    found = network.input_gradient(problem.X, problem.y)
    expected = np.asarray(numeric.df).reshape(problem.X.shape)
    assert_parity(found, expected, name="dX", tolerance=1e-8)
