"""The line that is one too many: without it, all is right.

A batch that is used twice, a rate that decays, an order of one's own: no value is
wrong, and a line should not be there. Refuses to leave out what mends a part only.
"""

from compare.check.lines.departure import Correction, Departure, Seen, Values
from compare.check.lines.experiment import Experiment

LEFT_OUT = "left out"


def superfluous(
    experiment: Experiment, planned: Values, before: dict[str, bool]
) -> Departure | None:
    """Return the departure of a statement without which every answer is right.

    Where the same line stands twice, the second is one too many; else the first of
    those without which all is right.
    """
    if all(before.values()):
        return None
    found: list[Departure] = []
    for seen in experiment.statements:
        if seen.site.number not in planned and _may_go(seen):
            left_out = [Correction(seen, False, None, LEFT_OUT)]
            one = experiment.departure_with(left_out, planned, before)
            if one is not None and not one.still_wrong:
                found.append(one)
    for number, one in enumerate(found):
        if any(other.site.text == one.site.text for other in found[:number]):
            return one
    return found[0] if found else None


def _may_go(seen: Seen) -> bool:
    """Tell whether it is not one of those that a constructor needs."""
    return not seen.site.function.endswith("__init__")


def is_left_out(correction: Correction) -> bool:
    """Tell whether a correction leaves out a statement."""
    return correction.factor_name == LEFT_OUT
