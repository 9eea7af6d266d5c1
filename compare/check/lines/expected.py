"""What should stand in the place of a found value, in words.

"dz[1] = da[1] · f'(z[1])", "B, the number of rows of the batch".
"""

from compare.check.lines.departure import Correction, Departure
from compare.check.lines.left_out import is_left_out
from compare.check.lines.lending import COPY
from compare.check.lines.quantities import Quantity


def expected_of(departure: Departure) -> str:
    """Return what should be there: "dz[1] = da[1] · f'(z[1])"."""
    first = departure.first
    if is_left_out(first):
        return "nothing: without this line all is right"
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


def _named_number(c: Correction) -> str:
    value = short(float(c.value))
    if c.factor_name == "B":
        return f"B, the number of rows of the batch (here {value})"
    if c.factor_name == value:
        return value
    return f"{c.factor_name} (here {value})"


def short(number: float) -> str:
    """Return a number with as many digits as help."""
    return f"{number:,.0f}" if number == round(number) else f"{number:.4g}"
