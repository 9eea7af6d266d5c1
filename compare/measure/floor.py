"""The GEMM floor: the matrix products of one training step, and nothing else.

No implementation can be faster than its BLAS. For a network of L layers these are
L products forward, L for dW and L − 1 for da: eight for three layers. Same shapes,
dtype and memory layout as in the network; every result goes into an array made before.
NumPy's BLAS and PyTorch's are different libraries, so each has its own floor; a GPU has
none here.
"""

import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


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


def flops(layer_sizes: tuple[int, ...], batch_size: int) -> int:
    """Return the multiplications and additions of the products of one step."""
    pairs = [m * n for m, n in itertools.pairwise(layer_sizes)]
    return 2 * batch_size * (3 * sum(pairs) - pairs[0])


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


def n_products(layer_sizes: tuple[int, ...]) -> int:
    """Return how many products one step has."""
    return 3 * (len(layer_sizes) - 1) - 1


def products(
    library: str, *, layer_sizes: tuple[int, ...], batch_size: int, dtype: str
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
    return LIBRARIES[library](layer_sizes, batch_size, dtype)


def _numpy_products(
    layer_sizes: tuple[int, ...], batch_size: int, dtype: str
) -> Callable[[], None]:
    import numpy as np

    rng = np.random.default_rng(0)
    a = [rng.random((batch_size, n)).astype(dtype) for n in layer_sizes]
    z = [np.empty_like(array) for array in a]
    W = [rng.random(pair).astype(dtype) for pair in itertools.pairwise(layer_sizes)]
    dW = [np.empty_like(array) for array in W]

    def once() -> None:
        for layer in range(len(W)):
            np.dot(a[layer], W[layer], out=z[layer + 1])
        for layer in range(len(W) - 1, -1, -1):
            np.dot(a[layer].T, a[layer + 1], out=dW[layer])
            if layer:
                np.dot(a[layer + 1], W[layer].T, out=z[layer])

    return once


def _torch_products(
    layer_sizes: tuple[int, ...], batch_size: int, dtype: str
) -> Callable[[], None]:
    import torch

    kind: torch.dtype = getattr(torch, dtype)
    a = [torch.rand(batch_size, n, dtype=kind) for n in layer_sizes]
    z = [torch.empty_like(tensor) for tensor in a]
    # As `nn.Linear` keeps them: (fan_out, fan_in).
    W = [torch.rand(n, m, dtype=kind) for m, n in itertools.pairwise(layer_sizes)]
    dW = [torch.empty_like(tensor) for tensor in W]

    @torch.inference_mode()
    def once() -> None:
        for layer in range(len(W)):
            torch.mm(a[layer], W[layer].t(), out=z[layer + 1])
        for layer in range(len(W) - 1, -1, -1):
            torch.mm(a[layer + 1].t(), a[layer], out=dW[layer])
            if layer:
                torch.mm(a[layer + 1], W[layer], out=z[layer])

    return once


def _jax_products(
    layer_sizes: tuple[int, ...], batch_size: int, dtype: str
) -> Callable[[], None]:
    """XLA's products, all of a step in one compiled call; what it costs is in it."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng = np.random.default_rng(0)
    pairs = list(itertools.pairwise(layer_sizes))

    def step(a: list[Any], W: list[Any]) -> list[Any]:
        z = [a[layer] @ W[layer] for layer in range(len(W))]
        dW = [a[layer].T @ a[layer + 1] for layer in range(len(W))]
        return z + dW + [a[layer + 1] @ W[layer].T for layer in range(1, len(W))]

    products = jax.jit(step)
    with jax.enable_x64(dtype == "float64"), jax.default_device(jax.devices("cpu")[0]):
        a = [jnp.array(rng.random((batch_size, n)), dtype) for n in layer_sizes]
        W = [jnp.array(rng.random(pair), dtype) for pair in pairs]

    def once() -> None:
        with jax.enable_x64(dtype == "float64"):
            jax.block_until_ready(products(a, W))

    return once


LIBRARIES = {
    "numpy": _numpy_products,
    "torch": _torch_products,
    "jax": _jax_products,
}
