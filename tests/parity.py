"""How two computations of the same thing are compared, everywhere in these tests.

Shape and dtype first, then values: the largest error over a tensor, relative to the
largest |reference| of that tensor. Not the mean: nearly half of dW[0] is exactly zero
on MNIST, which flatters every mean. Not element by element: a sum of a thousand terms
that cancel has no correct digits to compare.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Weights = list[tuple[Array, Array]]

# Largest |error| / largest |reference| of one forward and backward pass.
TOLERANCES = {
    # 4,500 roundings of 1.1e-16. Sums over 784 terms in another order differ by less
    # than 1e-14; a wrong formula differs by more than 1e-6.
    "float64": 1e-12,
    # 80 roundings of 6e-8. Measured on MNIST: 6e-7 for logits, 2.5e-7 for gradients.
    "float32": 5e-6,
}

# The same where a whole tensor may be one or two sums whose terms cancel, as in
# networks of a few units: the terms, not the sum, then set the size of a rounding.
CANCELLING = {"float64": 1e-12, "float32": 1e-4}


def assert_parity(
    actual: Array, reference: Array, *, name: str, tolerance: float | None = None
) -> None:
    """Raise AssertionError, naming the tensor and the worst index, unless both agree.

    `tolerance` is that of the dtype unless given. A reference of zeros asks for
    exact zeros.
    """
    assert actual.shape == reference.shape, (
        f"{name}: shape {actual.shape}, expected {reference.shape}"
    )
    assert actual.dtype == reference.dtype, (
        f"{name}: dtype {actual.dtype}, expected {reference.dtype}"
    )
    assert reference.size > 0, f"{name}: is empty, there is nothing to compare"
    assert np.isfinite(reference).all(), f"{name}: the reference is not finite"
    allowed = TOLERANCES[reference.dtype.name] if tolerance is None else tolerance
    # In float64, where the difference of two float32 numbers is exact.
    difference = np.abs(actual.astype(np.float64) - reference.astype(np.float64))
    scale = float(np.abs(reference).max())
    worst = np.unravel_index(int(np.argmax(difference)), difference.shape)
    error = float(difference[worst])
    relative = error / scale if scale else (0.0 if error == 0 else float("inf"))
    # argmax finds NaN first, and NaN <= allowed is False.
    assert relative <= allowed, (
        f"{name}: error {relative:.3g} of max|reference| {scale:.3g}, allowed "
        f"{allowed:.3g} ({reference.dtype}), at index {tuple(map(int, worst))}: "
        f"got {actual[worst]!r}, expected {reference[worst]!r}; "
        f"{int((~(difference <= allowed * scale)).sum())} of {difference.size} "
        "elements are off"
    )


def assert_weights_parity(
    actual: Weights,
    reference: Weights,
    *,
    prefix: str = "",
    tolerance: float | None = None,
) -> None:
    """Compare every W[l] and b[l]; `prefix` "d" names gradients dW[l] and db[l]."""
    assert len(actual) == len(reference), (
        f"{len(actual)} layers, expected {len(reference)}"
    )
    for name, one, other in named(actual, reference, prefix=prefix):
        assert_parity(one, other, name=name, tolerance=tolerance)


def named(
    actual: Weights, reference: Weights, *, prefix: str = ""
) -> Iterable[tuple[str, Array, Array]]:
    """Yield (name, actual, reference) of every tensor, layer by layer."""
    for layer, (pair, expected) in enumerate(zip(actual, reference, strict=True)):
        yield f"{prefix}W[{layer}]", pair[0], expected[0]
        yield f"{prefix}b[{layer}]", pair[1], expected[1]
