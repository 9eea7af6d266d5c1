"""The first line that leaves the right way, found by mending it.

For each place of the user's code a right quantity is put where a wrong value was, and
the code runs again. The first place whose correction makes every answer right is where
the mistake is: nothing before it is wrong, and nothing after it is. No mistake need be
known for that. Where no single place mends everything, the one that mends the most is
taken, and the search goes on behind it.

Refuses to correct what is right already, and to blame a line that only fetches what
another line made wrong.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.check.arrays import agrees
from compare.check.lines.naming import Label, Namer
from compare.check.lines.quantities import Quantities, Quantity
from compare.check.lines.recorder import Event, Recorder, Replacer
from compare.check.lines.rewriting import Site
from compare.check.lines.watching import Watch
from compare.check.simulate.equations import Array

SECONDS = 8.0  # of processor time, for one search: a busy machine finds as much
MOST_MISTAKES = 3
# What may stand in the place of an array of another shape.
OUTPUTS = ("db", "dW", "dz", "p", "loss", "slope")
# These carry the factor 1/B from the loss to the gradients.
SCALED = ("dz", "da", "dW", "db", "dW of a sample", "dW so far", "db so far", "t", "p")

STEPS_BEFORE = (("z", "a"), ("z", "p"), ("da", "dz"), ("dW", "v"), ("dW", "g"))
# What may be fetched by mistake for one another.
KINDS = (
    ("X", "z", "a", "p"),
    ("dz", "da"),
    ("dW", "db", "g", "move", "v", "m", "m_hat", "v_hat"),
    ("W", "b", "new", "kept"),
    ("y", "t", "rows", "order"),
)
# How the turns of a site run through the members of a family: the layers up or down,
# or fewer turns than members, evenly spread (once an epoch, say).
WAYS = ("up", "down", "spread")
# Nobody fetches these from elsewhere: a load is not corrected to one of them.
MADE_ON_THE_SPOT = ("shifted", "e", "max", "total", "losses")

Values = dict[int, dict[int, Any]]  # site -> turn -> value


@dataclass(frozen=True)
class Question:
    """What is asked of the code, and what should come back.

    `ask` returns arrays by name, or an exception in the place of one; the order of
    `right` is that in which they are computed.
    """

    ask: Callable[[], Mapping[str, Any]]
    right: Mapping[str, Any]
    quantities: Quantities
    tolerance: float


@dataclass(frozen=True)
class Seen:
    """An event, its site, and what it is; `position` counts all events."""

    site: Site
    event: Event
    label: Label | None
    position: int


@dataclass(frozen=True)
class Correction:
    """One right value in the place of a found one; `quantity` None is a number."""

    seen: Seen
    value: Any
    quantity: Quantity | None = None
    factor_name: str = ""


@dataclass(frozen=True)
class Departure:
    """A place whose correction mends answers.

    `mended` and `still_wrong` name the answers that are right and wrong with it.
    """

    site: Site
    corrections: tuple[Correction, ...]
    mended: tuple[str, ...]
    still_wrong: tuple[str, ...]

    @property
    def first(self) -> Correction:
        """Return the first correction that changes something."""
        return self.corrections[0]


@dataclass
class Search:
    """Looks for departures in the code behind one question.

    `trusted` are sites that came out right in other questions: they are suspected
    only if nothing else mends the answers.
    """

    question: Question
    watch: Watch
    seconds: float = SECONDS
    trusted: frozenset[int] = frozenset()
    seen: list[Seen] = field(default_factory=list)
    is_repeatable: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.namer = Namer(self.question.quantities, max(self.question.tolerance, 1e-9))

    def look(self) -> None:
        """Run the code once, and name everything that comes up.

        `is_repeatable` becomes False if two runs do not answer the same, to the last
        digit: then nothing can be concluded from a third.
        """
        plain = self.question.ask()
        recorder = Recorder()
        with self.watch.reporting_to(recorder):
            watched = self.question.ask()
        self.is_repeatable = same_answers(plain, watched)
        self.given = watched
        self.seen = [
            Seen(self.watch.sites[e.number], e, self.namer.name(e.value), position)
            for position, e in enumerate(recorder.events)
        ]

    @property
    def has_wrong_answers(self) -> bool:
        """Whether any answer of the code is not the right one."""
        return not all(self._judged(self.given).values())

    @property
    def exception(self) -> Exception | None:
        """The first exception that came instead of an answer."""
        raised = (v for v in self.given.values() if isinstance(v, Exception))
        return next(raised, None)

    def _judged(self, given: Mapping[str, Any]) -> dict[str, bool]:
        return {
            name: _agrees(given.get(name), right, self.question.tolerance)
            for name, right in self.question.right.items()
        }

    def departures(self) -> list[Departure]:
        """Return the first departure, and those that remain when it is mended."""
        self.look()
        found: list[Departure] = []
        planned: Values = {}
        deadline = time.process_time() + self.seconds
        while len(found) < MOST_MISTAKES and self.is_repeatable:
            right = self._answers(planned)
            if all(right.values()):
                break
            best = self._best(planned, right, deadline)
            if best is None:
                break
            found.append(best)
            for c in best.corrections:
                event = c.seen.event
                planned.setdefault(event.number, {})[event.turn] = c.value
        return found

    def _best(
        self, planned: Values, before: dict[str, bool], deadline: float
    ) -> Departure | None:
        """Return the best departure; what is least suspicious is tried last."""
        best: Departure | None = None
        rounds = (
            self._suspects(planned, self.trusted),
            self._suspects(planned, frozenset()) if self.trusted else [],
            self._skipped_steps(planned),
        )
        for suspects in rounds:
            if best is not None and not best.still_wrong:
                break
            found = self._first_that_mends(suspects, planned, before, deadline)
            if found is None:
                continue
            if best is None or len(found.still_wrong) < len(best.still_wrong):
                best = found
        return best

    def _answers(self, values: Values) -> dict[str, bool]:
        """Run the code with these values in it; return which answers are right."""
        with self.watch.reporting_to(Replacer(values)):
            return self._judged(self.question.ask())

    # --- the search ------------------------------------------------------------------

    def _first_that_mends(
        self,
        suspects: list[tuple[int, Site, list[Seen]]],
        planned: Values,
        before: dict[str, bool],
        deadline: float,
    ) -> Departure | None:
        first_wrong = next(name for name, ok in before.items() if not ok)
        best: list[Departure] = []  # all of one line, and equally good
        harmful: Departure | None = None
        for first, site, events in suspects:
            if time.process_time() > deadline:
                break
            if best and not best[0].still_wrong:
                is_later = first > best[0].first.seen.position
                if is_later and not _on_one_line(site, best[0]):
                    continue
            for corrections in self._attempts(site, events):
                found = self._try(corrections, planned, before, first_wrong)
                if found is None:
                    continue
                if site.is_load and not found.still_wrong and self._does_harm(found):
                    harmful = harmful or found
                else:
                    best = _best_of(best, found)
        if harmful and (not best or best[0].still_wrong):
            return harmful
        if not best:
            return None
        chosen = self._or_its_call(clearest(best), planned, before, first_wrong)
        return self._or_where_it_goes(chosen, planned, before, first_wrong)

    def _does_harm(self, found: Departure) -> bool:
        """Tell whether a correction spoils what was right, and only makes up for it.

        ``self.sgd(theta, g)`` with the velocity in the place of g may give the right
        weights, but the velocity computed from it is wrong.
        """
        values: Values = {}
        for c in found.corrections:
            values.setdefault(c.seen.event.number, {})[c.seen.event.turn] = c.value
        recorder = Recorder()
        with self.watch.reporting_to(Replacer(values, recorder)):
            self.question.ask()
        after = {
            (e.number, e.turn): e.value
            for e in recorder.events
            if e.number not in values
        }
        for seen in self.seen:
            label, event = seen.label, seen.event
            now = after.get((event.number, event.turn))
            if now is None or label is None or not event.fresh or seen.site.is_load:
                continue
            if label.is_right and label.quantity.is_whole:
                changed = self.namer.name(now)
                if changed is None or not changed.is_right:
                    return True
        return False

    def _try(
        self,
        corrections: list[Correction],
        planned: Values,
        before: dict[str, bool],
        first_wrong: str,
    ) -> Departure | None:
        """Return the departure if it mends the first wrong answer and breaks none."""
        values = {number: dict(turns) for number, turns in planned.items()}
        for c in corrections:
            event = c.seen.event
            values.setdefault(event.number, {})[event.turn] = c.value
        after = self._answers(values)
        if not after[first_wrong] or any(before[n] and not after[n] for n in before):
            return None
        return Departure(
            corrections[0].seen.site,
            tuple(corrections),
            tuple(n for n, ok in after.items() if ok and not before[n]),
            tuple(n for n, ok in after.items() if not ok),
        )

    def _suspects(
        self, planned: Values, trusted: frozenset[int]
    ) -> list[tuple[int, Site, list[Seen]]]:
        """Return what may be wrong, in the order in which it first is."""
        found = []
        for site, events in self._sites(planned):
            doubtful = [e for e in events if self._may_be_wrong(e)]
            if not doubtful or site.number in trusted:
                continue
            first = doubtful[0].position
            if site.is_load:  # its other turns may be wrong because of the first
                doubtful = [e for e in events if e in doubtful or e.label is None]
            found.append((first, site, doubtful))
        found.sort(key=lambda suspect: suspect[0])
        return found

    def _skipped_steps(self, planned: Values) -> list[tuple[int, Site, list[Seen]]]:
        """Return whole lines that are right as far as they go: ``dz = dz2 @ W2.T``."""
        return [
            (events[0].position, site, events)
            for site, events in self._sites(planned)
            if site.target
            and not site.is_load
            and any(
                e.label is not None and e.label.is_right and e.label.quantity.is_whole
                for e in events
            )
        ]

    def _sites(self, planned: Values) -> Iterator[tuple[Site, list[Seen]]]:
        """Yield the sites in the order in which they were reached first."""
        by_site: dict[int, list[Seen]] = {}
        for seen in self.seen:
            by_site.setdefault(seen.site.number, []).append(seen)
        for number, events in by_site.items():
            if number not in planned:
                yield events[0].site, events

    # --- what may be put where -------------------------------------------------------

    def _attempts(self, site: Site, events: list[Seen]) -> Iterator[list[Correction]]:
        """Yield corrections of one site, all of its turns together."""
        if site.kind == "test":
            yield from _conditions(events)
            return
        events = [e for e in events if not _is_answer(e)]
        numbers = [e for e in events if e.event.value.size == 1]
        arrays = [e for e in events if e.event.value.size > 1]
        if arrays:
            yield from self._arrays(arrays)
        if numbers:
            yield from self._numbers(numbers)
        strange = [e for e in events if e.label is None and _is_float(e)]
        if strange and not site.is_load and site.kind != "number":
            yield from self._of_other_shape(events)

    def _may_be_wrong(self, seen: Seen) -> bool:
        label, event = seen.label, seen.event
        if seen.site.kind == "test" or (
            event.value.size == 1 and not seen.site.is_load
        ):
            return True
        if seen.site.is_load:
            # What was made elsewhere and is no quantity: the maker is to blame.
            return event.fresh or (label is not None and label.quantity.is_whole)
        if label is None or not label.quantity.is_whole:
            return event.fresh
        return event.fresh and (not label.is_right or label.is_flipped)

    def _arrays(self, events: list[Seen]) -> Iterator[list[Correction]]:
        families = dict.fromkeys(
            q.family
            for e in events
            for q in self._of_this_shape(e.event.value)
            if q.is_whole and _is_plausible(e, q) and self._may_stand(e, q)
        )
        for family in families:
            for factor_name, factor in self._factors(family):
                for way in WAYS:
                    for flipped in (False, True):
                        scaled = (factor_name, factor)
                        found = list(self._family(events, family, scaled, way, flipped))
                        if found:
                            yield found

    def _may_stand(self, seen: Seen, quantity: Quantity) -> bool:
        """Tell whether p may stand there: not instead of z, where p comes out right."""
        if quantity.family != "p" or not seen.site.is_load:
            return True
        right = self.question.right.get("probs")
        return not _agrees(self.given.get("probs"), right, self.question.tolerance)

    def _factors(self, family: str) -> list[tuple[str, float]]:
        n = float(self.question.quantities.n_rows)
        plain = [("", 1.0)]
        return [*plain, ("B", n), ("1/B", 1 / n)] if family in SCALED else plain

    def _of_this_shape(self, value: Array) -> list[Quantity]:
        by_dims = self.question.quantities.by_dims
        dims = _dims(value)
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
        events: list[Seen],
        family: str,
        scaled: tuple[str, float],
        way: str,
        flipped: bool,
    ) -> Iterator[Correction]:
        """Yield the values of one family, each where its turn is."""
        by_dims: dict[tuple[int, ...], list[Seen]] = {}
        for e in events:
            dims = tuple(sorted(n for n in e.event.value.shape if n != 1))
            by_dims.setdefault(dims, []).append(e)
        for alike in by_dims.values():
            for place, seen in enumerate(alike):
                chosen = self._chosen(seen, family, place, len(alike), way)
                if chosen is None:
                    continue
                quantity, right = chosen
                value = _in_form(right * scaled[1], seen.event.value, flipped)
                label = seen.label
                if value is None or (
                    label is not None
                    and not seen.site.is_load
                    and label.quantity.is_whole
                    and label.is_right
                    and label.quantity is not quantity
                    and not _is_step_before(label.quantity, quantity)
                ):
                    continue
                if not _equal(value, seen.event.value, self.question.tolerance):
                    yield Correction(seen, value, quantity, scaled[0])

    def _chosen(
        self, seen: Seen, family: str, place: int, n_places: int, way: str
    ) -> tuple[Quantity, Array] | None:
        """Return the member of a family whose turn it is, and its array."""
        value = seen.event.value
        members = [q for q in self._of_this_shape(value) if q.family == family]
        if not members:
            return None
        whole = [q for q in members if q.dims == _dims(value)]
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

    def _numbers(self, events: list[Seen]) -> Iterator[list[Correction]]:
        scales = self.question.quantities.scales
        known = {"B": scales["B"], "1/B": 1 / scales["B"], "1": 1.0}
        known |= {name: scales[name] for name in ("K", "η") if name in scales}
        for name, number in known.items():
            found = [
                Correction(e, _typed(number, e.event.value), None, name)
                for e in events
                if not np.isclose(float(e.event.value.flat[0]), number, rtol=1e-9)
            ]
            if found:
                yield found
        for quantity in self.question.quantities.by_dims.get((), ()):
            right = float(quantity.value.flat[0])
            wrong = [
                e for e in events if not np.isclose(float(e.event.value.flat[0]), right)
            ]
            if wrong and quantity.is_whole:
                yield [Correction(e, right, quantity) for e in wrong]

    def _of_other_shape(self, events: list[Seen]) -> Iterator[list[Correction]]:
        """Yield outputs in their own shape, where the found one has another."""
        for family in OUTPUTS:
            members = self.question.quantities.named(family)
            if not members:
                continue
            for ordered in (members, members[::-1]):
                n, m = len(events), len(ordered)
                for column in (False, True):
                    found = []
                    for place, seen in enumerate(events):
                        index = place * m // n if n >= m else place
                        right = ordered[index].value
                        shaped = right.reshape(-1, 1) if right.ndim == 1 else right.T
                        value = shaped if column else right
                        if value.shape != seen.event.value.shape:
                            found.append(Correction(seen, value, ordered[index]))
                    if found:
                        yield found

    # --- a helper that is right elsewhere ---------------------------------------------

    def _or_its_call(
        self,
        best: Departure,
        planned: Values,
        before: dict[str, bool],
        first_wrong: str,
    ) -> Departure:
        """Return the call, if the helper it calls is right for others."""
        if not self._is_right_elsewhere(best):
            return best
        for site, events in self._sites(planned):
            if site.kind == "call" and site.function != best.site.function:
                found = self._moved(best, events, planned, before, first_wrong)
                if found is not None:
                    return found
        return best

    def _or_where_it_goes(
        self,
        best: Departure,
        planned: Values,
        before: dict[str, bool],
        first_wrong: str,
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
        for site, events in self._sites(planned):
            is_later = events[-1].position > c.seen.position
            if site.is_load and site.target and is_later and site is not best.site:
                found = self._moved(best, events, planned, before, first_wrong)
                if found is not None:
                    return found
        return best

    def _moved(
        self,
        best: Departure,
        events: list[Seen],
        planned: Values,
        before: dict[str, bool],
        first_wrong: str,
    ) -> Departure | None:
        """Return the same corrections at another site, if they mend as much there."""
        left, moved = list(events), []
        for c in best.corrections:
            value = c.seen.event.value
            twin = next((e for e in left if _equal(e.event.value, value, 0.0)), None)
            if twin is None:
                return None
            left.remove(twin)
            moved.append(Correction(twin, c.value, c.quantity, c.factor_name))
        found = self._try(moved, planned, before, first_wrong)
        if found is None or len(found.still_wrong) > len(best.still_wrong):
            return None
        return found

    def _is_right_elsewhere(self, best: Departure) -> bool:
        mended = {c.seen.event.turn for c in best.corrections}
        others = [
            s
            for s in self.seen
            if s.site is best.site and s.event.turn not in mended and s.label
        ]
        return any(
            s.label.is_right and s.label.quantity.is_whole for s in others if s.label
        )


def _is_plausible(seen: Seen, quantity: Quantity) -> bool:
    """Tell whether one may have stood there by mistake for the other."""
    if not seen.site.is_load:
        return True
    if quantity.family in MADE_ON_THE_SPOT:
        return False
    if seen.label is None:
        return True
    family = seen.label.quantity.family
    return any(family in kind and quantity.family in kind for kind in KINDS)


def _is_step_before(one: Quantity, other: Quantity) -> bool:
    """Tell whether the other is made of the one: a of z, dz of da."""
    return one.layer == other.layer and (one.family, other.family) in STEPS_BEFORE


def _is_answer(seen: Seen) -> bool:
    """Tell whether it is True or False, one of them."""
    return seen.event.value.dtype.kind == "b" and seen.event.value.size == 1


def _is_float(seen: Seen) -> bool:
    return seen.event.value.dtype.kind == "f"


def _conditions(events: list[Seen]) -> Iterator[list[Correction]]:
    for answer in (True, False):
        found = [
            Correction(e, answer, None, str(answer))
            for e in events
            if e.event.value.size == 1 and bool(e.event.value.flat[0]) is not answer
        ]
        if found:
            yield found


def _best_of(best: list[Departure], found: Departure) -> list[Departure]:
    """Return the departures of the line that mends the most, the first such line."""
    if not best or len(found.still_wrong) < len(best[0].still_wrong):
        return [found]
    if len(found.still_wrong) > len(best[0].still_wrong):
        return best
    if _on_one_line(found.site, best[0]):
        return [*best, found]
    is_earlier = found.first.seen.position < best[0].first.seen.position
    return [found] if is_earlier else best


def _on_one_line(site: Site, departure: Departure) -> bool:
    other = departure.site
    return (site.file, site.statement) == (other.file, other.statement)


def clearest(departures: list[Departure]) -> Departure:
    """Return, of places on one line, the one of which the most can be said.

    The wrong array fetched, if it is not simply what the line should have made of it;
    then the largest expression; then a number; a condition last.
    """
    arrays = [d for d in departures if d.first.quantity is not None]
    made = [d for d in arrays if not d.site.is_load]
    meant = {id(d.first.quantity) for d in made}
    for d in arrays:
        label = d.first.seen.label
        is_fetched = d.site.is_load and label is not None and label.is_right
        is_plain = not d.first.factor_name and id(d.first.quantity) not in meant
        if is_fetched and is_plain:
            return d
    if made or arrays:
        return max(made or arrays, key=_extent)
    numbers = [d for d in departures if d.site.kind != "test"]
    return (numbers or departures)[0]


def _extent(departure: Departure) -> tuple[bool, bool, int]:
    """Rank places of one line: of an expression and its parts, the whole comes last."""
    site = departure.site
    return not departure.first.factor_name, site.kind != "changed", site.number


def _dims(value: Array) -> tuple[int, ...]:
    return tuple(sorted(n for n in value.shape if n != 1))


def _in_form(right: Array, found: Array, flipped: bool) -> Array | None:
    """Return the right array in the layout and type of the found one, or None."""
    squeezed = np.asarray(right).squeeze()
    turned = squeezed.T if flipped else squeezed
    if flipped and squeezed.ndim < 2:
        return None
    if turned.shape != found.squeeze().shape:
        return None
    shaped: Array = turned.reshape(found.shape)
    if found.dtype.kind in "bi" and np.array_equal(shaped, np.rint(shaped)):
        return shaped.astype(found.dtype)
    return shaped


def _typed(number: float, found: Array) -> Any:
    if found.dtype.kind in "iu" and number == round(number):
        return round(number)
    return number


def _equal(one: Any, other: Array, tolerance: float) -> bool:
    if np.shape(one) != np.shape(other):
        return False
    return agrees(one, other, tolerance)


def _agrees(given: Any, right: Any, tolerance: float) -> bool:
    if given is None or isinstance(given, Exception):
        return False
    return agrees(given, right, tolerance)


def same_answers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two runs gave the same, to the last digit."""
    if set(one) != set(other):
        return False
    for name, value in one.items():
        twin = other[name]
        if isinstance(value, Exception) or isinstance(twin, Exception):
            if type(value) is not type(twin):
                return False
            continue
        try:
            same = np.array_equal(value, twin, equal_nan=True)
        except TypeError:
            same = np.array_equal(value, twin)
        if not same:
            return False
    return True
