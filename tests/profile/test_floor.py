"""The GEMM floor does the products of one step: all of them, and no others."""

from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

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


def test_whose_blas() -> None:
    names = ("numpy", "textbook", "sklearn", "my.py:Net", "torch", "torch-lean")
    assert [floor.library_of(name) for name in names] == ["numpy"] * 4 + ["torch"] * 2
    with pytest.raises(ValueError, match="library must be one of numpy, torch, got"):
        floor.products("blas", layer_sizes=SIZES, batch_size=1, dtype="float32")
