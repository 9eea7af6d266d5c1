"""Functions of known quantities that stand in the place of other ones.

The sigmoid where softmax is due; the derivative of an activation that is not there.
Refuses to name a function that does not hold in every entry.
"""

from collections.abc import Callable, Iterator

import numpy as np

from compare.check.lines.forms import close, is_flat, like
from compare.check.lines.quantities import Quantities
from compare.check.simulate.equations import Array

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


def function_of_a_known(found: Array, quantities: Quantities) -> Iterator[str]:
    """Yield the function of a known quantity that was found instead."""
    for q in quantities.found:
        if q.family not in ("z", "a", "p", "da", "dz"):
            continue
        for form in like(q.value, found):
            if form.shape != found.shape:
                continue
            for text, function in FUNCTIONS.items():
                with np.errstate(all="ignore"):
                    value = function(form)
                if np.isfinite(value).all() and close(value, found):
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
    if not (is_flat(above) and is_flat(below)):
        return None
    return float(above[0]), float(below[0])


def _slope_below(found: Array, x: Array) -> float | None:
    """Return s if found is x above 0 and s·x below: a leaky ReLU."""
    above, below = x > 0, x < 0
    if not (above.any() and below.any()) or not close(found[above], x[above]):
        return None
    slope = float(found[below][0] / x[below][0])
    is_leaky = slope not in (0, 1) and close(found[below], slope * x[below])
    return slope if is_leaky else None


def products(quantities: Quantities, step: int) -> Iterator[tuple[str, Array]]:
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
