"""Which quantity of the right computation is this array, and in which form?

As it is, transposed, one sample's row of it, times a number that has a name (B, 1/B,
−1, η …). Refuses what could be chance: an array of two numbers is not recognised up to
a factor, and nothing is recognised by its shape alone.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from compare.check.lines.quantities import Quantities, Quantity
from compare.check.simulate.equations import Array

STEPS_BEFORE = (
    ("z", "a"),
    ("z", "p"),
    ("da", "dz"),
    *itertools.product(("dW", "db"), ("g", "v", "move")),
    ("g", "v"),
    ("v", "move"),
    ("m", "m_hat"),
    ("v", "v_hat"),
)
ENOUGH = 3  # entries that are not 0, to be recognised up to any factor


@dataclass(frozen=True)
class Label:
    """A quantity, and the form in which an array is it.

    `factor` is what the right quantity is multiplied by; `row` the sample that is
    meant, None for all; `is_flipped`: rows and columns exchanged.
    """

    quantity: Quantity
    factor: float = 1.0
    factor_name: str = ""
    is_flipped: bool = False
    row: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is the quantity itself, in whatever layout."""
        return self.factor_name == ""

    def __str__(self) -> str:
        """Return the name, its factor and its form: "dz[2] · B, transposed"."""
        text = with_factor(self.quantity.name, self.factor_name)
        if self.row is not None:
            text += f", sample {self.row}"
        return text + (", transposed" if self.is_flipped else "")


def with_factor(name: str, factor: str) -> str:
    """Return "dz[2] · B", "−dz[2]", "dz[2] / B"."""
    if factor == "−1":
        return f"−{name}"
    if factor.startswith("1/"):
        return f"{name} / {factor[2:]}"
    return f"{name} · {factor}" if factor else name


def factor_name(factor: float, scales: dict[str, float]) -> str:
    """Return the name of a number, "B" or "−1/B": empty for 1, digits without one."""
    sign, size = ("−" if factor < 0 else ""), abs(factor)
    if math.isclose(size, 1, rel_tol=1e-6):
        return "−1" if sign else ""
    for name, value in scales.items():
        if math.isclose(size, value, rel_tol=1e-6):
            return sign + name
        if math.isclose(size, 1 / value, rel_tol=1e-6):
            inside = f"({name})" if " " in name else name
            return f"{sign}1/{inside}"
    whole = round(size)
    if whole and math.isclose(size, whole, rel_tol=1e-6):
        return f"{sign}{whole}"
    if size < 1 and math.isclose(1 / size, round(1 / size), rel_tol=1e-6):
        return f"{sign}1/{round(1 / size)}"
    return f"{sign}{size:.3g}"


Owner = tuple[Quantity, int, str, float]  # quantity, sample, name of factor, factor


class Namer:
    """Recognises arrays among the quantities of one question."""

    def __init__(self, quantities: Quantities, tolerance: float = 1e-9) -> None:
        self.quantities, self.tolerance = quantities, tolerance
        self._known_parts: dict[tuple[int, ...], tuple[Array, list[Owner]] | None] = {}

    def name(self, value: Array) -> Label | None:
        """Return what an array is, or None; the likeliest if it is several."""
        best: Label | None = None
        for label in self._labels(value):
            if label.is_right and label.quantity.is_whole:
                return label
            if best is None or _rank(label) > _rank(best):
                best = label
        return best

    def _labels(self, value: Array) -> Iterator[Label]:
        if value.ndim == 0 or value.size == 1:
            return
        if value.dtype.kind not in "fiub":
            return
        given = value.astype(np.float64)
        if not given.any() or not np.isfinite(given).all():
            return
        squeezed = given.squeeze()
        dims = tuple(sorted(squeezed.shape))
        for quantity in self.quantities.by_dims.get(dims, ()):
            yield from self._whole(squeezed, quantity)
        if squeezed.ndim in (1, 2):
            yield from self._row(squeezed)

    def _whole(self, given: Array, quantity: Quantity) -> Iterator[Label]:
        right = quantity.value.astype(np.float64).squeeze()
        for is_flipped, turned in ((False, right), (True, right.T)):
            if turned.shape != given.shape or (is_flipped and right.ndim < 2):
                continue
            found = self.factor(given, turned)
            if found is not None:
                name = factor_name(found, self.quantities.scales)
                yield Label(quantity, found, name, is_flipped)

    def factor(self, given: Array, right: Array) -> float | None:
        """Return c if given = c · right, to the tolerance; else None."""
        scale = float(np.abs(right).max(initial=0.0))
        if not scale or not math.isfinite(scale):
            return None
        if float(np.abs(given - right).max()) <= self.tolerance * scale:
            return 1.0
        if np.count_nonzero(right) < ENOUGH or _is_flat(right):
            return None
        index = np.unravel_index(int(np.abs(right).argmax()), right.shape)
        factor = float(given[index] / right[index])
        if factor == 0 or not math.isfinite(factor):
            return None
        residue = float(np.abs(given - factor * right).max())
        return factor if residue <= self.tolerance * abs(factor) * scale else None

    def _row(self, given: Array) -> Iterator[Label]:
        """Yield quantities of which this is the part of one sample."""
        for is_flipped, turned in ((False, given), (True, given.T)):
            if is_flipped and given.ndim == 1:
                break
            known = self._parts(turned.shape)
            if known is None:
                continue
            rows, owners = known
            gap = np.abs(rows - turned.ravel()).max(axis=1)
            scale = np.abs(turned).max()
            for index in np.flatnonzero(gap <= 10 * self.tolerance * scale)[:3]:
                quantity, row, name, factor = owners[int(index)]
                yield Label(quantity, factor, name, is_flipped, row)

    def _parts(self, shape: tuple[int, ...]) -> tuple[Array, list[Owner]] | None:
        """Return the parts of all quantities that have a shape, and whose they are."""
        if shape not in self._known_parts:
            self._known_parts[shape] = self._find_parts(shape)
        return self._known_parts[shape]

    def _find_parts(self, shape: tuple[int, ...]) -> tuple[Array, list[Owner]] | None:
        n, rows, owners = self.quantities.n_rows, [], []
        for quantity in self.quantities.found:
            value = quantity.value
            is_parted = value.shape[1:] == shape and len(value) <= n
            if not is_parted or quantity.family in ("W", "dW", "new"):
                continue
            for name, factor in (("", 1.0), ("B", float(n)), ("1/B", 1 / n)):
                for row, part in enumerate(value):
                    if np.any(part):
                        rows.append(factor * np.asarray(part, float).ravel())
                        owners.append((quantity, row, name, factor))
        return (np.array(rows), owners) if rows else None


def is_step_before(one: Quantity, other: Quantity) -> bool:
    """Tell whether the other is made of the one: a of z, dz of da."""
    is_same_layer = other.layer in (one.layer, -1)  # p has no layer
    return is_same_layer and (one.family, other.family) in STEPS_BEFORE


def _rank(label: Label) -> tuple[bool, bool, bool]:
    quantity = label.quantity
    plain = label.factor_name.lstrip("−") in ("", "1", "B", "1/B")
    return label.is_right, quantity.is_whole and plain, quantity.is_whole


def _is_flat(array: Array) -> bool:
    """Tell whether all entries are the same number: any such array fits up to one."""
    return bool((array == array.flat[0]).all())
