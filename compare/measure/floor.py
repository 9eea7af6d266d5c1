"""The GEMM floor: the matrix products of one training step, and nothing else.

No implementation can be faster than its BLAS. For a network of L layers these are
L products forward, L for dW and L − 1 for da: eight for three layers. Same shapes,
dtype and memory layout as in the network; every result goes into an array made before.
A convolution counts as one product with the unfolded images of a batch, as the fast
NumPy network does it; a library with a convolution of its own may need less.
NumPy's BLAS and PyTorch's are different libraries, so each has its own floor; a GPU has
none here.
"""

import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.architecture import Architecture


def library_of(name: str, train: Callable[[], object]) -> str:
    """Return whose matrix products an implementation uses: a key of LIBRARIES, or "".

    The registry knows it of its engines. What a user's class does is not known before
    it runs: PyTorch is watched while `train` takes a step. Floating-point tensors that
    appear on the CPU are its work, tensors elsewhere are a GPU's, and where none appear
    it is NumPy's.
    """
    from compare import registry

    if entry := registry.engine(name):
        return entry.products
    if "torch" not in sys.modules:
        return "numpy"
    devices = _devices_used(train)
    if not devices:
        return "numpy"
    return "torch" if devices == {"cpu"} else ""


def _devices_used(train: Callable[[], object]) -> set[str]:
    """Return where PyTorch computes floating-point numbers during `train`."""
    import torch
    from torch.overrides import TorchFunctionMode

    devices = set()

    class Watch(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor) and result.is_floating_point():
                devices.add(result.device.type)
            return result

    with Watch():
        train()
    # What waits on the CPU to be moved to a GPU is not computed there.
    return devices - {"cpu"} or devices


# Multiply-adds of a whole vector that one core begins in each cycle.
UNITS = 2


def peak_gflops() -> float | None:
    """Return the most float32 operations of one core, in 10⁹ per second.

    Clock × numbers in a vector × 2 for multiply and add × UNITS; None where the clock
    or the width of a vector cannot be read.
    """
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return None
    clocks = [float(c) for c in re.findall(r"^cpu MHz\s*: ([\d.]+)", text, re.M)]
    flags = set(text.split())
    width = 16 if "avx512f" in flags else 8 if {"avx2", "fma"} <= flags else 0
    if not clocks or not width:
        return None
    return max(clocks) / 1000 * width * 2 * UNITS


def products(
    library: str, network: Architecture, *, batch_size: int, dtype: str
) -> Callable[[], None]:
    """Return a function that does the products of one step once.

    Raises
    ------
    ValueError
        If `library` is none of LIBRARIES.
    """
    if library not in LIBRARIES:
        known = ", ".join(LIBRARIES)
        raise ValueError(f"library must be one of {known}, got {library!r}")
    return LIBRARIES[library](network, batch_size, dtype)


def _unfolded(
    network: Architecture, batch_size: int
) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Return the shapes of kernels, unfolded images and result of each convolution."""
    sizes = [convolution.unfolded for convolution in network.convolutions]
    return [
        ((out, under), (under, places * batch_size), (out, places * batch_size))
        for out, under, places in sizes
    ]


def _numpy_products(
    network: Architecture, batch_size: int, dtype: str
) -> Callable[[], None]:
    import numpy as np

    rng = np.random.default_rng(0)

    def random(*shape: int) -> Any:
        return rng.random(shape).astype(dtype)

    sizes = network.dense_sizes
    a = [random(batch_size, n) for n in sizes]
    z = [np.empty_like(array) for array in a]
    W = [random(*pair) for pair in itertools.pairwise(sizes)]
    dW = [np.empty_like(array) for array in W]
    maps = [
        tuple(random(*shape) for shape in shapes)
        for shapes in _unfolded(network, batch_size)
    ]
    d_maps = [tuple(map(np.empty_like, arrays)) for arrays in maps]

    def once() -> None:
        for (K, columns, _), (_, _, out) in zip(maps, d_maps, strict=True):
            np.dot(K, columns, out=out)
        for layer in range(len(W)):
            np.dot(a[layer], W[layer], out=z[layer + 1])
        for layer in range(len(W) - 1, -1, -1):
            np.dot(a[layer].T, a[layer + 1], out=dW[layer])
            if layer or maps:
                np.dot(a[layer + 1], W[layer].T, out=z[layer])
        for layer in range(len(maps) - 1, -1, -1):
            (K, columns, dz), (dK, d_columns, _) = maps[layer], d_maps[layer]
            np.dot(dz, columns.T, out=dK)
            if layer:
                np.dot(K.T, dz, out=d_columns)

    return once


def _torch_products(
    network: Architecture, batch_size: int, dtype: str
) -> Callable[[], None]:
    import torch

    kind: torch.dtype = getattr(torch, dtype)
    sizes = network.dense_sizes
    a = [torch.rand(batch_size, n, dtype=kind) for n in sizes]
    z = [torch.empty_like(tensor) for tensor in a]
    # As `nn.Linear` keeps them: (fan_out, fan_in).
    W = [torch.rand(n, m, dtype=kind) for m, n in itertools.pairwise(sizes)]
    dW = [torch.empty_like(tensor) for tensor in W]
    maps = [
        tuple(torch.rand(*shape, dtype=kind) for shape in shapes)
        for shapes in _unfolded(network, batch_size)
    ]
    d_maps = [tuple(map(torch.empty_like, tensors)) for tensors in maps]

    @torch.inference_mode()
    def once() -> None:
        for (K, columns, _), (_, _, out) in zip(maps, d_maps, strict=True):
            torch.mm(K, columns, out=out)
        for layer in range(len(W)):
            torch.mm(a[layer], W[layer].t(), out=z[layer + 1])
        for layer in range(len(W) - 1, -1, -1):
            torch.mm(a[layer + 1].t(), a[layer], out=dW[layer])
            if layer or maps:
                torch.mm(a[layer + 1], W[layer], out=z[layer])
        for layer in range(len(maps) - 1, -1, -1):
            (K, columns, dz), (dK, d_columns, _) = maps[layer], d_maps[layer]
            torch.mm(dz, columns.t(), out=dK)
            if layer:
                torch.mm(K.t(), dz, out=d_columns)

    return once


def _jax_products(
    network: Architecture, batch_size: int, dtype: str
) -> Callable[[], None]:
    """XLA's products, all of a step in one compiled call; what it costs is in it."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng = np.random.default_rng(0)
    sizes = network.dense_sizes
    first = 0 if network.conv_layers else 1  # the gradient of the images is not wanted

    def step(a: list[Any], W: list[Any], maps: list[Any]) -> list[Any]:
        z = [a[layer] @ W[layer] for layer in range(len(W))]
        dW = [a[layer].T @ a[layer + 1] for layer in range(len(W))]
        da = [a[layer + 1] @ W[layer].T for layer in range(first, len(W))]
        out = [K @ columns for K, columns, _ in maps]
        dK = [dz @ columns.T for _, columns, dz in maps]
        return z + dW + da + out + dK + [K.T @ dz for K, _, dz in maps[1:]]

    products = jax.jit(step)
    with jax.enable_x64(dtype == "float64"), jax.default_device(jax.devices("cpu")[0]):

        def random(*shape: int) -> Any:
            return jnp.array(rng.random(shape), dtype)

        a = [random(batch_size, n) for n in sizes]
        W = [random(*pair) for pair in itertools.pairwise(sizes)]
        shapes = _unfolded(network, batch_size)
        maps = [[random(*shape) for shape in three] for three in shapes]

    def once() -> None:
        with jax.enable_x64(dtype == "float64"):
            jax.block_until_ready(products(a, W, maps))

    return once


LIBRARIES = {
    "numpy": _numpy_products,
    "torch": _torch_products,
    "jax": _jax_products,
}
