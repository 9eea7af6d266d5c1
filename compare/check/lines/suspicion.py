"""What may be wrong, and what may have stood there by mistake for what.

Refuses to suspect a line that only fetches what another line made.
"""

from compare.check.lines.departure import Seen
from compare.check.lines.quantities import Quantity

# What may be fetched by mistake for one another.
KINDS = (
    ("X", "z", "a", "p"),
    ("dz", "da"),
    ("dW", "db", "g", "move", "v", "old v", "m", "old m", "m_hat", "v_hat"),
    ("W", "b", "new", "kept"),
    ("y", "t", "rows", "order"),
)
# Nobody fetches these from elsewhere: a load is not corrected to one of them.
MADE_ON_THE_SPOT = ("shifted", "e", "max", "total", "losses")


def may_be_wrong(seen: Seen) -> bool:
    """Tell whether the mistake may be there: made there, and not right."""
    label, event = seen.label, seen.event
    if seen.site.kind == "test" or (event.value.size == 1 and not seen.site.is_load):
        return True
    if seen.site.is_load:
        # What was made elsewhere and is no quantity: the maker is to blame.
        return event.fresh or (label is not None and label.quantity.is_whole)
    if label is None or not label.quantity.is_whole:
        return event.fresh
    is_part = label.row is not None
    return event.fresh and (is_part or not label.is_right or label.is_flipped)


def is_plausible(seen: Seen, quantity: Quantity) -> bool:
    """Tell whether one may have stood there by mistake for the other."""
    if not seen.site.is_load:
        return True
    if seen.site.target and seen.label is not None and seen.label.row is not None:
        return True  # ``db = dz[0]``: one sample, where all are due
    if quantity.family in MADE_ON_THE_SPOT:
        return False
    if seen.label is None:
        return True
    family = seen.label.quantity.family
    return any(family in kind and quantity.family in kind for kind in KINDS)


def is_float(seen: Seen) -> bool:
    """Tell whether it has a floating point type."""
    return seen.event.value.dtype.kind == "f"


def may_have_other_shape(seen: Seen) -> bool:
    """Tell whether it is made here, and not right; or stored as it is, ``da = dz``."""
    label = seen.label
    if seen.site.is_load:
        return bool(seen.site.target)
    is_right = label is not None and label.is_right and not label.is_flipped
    return seen.site.kind != "number" and not is_right


def is_other_kind(seen: Seen, family: str) -> bool:
    """Tell whether a load may have stood for a family: dz for da, but not dW for dW."""
    if not seen.site.is_load or seen.label is None:
        return True
    found = seen.label.quantity.family
    return found != family and any(found in k and family in k for k in KINDS)
