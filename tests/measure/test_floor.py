"""The GEMM floor does the products of one step: all of them, and no others."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from compare import registry
from compare.architecture import Architecture
from compare.measure import floor

B = 4
DENSE = Architecture((7, 5, 3, 2))
# By hand, from the equations: z = a W, dW = aᵀ dz, da = dz Wᵀ (not for layer 1).
DENSE_PRODUCTS = sorted(
    [
        *((B, 7, 5), (B, 5, 3), (B, 3, 2)),
        *((7, B, 5), (5, B, 3), (3, B, 2)),
        *((B, 3, 5), (B, 2, 3)),
    ]
)
# Two maps of 9 x 10: 8 x 9 places of a 2 x 2 kernel, pooled to 4 x 4; 2 x 2 places of a
# 3 x 3 kernel, pooled to one pixel in each of 5 maps.
CONVOLUTIONAL = Architecture((180, 3, 2), ((3, 2), (5, 3)), (2, 9, 10))
CONVOLUTIONAL_PRODUCTS = sorted(
    [
        *((3, 2 * 4, B * 72), (3, B * 72, 2 * 4)),
        *((5, 3 * 9, B * 4), (5, B * 4, 3 * 9), (3 * 9, 5, B * 4)),
        *((B, 5, 3), (5, B, 3), (B, 3, 5)),
        *((B, 3, 2), (3, B, 2), (B, 2, 3)),
    ]
)
BOTH = pytest.mark.parametrize(
    ("network", "expected"),
    [(DENSE, DENSE_PRODUCTS), (CONVOLUTIONAL, CONVOLUTIONAL_PRODUCTS)],
    ids=["dense", "convolutional"],
)


def shapes(
    network: Architecture, library: str, name: str, swap: bool
) -> list[tuple[int, int, int]]:
    """Return (m, k, n) of each product; `swap` where the layout is transposed."""
    module: Any = np if library == "numpy" else torch
    real = getattr(module, name)
    found = []

    def watch(a: Any, b: Any, *, out: Any) -> Any:
        m, k, n = a.shape[0], a.shape[1], b.shape[1]
        # PyTorch keeps W as (fan_out, fan_in), and so dW = dzᵀ a.
        found.append((n, k, m) if swap and k == B else (m, k, n))
        return real(a, b, out=out)

    once = floor.products(library, network, batch_size=B, dtype="float32")
    with mock.patch.object(module, name, watch):
        once()
    return found


@BOTH
@pytest.mark.parametrize(
    ("library", "name", "swap"), [("numpy", "dot", False), ("torch", "mm", True)]
)
def test_the_products_of_one_step(
    library: str,
    name: str,
    swap: bool,
    network: Architecture,
    expected: list[tuple[int, int, int]],
) -> None:
    assert sorted(shapes(network, library, name, swap)) == expected


@BOTH
def test_the_products_that_the_architecture_counts(
    network: Architecture, expected: list[tuple[int, int, int]]
) -> None:
    assert sorted(network.products(B)) == expected
    # A product (m, k) (k, n) has 2 m k n operations.
    assert network.flops(B) == sum(2 * m * k * n for m, k, n in expected)


def test_three_layers_have_eight() -> None:
    assert len(Architecture((784, 128, 64, 10)).products(1)) == 8


def test_an_unknown_library() -> None:
    with pytest.raises(ValueError, match="library must be one of numpy, torch, jax"):
        floor.products("blas", DENSE, batch_size=1, dtype="float32")


@pytest.mark.parametrize("name", registry.ENGINES)
def test_whose_products_an_engine_uses(name: str) -> None:
    """Its entry says so, and can be measured; that of a GPU is not."""
    found = floor.library_of(name, lambda: pytest.fail("needs no training"))
    if registry.device_of(name) == "gpu":
        assert found == ""
    else:
        assert found in {*floor.LIBRARIES, ""}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("numpy", "numpy"), ("sklearn", "numpy"), ("torch-lean", "torch")],
)
def test_whose_products_these_engines_use(name: str, expected: str) -> None:
    assert floor.library_of(name, lambda: pytest.fail("no training")) == expected


def train_on(device: str) -> None:
    """One step on tensors of a device; "meta" has shapes only, as far as one can go."""
    model = torch.nn.Linear(3, 2, device=device)
    rows = torch.zeros(4, 3).index_select(0, torch.arange(2))  # gathered on the CPU
    model(rows.to(device)).sum().backward()


def train_in_numpy() -> None:
    """PyTorch is imported and even used, but nothing is computed with it."""
    torch.from_numpy(np.arange(3)).tolist()
    np.ones((2, 3)) @ np.ones((3, 2))


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (train_in_numpy, "numpy"),
        (lambda: train_on("cpu"), "torch"),
        (lambda: train_on("meta"), ""),
    ],
)
def test_whose_blas_an_own_class_uses(train: Callable[[], None], expected: str) -> None:
    assert floor.library_of("own.py:Net", train) == expected


def test_the_peak_is_a_speed_that_a_core_can_have() -> None:
    peak = floor.peak_gflops()
    assert peak is None or 5 < peak < 1000
