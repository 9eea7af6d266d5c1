"""From the place that mends everything to the line that its author would change.

A helper that is right for others is not wrong: its call is. An array that is right as
far as it goes is handed on too early.
"""

import dataclasses
import itertools

from compare.check.lines.attempts import Attempts
from compare.check.lines.departure import Correction, Departure, Seen, Values
from compare.check.lines.experiment import Experiment
from compare.check.lines.forms import equal
from compare.check.lines.naming import is_step_before
from compare.check.lines.sites import Site

MADE_OF = {name: ("m_hat", "v_hat") for name in ("update", "new", "move")}


def or_its_call(
    experiment: Experiment,
    attempts: Attempts,
    best: Departure,
    planned: Values,
    before: dict[str, bool],
) -> Departure:
    """Return the call, if the helper it calls is right for others."""
    if not _is_right_elsewhere(experiment, best):
        return best
    for site, turns in experiment.sites(planned):
        is_call = site.kind == "call" and site.function != best.site.function
        events = [e for e in turns if e.position > best.first.seen.position]
        if not is_call or not events:
            continue
        for corrections in attempts.of(site, events, turns):
            if corrections[0].quantity is best.first.quantity:
                found = _as_good(experiment, best, corrections, planned, before)
                if found is not None:
                    return found
    return best


def or_its_maker(
    experiment: Experiment,
    best: Departure,
    planned: Values,
    before: dict[str, bool],
) -> Departure:
    """Return the line that made what is only passed on, if that mends as much.

    ``v = μ v + η g`` is wrong, and not ``move = v`` behind it; but ``da = dz`` has
    forgotten a step.
    """
    c = best.first
    if not (best.site.is_load and best.site.target) or c.quantity is None:
        return best
    label = c.seen.label
    if label is None or is_step_before(label.quantity, c.quantity):
        return best
    makers = [
        events
        for site, events in experiment.sites(planned)
        if not site.is_load and site.target and site.kind != "number"
    ]
    earlier = [e for e in makers if e[0].position < c.seen.position]
    return _first_as_good(experiment, best, earlier, planned, before)


def or_its_two_inputs(
    experiment: Experiment,
    attempts: Attempts,
    best: Departure,
    planned: Values,
    before: dict[str, bool],
) -> Departure:
    """Return the two lines before, if both are wrong and it makes the best of them.

    ``m_hat = m`` and ``v_hat = v`` are wrong, and not the update made of the two.
    """
    quantity = best.first.quantity
    families = MADE_OF.get(quantity.family if quantity else "", ())
    if not families or best.site.is_load:
        return best
    lines: dict[int, list[tuple[Site, list[Seen]]]] = {}
    for site, turns in experiment.sites(planned):
        is_before = turns[0].position < best.first.seen.position
        if site.target and site.function == best.site.function and is_before:
            lines.setdefault(site.statement, []).append((site, turns))
    wholes = [sites[-1] for sites in lines.values()]
    for pair in reversed(list(itertools.combinations(wholes, 2))):
        both: list[Correction] = []
        for family, (_, turns) in zip(families, pair, strict=True):
            both += next(attempts.plain(family, turns), [])
        if len({c.seen.site for c in both}) < 2:
            continue
        found = _as_good(experiment, best, both, planned, before)
        if found is not None:
            return found
    return best


def or_where_it_counts(experiment: Experiment, best: Departure) -> Departure:
    """Return the line that counts, if its count starts at 0, and 1 would be right.

    To start at 0 is right: ``t += 1`` comes too late, behind the step.
    """
    c = best.first
    is_count = c.quantity is not None and c.quantity.family == "count"
    starts_at_0 = is_count and not c.seen.event.value.any() and c.value == 1
    if not starts_at_0 or best.site.is_load or not best.site.target:
        return best
    for seen in experiment.seen:
        if seen.site.kind == "changed" and seen.site.text == best.site.target:
            return dataclasses.replace(best, site=seen.site)
    return best


def or_where_it_goes(
    experiment: Experiment,
    best: Departure,
    planned: Values,
    before: dict[str, bool],
) -> Departure:
    """Return the line that stores or returns the array, if that mends as much.

    An array that is right as far as it goes is handed on: what is wrong is to leave
    it so, in ``return grad`` or ``move = g``.
    """
    c = best.first
    is_argument = best.site.is_load and not best.site.target
    is_scaled = c.seen.label is not None and c.seen.label.quantity is c.quantity
    if not is_argument and not (best.site.kind == "changed" and is_scaled):
        return best
    takers = [
        events
        for site, events in experiment.sites(planned)
        if site.is_load and site.target and site is not best.site
    ]
    later = [e for e in takers if e[-1].position > c.seen.position]
    return _first_as_good(experiment, best, later, planned, before)


def _first_as_good(
    experiment: Experiment,
    best: Departure,
    places: list[list[Seen]],
    planned: Values,
    before: dict[str, bool],
) -> Departure:
    """Return the first place where the same corrections mend as much, or the best."""
    for events in places:
        moved = _moved(best, events)
        found = moved and _as_good(experiment, best, moved, planned, before)
        if found:
            return found
    return best


def _moved(best: Departure, events: list[Seen]) -> list[Correction]:
    """Return the same corrections at another site; none if not all values are there."""
    left, moved = list(events), []
    for c in best.corrections:
        value = c.seen.event.value
        twin = next((e for e in left if equal(e.event.value, value, 0.0)), None)
        if twin is None:
            return []
        left.remove(twin)
        moved.append(Correction(twin, c.value, c.quantity, c.factor_name))
    return moved


def _as_good(
    experiment: Experiment,
    best: Departure,
    corrections: list[Correction],
    planned: Values,
    before: dict[str, bool],
) -> Departure | None:
    """Return the departure of other corrections, if they mend as much as the best."""
    found = experiment.departure_with(corrections, planned, before)
    if found is None or len(found.still_wrong) > len(best.still_wrong):
        return None
    return found


def _is_right_elsewhere(experiment: Experiment, best: Departure) -> bool:
    mended = {c.seen.event.turn for c in best.corrections}
    others = [
        s
        for s in experiment.seen
        if s.site is best.site and s.event.turn not in mended and s.label
    ]
    return any(
        s.label.is_right and s.label.quantity.is_whole for s in others if s.label
    )
