"""The GEMM floor does the products of one step: all of them, and no others."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from compare import registry
from compare.measure import floor

SIZES = (7, 5, 3, 2)
B = 4
# By hand, from the equations: z = a W, dW = aᵀ dz, da = dz Wᵀ (not for layer 1).
EXPECTED = sorted(
    [
        *((B, 7, 5), (B, 5, 3), (B, 3, 2)),
        *((7, B, 5), (5, B, 3), (3, B, 2)),
        *((B, 3, 5), (B, 2, 3)),
    ]
)


def shapes(library: str, name: str, swap: bool) -> list[tuple[int, int, int]]:
    """Return (m, k, n) of each product; `swap` where the layout is transposed."""
    module: Any = np if library == "numpy" else torch
    real = getattr(module, name)
    found = []

    def watch(a: Any, b: Any, *, out: Any) -> Any:
        m, k, n = a.shape[0], a.shape[1], b.shape[1]
        # PyTorch keeps W as (fan_out, fan_in), and so dW = dzᵀ a.
        found.append((n, k, m) if swap and k == B else (m, k, n))
        return real(a, b, out=out)

    once = floor.products(library, layer_sizes=SIZES, batch_size=B, dtype="float32")
    with mock.patch.object(module, name, watch):
        once()
    return found


@pytest.mark.parametrize(
    ("library", "name", "swap"), [("numpy", "dot", False), ("torch", "mm", True)]
)
def test_the_products_of_one_step(library: str, name: str, swap: bool) -> None:
    found = shapes(library, name, swap)
    assert sorted(found) == EXPECTED
    assert len(found) == floor.n_products(SIZES)


def test_three_layers_have_eight() -> None:
    assert floor.n_products((784, 128, 64, 10)) == 8


def test_an_unknown_library() -> None:
    with pytest.raises(ValueError, match="library must be one of numpy, torch, jax"):
        floor.products("blas", layer_sizes=SIZES, batch_size=1, dtype="float32")


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


def test_the_operations_are_counted_by_hand() -> None:
    """A product (m, k) (k, n) has 2 m k n operations."""
    by_hand = sum(2 * m * k * n for m, k, n in EXPECTED)
    assert floor.flops(SIZES, B) == by_hand


def test_the_peak_is_a_speed_that_a_core_can_have() -> None:
    peak = floor.peak_gflops()
    assert peak is None or 5 < peak < 1000
