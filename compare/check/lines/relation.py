"""How a found value differs from the right one, in words.

"B times too large", "the transpose", "the activation of the layer below", "without
b[1]", "right in column 3 only". Refuses to say more than the numbers say: a relation is
named if it holds to the last digits, and otherwise only its size is told.
"""

from collections.abc import Callable, Iterator

import numpy as np

from compare.check.lines.departure import Correction, Departure
from compare.check.lines.lending import COPY
from compare.check.lines.naming import Namer, factor_name
from compare.check.lines.quantities import Quantities, Quantity
from compare.check.simulate.equations import Array

EXACT = 1e-8


def relation_of(departure: Departure, namer: Namer) -> str:
    """Return the relation between what was found and what is right."""
    first = departure.first
    found, right = first.seen.event.value, np.asarray(first.value)
    if departure.site.kind == "test":
        return _condition(first)
    if first.quantity is None or first.quantity.family == "count":
        return _number(first)
    for sentence in _relations(first, found, right, namer):
        return sentence
    return _size(found, right)


def expected_of(departure: Departure) -> str:
    """Return what should be there: "dz[1] = da[1] · f'(z[1])"."""
    first = departure.first
    if departure.site.kind == "test":
        return f"the condition to be {first.factor_name}"
    if first.quantity is None:
        return _named_number(first)
    return equation_of(first.quantity, first.factor_name)


def equation_of(quantity: Quantity, factor: str = "") -> str:
    """Return "dz[1] = da[1] · f'(z[1])", with the factor that goes with it."""
    if factor == COPY:
        return f"a copy of {quantity.name}"
    if factor and quantity.equation:
        divided = quantity.equation.removesuffix(" / B")
        if factor == "B" and divided != quantity.equation:
            return f"{quantity.name} · B = {divided[1:-1]}"
        times = " / B" if factor == "1/B" else f" · {factor}"
        return f"{quantity.name}{times} = ({quantity.equation}){times}"
    if quantity.equation:
        return f"{quantity.name} = {quantity.equation}"
    return quantity.name


def _condition(c: Correction) -> str:
    found = bool(c.seen.event.value.flat[0])
    return f"the condition is {found}, and with {not found} all is right"


def _number(c: Correction) -> str:
    found, right = float(c.seen.event.value.flat[0]), float(c.value)
    return f"it is {_short(found)}, not {_short(right)}"


def _named_number(c: Correction) -> str:
    value = _short(float(c.value))
    if c.factor_name == "B":
        return f"B, the number of rows of the batch (here {value})"
    if c.factor_name == value:
        return value
    return f"{c.factor_name} (here {value})"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else f"{number:.4g}"


def _relations(
    c: Correction, found: Array, right: Array, namer: Namer
) -> Iterator[str]:
    """Yield what can be said, the clearest first."""
    quantities, quantity = namer.quantities, c.quantity
    if quantity is None:
        return
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        n = int((~np.isfinite(found)).sum())
        yield f"{n} of {found.size} values are infinite or not a number (overflow)"
        return
    if c.factor_name == COPY:
        yield "the very array that you were given: what changes it changes yours"
        return
    if quantity.family == "exchanged":
        yield "the two stand the other way round"
        return
    label = c.seen.label
    if label is not None and label.quantity is not quantity:
        other = label.quantity
        if other.family == quantity.family and other.layer != quantity.layer:
            where = "below" if other.layer < quantity.layer else "above"
            yield f"it is {label}, of the layer {where}"
            return
        if other.family == quantity.family and other.step != quantity.step:
            yield f"it is {label}, of another step"
            return
        if other.is_whole:
            yield f"it is {label}, not {quantity.name}"
            return
    if found.shape != right.shape:
        yield _other_shape(found, right)
        return
    if not np.any(found) and np.any(right):
        yield "it is zero everywhere"
        return
    if quantity.family == "t":
        yield from _other_classes(found, right)
    f = found.astype(float)
    r = right.astype(float)
    yield from _factor(f, r, quantities)
    yield from _turned(f, r)
    yield from _function(f, quantities)
    if c.factor_name in ("B", "1/B"):
        n_rows = float(quantities.n_rows)
        scaled = f / n_rows if c.factor_name == "B" else f * n_rows
        yield from (
            f"{text}, times {c.factor_name}" for text in _function(scaled, quantities)
        )
    yield from _missing(f, r, c, quantities)
    yield from _per_part(f, r)
    yield from _other(f, r)


def _factor(found: Array, right: Array, quantities: Quantities) -> Iterator[str]:
    top = int(np.abs(right).argmax())
    if right.flat[top] == 0:
        return
    factor = float(found.flat[top] / right.flat[top])
    if factor == 0 or not _close(found, factor * right):
        return
    name = factor_name(factor, quantities.scales)
    if name == "−1":
        yield "it has the opposite sign"
        return
    sign = "with the opposite sign, and " if factor < 0 else ""
    name = name.lstrip("−")
    meaning = {
        "B": "B times too large (B: the batch size)",
        "1/B": "B times too small (B: the batch size)",
        "K": "K times too large (K: the number of classes)",
        "1/K": "K times too small (K: the number of classes)",
    }
    if name in meaning:
        yield sign + meaning[name]
    elif name.startswith("1/"):
        yield f"{sign}{name[2:].strip('()')} times too small"
    elif abs(factor) < 1:
        yield f"{sign}{name} times the right value"
    else:
        yield f"{sign}{name} times too large"


def _other_classes(found: Array, right: Array) -> Iterator[str]:
    """Yield where the ones of a one-hot matrix stand instead."""
    samples = 0 if found.shape[0] > found.shape[1] else 1
    if found.ndim != 2 or not (found.sum(axis=1 - samples) == 1).all():
        return
    is_class, due = found.argmax(axis=1 - samples), right.argmax(axis=1 - samples)
    other = np.flatnonzero(is_class != due)
    if other.size:
        k = int(other[0])
        yield (
            f"the ones stand at other classes in {other.size} of {len(due)} samples: "
            f"the 1 of sample {k} is at class {is_class[k]}, not {due[k]}"
        )


def _turned(found: Array, right: Array) -> Iterator[str]:
    if found.ndim == 2 and found.shape[0] == found.shape[1] and _close(found, right.T):
        yield "it is the transpose"


def _per_part(found: Array, right: Array) -> Iterator[str]:
    """Yield "right in row 0 only" and its like."""
    if found.ndim != 2 or min(found.shape) < 2:
        return
    for axis, word in ((1, "row"), (0, "column")):
        gap = np.abs(found - right).max(axis=axis)
        is_right = (gap <= EXACT * np.abs(right).max()) & right.any(axis=axis)
        good = np.flatnonzero(is_right)
        n = len(gap)
        if 0 < len(good) < n:
            which = ", ".join(map(str, good[:4])) + (", …" if len(good) > 4 else "")
            rest = found[:, gap > 0] if axis == 0 else found[gap > 0]
            tail = ", 0 elsewhere" if not rest.any() else ", wrong elsewhere"
            yield f"right in {word} {which}{tail}"
            return


def _missing(
    found: Array, right: Array, c: Correction, quantities: Quantities
) -> Iterator[str]:
    """Yield what was left out, added, or multiplied once too often."""
    step = c.quantity.step if c.quantity else 0
    fits = [
        (q.name, q.value)
        for q in quantities.found
        if q.step == step and q.is_whole and q is not c.quantity
    ]
    fits += list(_products(quantities, step))
    for name, array in fits:
        for value in _like(array, found):
            if _close(found + value, right):
                is_target = name == "onehot(y)"
                yield f"{name} subtracted twice" if is_target else f"without {name}"
                return
            if _close(found - value, right):
                is_target = name == "onehot(y)"
                yield f"without − {name}" if is_target else f"{name} is added"
                return
            if _is_flat(value):
                continue
            with np.errstate(all="ignore"):
                if _close(found * value, right):
                    yield f"without the factor {name}"
                    return
                if _close(right * value, found):
                    yield f"multiplied by {name} once too often"
                    return


def _other(found: Array, right: Array) -> Iterator[str]:
    """Yield what can be said of the differences alone."""
    difference = found - right
    if found.size > 2 and _is_flat(difference):
        yield f"{difference.flat[0]:+.4g} everywhere"
        return
    with np.errstate(all="ignore"):
        ratio = found / right
    good = np.isfinite(ratio) & (right != 0)
    if good.sum() > 2 and np.allclose(ratio[good], ratio[good][0], rtol=EXACT):
        yield f"{ratio[good][0]:.4g} times the right value where that is not 0"
        return
    if found.ndim == 2 and good.all() and (ratio > 0).all():
        yield from _scaled_lines(ratio)
    ok = np.isclose(found, right, rtol=EXACT, atol=EXACT * np.abs(right).max())
    if 0.2 <= ok.mean() < 1:
        n = int((~ok).sum())
        yield f"wrong in {n} of {found.size} entries, right in the others"


def _scaled_lines(ratio: Array) -> Iterator[str]:
    """Yield that rows, columns or both are right up to a factor for each."""
    log = np.log(ratio)
    if np.ptp(log) == 0:
        return
    for axis, word in ((1, "row"), (0, "column")):
        if np.ptp(log, axis=axis).max() <= EXACT:
            yield f"right up to a factor for each {word}: divided by another sum"
            return
    rest = log - log.mean(0) - log.mean(1, keepdims=True) + log.mean()
    if np.abs(rest).max() <= EXACT:
        yield "right up to a factor for each row and column: a sum over the wrong axis"


def _products(quantities: Quantities, step: int) -> Iterator[tuple[str, Array]]:
    """Yield what people multiply by mistake: slopes of functions that are not there."""
    for q in quantities.found:
        if q.step != step or q.family not in ("a", "p", "z"):
            continue
        x = np.asarray(q.value, float)
        if q.family == "z":
            with np.errstate(all="ignore"):
                s = 1 / (1 + np.exp(-x))
            yield f"({q.name} > 0)", (x > 0).astype(float)
            yield f"the sigmoid's derivative at {q.name}", s * (1 - s)
            yield f"the tanh's derivative at {q.name}", 1 - np.tanh(x) ** 2
            continue
        yield f"{q.name} · (1 − {q.name})", x * (1 - x)
        yield f"(1 − {q.name})", 1 - x
        yield f"(1 − {q.name}²)", 1 - x**2
        yield f"({q.name} > 0)", (x > 0).astype(float)


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "the sigmoid of {}": lambda x: 1 / (1 + np.exp(-x)),
    "the tanh of {}": np.tanh,
    "the ReLU of {}": lambda x: np.maximum(x, 0),
    "{} · sigmoid({}), called Swish": lambda x: x / (1 + np.exp(-x)),
    "the softplus of {}": lambda x: np.log1p(np.exp(x)),
    "the sigmoid's derivative at {}": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
    "the tanh's derivative at {}": lambda x: 1 - np.tanh(x) ** 2,
    "({} > 0)": lambda x: (x > 0).astype(float),
    "({} >= 0)": lambda x: (x >= 0).astype(float),
    "{} · (1 − {})": lambda x: x * (1 - x),
    "1 − {}": lambda x: 1 - x,
    "1 − {}²": lambda x: 1 - x**2,
    "{}²": lambda x: x**2,
    "the logarithm of {}": np.log,
    "the exponential of {}": np.exp,
}


def _function(found: Array, quantities: Quantities) -> Iterator[str]:
    """Yield the function of a known quantity that was found instead."""
    for q in quantities.found:
        if q.family not in ("z", "a", "p", "da", "dz"):
            continue
        for form in _like(q.value, found):
            if form.shape != found.shape:
                continue
            for text, function in FUNCTIONS.items():
                with np.errstate(all="ignore"):
                    value = function(form)
                if np.isfinite(value).all() and _close(value, found):
                    yield "it is " + text.replace("{}", q.name)
                    return
            if q.family == "z" and (two := _two_values(found, form)) is not None:
                above, below = two
                yield f"it is {above:.3g} where {q.name} > 0, and {below:.3g} elsewhere"
                return
            slope = _slope_below(found, form)
            if slope is not None and q.family in ("z", "a"):
                yield f"it is {q.name}, times {slope:.3g} where {q.name} is below 0"
                return


def _two_values(found: Array, x: Array) -> tuple[float, float] | None:
    """Return the two numbers that found has above and below 0 of x, if it is so."""
    above, below = found[x > 0], found[x < 0]
    if not (above.size and below.size) or above[0] == below[0]:
        return None
    is_flat = _is_flat(above) and _is_flat(below)
    return (float(above[0]), float(below[0])) if is_flat else None


def _slope_below(found: Array, x: Array) -> float | None:
    """Return s if found is x above 0 and s·x below: a leaky ReLU."""
    above, below = x > 0, x < 0
    if not (above.any() and below.any()) or not _close(found[above], x[above]):
        return None
    slope = float(found[below][0] / x[below][0])
    is_leaky = slope not in (0, 1) and _close(found[below], slope * x[below])
    return slope if is_leaky else None


def _like(value: Array, found: Array) -> Iterator[Array]:
    """Yield an array in the forms in which it could go with `found`."""
    squeezed = np.asarray(value, float).squeeze()
    if squeezed.ndim == 0:
        return
    forms = [squeezed, squeezed.T] if squeezed.ndim == 2 else [squeezed]
    if squeezed.ndim == 1 and found.ndim == 2:
        forms = [squeezed[None, :], squeezed[:, None]]
    for form in forms:
        if form.ndim == found.ndim and all(
            n in (1, m) for n, m in zip(form.shape, found.shape, strict=True)
        ):
            yield form


def _other_shape(found: Array, right: Array) -> str:
    if found.size == 1:
        total = float(np.sum(right))
        what = "one number"
        if np.isclose(float(found.flat[0]), total, rtol=1e-8, atol=1e-12):
            what = "one number, the sum of all"
        return f"{what}, where {_shape(right)} are due"
    return f"its shape is {found.shape}, not {right.shape}"


def _shape(array: Array) -> str:
    return " × ".join(map(str, array.shape)) + " numbers"


def _size(found: Array, right: Array) -> str:
    scale = float(np.abs(right).max()) or 1.0
    gap = float(np.abs(found.astype(float) - right.astype(float)).max())
    return (
        f"something else: off by up to {gap / scale:.2g} times the largest right value"
    )


def _close(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        one, other = np.broadcast_arrays(one, other)
    scale = float(np.abs(other).max(initial=0.0)) or 1.0
    gap = np.abs(one - other).max(initial=0.0)
    return bool(gap <= EXACT * scale)


def _is_flat(array: Array) -> bool:
    return bool(np.allclose(array, array.flat[0], rtol=1e-9, atol=0))
