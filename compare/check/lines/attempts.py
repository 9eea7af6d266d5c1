"""What may be put in the place of a found value: right quantities, numbers, answers.

All turns of one place are corrected together: a loop over layers goes up or down, and
whoever has mended one turn of it has mended the line. Refuses to correct what is right
already, and to put what nobody would have fetched from elsewhere.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compare.check.lines.departure import Correction, Question, Seen
from compare.check.lines.forms import answer_agrees, dims_of, equal, in_form
from compare.check.lines.lending import copied
from compare.check.lines.naming import is_step_before
from compare.check.lines.quantities import Quantity
from compare.check.lines.single_values import conditions, exchanged, numbers
from compare.check.lines.sites import Site
from compare.check.lines.suspicion import (
    is_float,
    is_other_kind,
    is_plausible,
    may_have_other_shape,
)
from compare.check.simulate.equations import Array

# What may stand in the place of an array of another shape.
OUTPUTS = ("db", "dW", "dz", "da", "z", "p", "loss", "slope")
ROWS = ("order", "rows")  # the same for arrays of integers
# These carry the factor 1/B from the loss to the gradients.
SCALED = ("dz", "da", "dW", "db", "dW of a sample", "dW so far", "db so far", "t", "p")

# How the turns of a site run through the members of a family: the layers up or down,
# or fewer turns than members, evenly spread (once an epoch, say).
WAYS = ("up", "down", "spread")
GIVEN = ("X", "y", "W", "b", "rows", "order")


@dataclass
class Attempts:
    """Yields corrections of one site at a time.

    `given` are the answers as they are; `made_at` tells where each right quantity, by
    its id, comes up first.
    """

    question: Question
    given: Mapping[str, Any] = field(default_factory=dict)
    made_at: dict[int, int] = field(default_factory=dict)
    _by_dims: dict[tuple[int, ...], list[Quantity]] = field(default_factory=dict)

    def of(
        self, site: Site, events: list[Seen], turns: list[Seen]
    ) -> Iterator[list[Correction]]:
        """Yield corrections of one site: of some events in it, among all its turns."""
        if site.kind == "test":
            yield from conditions(events)
            return
        events, turns = _no_answers(events), _no_answers(turns)
        arrays = [e for e in events if e.event.value.size > 1]
        if self.question.is_of_lending:
            yield from copied(events)
            if site.kind == "changed":
                yield from self._arrays(arrays, turns)
            return
        single = [e for e in events if e.event.value.size == 1]
        if arrays:
            yield from exchanged(arrays)
            yield from self._arrays(arrays, turns)
            if len(turns) > len(events):
                yield from self._arrays(arrays, events)
        if single:
            yield from numbers(self.question, single, turns)
        floats = [e for e in events if is_float(e)]
        if any(may_have_other_shape(e) for e in floats or arrays):
            yield from self._of_other_shape(events, turns)

    def _arrays(
        self, events: list[Seen], turns: list[Seen]
    ) -> Iterator[list[Correction]]:
        families = dict.fromkeys(
            q.family
            for e in events
            for q in self._of_this_shape(e.event.value)
            if q.is_whole and is_plausible(e, q) and self._may_stand(e, q)
        )
        positions, done = {e.position for e in events}, set()
        options = list(itertools.product(WAYS, (False, True)))
        together: list[tuple[str, ...]] = [(family,) for family in families]
        if {"dW", "db"} <= set(families):  # one line may serve weights and biases
            together.append(("dW", "db"))
        for group in together:
            for scaled, (way, flipped) in itertools.product(
                self._factors(group[0]), options
            ):
                found = [
                    c
                    for family in group
                    for c in self._family(turns, family, scaled, way, flipped)
                    if c.seen.position in positions
                ]
                key = scaled[0], flipped, *((c.seen, c.quantity) for c in found)
                if found and key not in done:
                    done.add(key)
                    yield found

    def plain(self, family: str, turns: list[Seen]) -> Iterator[list[Correction]]:
        """Yield the values of one family as they are, in the order of layers."""
        found = list(self._family(turns, family, ("", 1.0), "up", False))
        if found:
            yield found

    def _may_stand(self, seen: Seen, quantity: Quantity) -> bool:
        """Tell whether p may stand there: not instead of z, where p comes out right."""
        if quantity.family != "p" or not seen.site.is_load:
            return True
        right = self.question.right.get("probs")
        return not answer_agrees(
            self.given.get("probs"), right, self.question.tolerance
        )

    def _factors(self, family: str) -> list[tuple[str, float]]:
        n = float(self.question.quantities.n_rows)
        plain = [("", 1.0)]
        return [*plain, ("B", n), ("1/B", 1 / n)] if family in SCALED else plain

    def _of_this_shape(self, value: Array) -> list[Quantity]:
        dims = dims_of(value)
        if dims not in self._by_dims:
            self._by_dims[dims] = self._find_shape(dims)
        return self._by_dims[dims]

    def _find_shape(self, dims: tuple[int, ...]) -> list[Quantity]:
        by_dims = self.question.quantities.by_dims
        found = [q for q in by_dims.get(dims, ()) if not q.family.endswith("so far")]
        if len(dims) in (1, 2):  # the part of one sample
            n = self.question.quantities.n_rows
            for key, quantities in by_dims.items():
                if len(key) == len(dims) + 1:
                    found += [
                        q
                        for q in quantities
                        if len(q.value) == n
                        and tuple(sorted(q.value.shape[1:])) == dims
                    ]
        return found

    def _family(
        self,
        turns: list[Seen],
        family: str,
        scaled: tuple[str, float],
        way: str,
        flipped: bool,
    ) -> Iterator[Correction]:
        """Yield the values of one family, each where its turn is."""
        is_one_sample = len({e.label.row for e in turns if e.label}) == 1
        by_dims: dict[tuple[int, ...], list[Seen]] = {}
        for e in turns:
            by_dims.setdefault(dims_of(e.event.value), []).append(e)
        for alike in by_dims.values():
            is_steady = len({e.label and e.label.quantity.family for e in alike}) == 1
            for place, seen in enumerate(alike):
                chosen = self._chosen(seen, family, place, len(alike), way)
                if chosen is None:
                    continue
                quantity, right = chosen
                value = in_form(right * scaled[1], seen.event.value, flipped)
                label = seen.label
                if value is None or not self._is_there(seen, quantity):
                    continue
                if (
                    label is not None
                    and not seen.site.is_load
                    and label.quantity.is_whole
                    and label.is_right
                    and label.quantity is not quantity
                    and not is_step_before(label.quantity, quantity)
                    and not (is_one_sample and label.row is not None)
                    and is_steady
                ):
                    continue
                if not equal(value, seen.event.value, self.question.tolerance):
                    yield Correction(seen, value, quantity, scaled[0])

    def _is_there(self, seen: Seen, quantity: Quantity) -> bool:
        """Tell whether a quantity can be fetched: nobody fetches what is not made yet.

        What a line stores or returns as it is may be what it forgot to make.
        """
        if not seen.site.is_load or seen.site.target or quantity.family in GIVEN:
            return True
        return self.made_at.get(id(quantity), seen.position) < seen.position

    def _chosen(
        self, seen: Seen, family: str, place: int, n_places: int, way: str
    ) -> tuple[Quantity, Array] | None:
        """Return the member of a family whose turn it is, and its array."""
        value = seen.event.value
        members = [q for q in self._of_this_shape(value) if q.family == family]
        if not members:
            return None
        whole = [q for q in members if q.dims == dims_of(value)]
        if whole:
            n = len(whole)
            if way == "down":
                if len({q.layer for q in whole}) < 2:
                    return None
                whole = whole[::-1]
            if way == "spread" and n_places >= n:
                return None
            is_spread = n_places >= n or way == "spread"
            index = place * n // n_places if is_spread else place
            return whole[index], whole[index].value
        rows = members[0].value
        if way != "up" or not len(rows):
            return None
        n = len(rows)
        return members[0], rows[place * n // n_places if n_places >= n else place]

    def _of_other_shape(
        self, events: list[Seen], turns: list[Seen]
    ) -> Iterator[list[Correction]]:
        """Yield outputs in their own shape, where the found one has another."""
        families = OUTPUTS if any(map(is_float, events)) else ROWS
        for family in families:
            members = self.question.quantities.named(family)
            if not members:
                continue
            for ordered in (members, members[::-1]):
                n, m = len(turns), len(ordered)
                for column in (False, True):
                    found = []
                    for place, seen in enumerate(turns):
                        if seen not in events or not is_other_kind(seen, family):
                            continue
                        index = place * m // n if n >= m else place
                        right = ordered[index].value
                        shaped = right.reshape(-1, 1) if right.ndim == 1 else right.T
                        value = shaped if column else right
                        if value.shape != seen.event.value.shape:
                            found.append(Correction(seen, value, ordered[index]))
                    if found:
                        yield found


def _no_answers(events: list[Seen]) -> list[Seen]:
    """Return all but single Trues and Falses."""
    return [
        e for e in events if e.event.value.dtype.kind != "b" or e.event.value.size != 1
    ]
