"""The kernels of the fast NumPy network, one by one, at the sizes of a step.

    make bench

For somebody who changes one of them: which got faster, which slower? Whole
implementations are compared by `python -m compare targets`, in processes of their own.
"""

from typing import Any

import numpy as np
import pytest

from compare.architecture import Architecture
from compare.measure import floor
from numpy_impl import SGD, Adam, AdamW, Network, layers

LAYER_SIZES = (784, 128, 64, 10)
B = 64

Benchmark = Any  # pytest-benchmark ships no types for its fixture


@pytest.fixture
def network() -> Network:
    """A network that has just seen a batch."""
    rng = np.random.default_rng(0)
    net = Network(LAYER_SIZES)
    net.params[:] = rng.normal(0, 0.05, net.n_params)
    work = net.workspace(B)
    work.X[:] = rng.random((B, LAYER_SIZES[0]))
    work.y[:] = rng.integers(LAYER_SIZES[-1], size=B)
    return net


@pytest.mark.parametrize("library", floor.LIBRARIES)
def bench_gemm_floor(benchmark: Benchmark, library: str) -> None:
    """All products of a step: what nobody can beat."""
    benchmark(
        floor.products(
            library, Architecture(LAYER_SIZES), batch_size=B, dtype="float32"
        )
    )


def bench_gather(benchmark: Benchmark, network: Network) -> None:
    """Rows of a batch, into a buffer."""
    rng = np.random.default_rng(0)
    X = rng.random((8_192, LAYER_SIZES[0]), dtype=np.float32)
    rows, out = rng.permutation(len(X))[:B], network.workspace(B).X
    benchmark(lambda: X.take(rows, axis=0, out=out, mode="clip"))


@pytest.mark.parametrize("layer", range(3))
def bench_linear_forward(benchmark: Benchmark, network: Network, layer: int) -> None:
    """z = a W + b."""
    work = network.workspace(B)
    a = work.X if layer == 0 else work.z[layer - 1]
    W, b = network.W[layer], network.b[layer]
    benchmark(layers.linear_forward, work.z[layer], a, W, b)


@pytest.mark.parametrize("layer", range(3))
def bench_linear_backward(benchmark: Benchmark, network: Network, layer: int) -> None:
    """dW = aᵀ dz and db."""
    work = network.workspace(B)
    a = work.X if layer == 0 else work.z[layer - 1]
    dz = np.ones_like(work.z[layer])
    benchmark(
        layers.linear_backward,
        network.dW[layer],
        network.db[layer],
        dz,
        a,
        work.ones,
    )


@pytest.mark.parametrize("activation", layers.ACTIVATIONS)
def bench_activation(benchmark: Benchmark, network: Network, activation: str) -> None:
    """F and its derivative, on the first hidden layer."""
    forward, backward = layers.ACTIVATIONS[activation]
    work = network.workspace(B)
    z, da = work.z[0], np.ones_like(work.z[0])
    z[:] = np.random.default_rng(0).normal(size=z.shape)

    def both() -> None:
        forward(z, work.zeros[0])
        backward(da, z, work.zeros[0], work.scratch[0])

    benchmark(both)


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def bench_update(benchmark: Benchmark, network: Network, kind: Any) -> None:
    """One step of the optimizer on gradients of zero, its memory not zero."""
    rng = np.random.default_rng(0)
    options = {"momentum": 0.9} if kind is SGD else {}
    optimizer = kind(
        network.params, network.grads, network.n_weights, learning_rate=1e-6, **options
    )
    gradients = rng.normal(0, 1e-3, network.n_params).astype(np.float32)

    def step() -> None:
        network.grads[:] = gradients  # a step destroys them; this copy is in the time
        optimizer.step()

    benchmark(step)


def bench_forward_and_backward(benchmark: Benchmark, network: Network) -> None:
    """Everything of a step but gather and update."""
    work = network.workspace(B)

    def both() -> None:
        network.forward(work.X)
        network.backward(work.y)

    benchmark(both)
