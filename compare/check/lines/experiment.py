"""The code of the user, run again and again with right values in it.

Refuses to decide what to put where, and what to conclude.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.check.lines.departure import (
    Correction,
    Departure,
    Question,
    Seen,
    Values,
)
from compare.check.lines.forms import answer_agrees, same_answers
from compare.check.lines.naming import Label, Namer
from compare.check.lines.recorder import (
    MOST_AT_ONE_SITE,
    Event,
    Recorder,
    Replacer,
)
from compare.check.lines.sites import Site
from compare.check.lines.watching import Watch


@dataclass
class Experiment:
    """One question to watched code, and what was seen when it was answered."""

    question: Question
    watch: Watch
    seen: list[Seen] = field(default_factory=list)
    statements: list[Seen] = field(default_factory=list)
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
        self._keep(recorder)

    def look_with(self, values: Values) -> None:
        """Run the code with these values in it, and name everything that comes up."""
        recorder = Recorder()
        with self.watch.reporting_to(Replacer(values, recorder)):
            self.given = self.question.ask()
        self._keep(recorder)

    def reach(self, values: Values) -> int:
        """Return how far the code gets with these values, in events."""
        recorder = Recorder()
        with self.watch.reporting_to(Replacer(values, recorder)):
            self.question.ask()
        return len(recorder.events)

    def _keep(self, recorder: Recorder) -> None:
        self.seen = [
            Seen(self.watch.sites[e.number], e, self.namer.name(e.value), position)
            for position, e in enumerate(recorder.events)
        ]
        ran = np.asarray(True)
        self.statements = [
            Seen(self.watch.sites[n], Event(n, 0, ran, fresh=True), None, position)
            for n, position in recorder.statements.items()
        ]

    def made_at(self) -> dict[int, int]:
        """Return where each quantity comes up first, by its id."""
        found: dict[int, int] = {}
        for seen in self.seen:
            if seen.label is not None:
                found.setdefault(id(seen.label.quantity), seen.position)
        return found

    @property
    def has_wrong_answers(self) -> bool:
        """Whether any answer of the code is not the right one."""
        if self.question.is_of_lending and self.exception is not None:
            return False  # that is for other questions
        return not all(self.judged(self.given).values())

    @property
    def is_training(self) -> bool:
        """Whether the question is about steps."""
        return bool(self.question.quantities.settings)

    @property
    def exception(self) -> Exception | None:
        """The first exception that came instead of an answer."""
        raised = (v for v in self.given.values() if isinstance(v, Exception))
        return next(raised, None)

    def judged(self, given: Mapping[str, Any]) -> dict[str, bool]:
        """Return which answers are right."""
        return {
            name: answer_agrees(given.get(name), right, self.question.tolerance)
            for name, right in self.question.right.items()
        }

    def answers(self, values: Values) -> dict[str, bool]:
        """Run the code with these values in it; return which answers are right."""
        with self.watch.reporting_to(Replacer(values)):
            return self.judged(self.question.ask())

    def does_harm(self, found: Departure) -> bool:
        """Tell whether a correction spoils what was right, and only makes up for it.

        ``self.sgd(theta, g)`` with the velocity in the place of g may give the right
        weights, but the velocity computed from it is wrong.
        """
        values = self.plan_with(found.corrections, {})
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

    def had_right_inputs(self, found: Departure) -> bool:
        """Tell whether what the line fetched was right when it first went wrong.

        It was not if it fetched a known quantity in other turns, and now something
        unknown: then the line computes what it should, from what is wrong already.
        """
        first = found.first.seen
        before = max(
            (
                s.position
                for s in self.seen
                if s.site is first.site and s.position < first.position
            ),
            default=-1,
        )
        for s in self.seen[before + 1 : first.position + 1]:
            is_input = s.site.is_load and s.site.statement == first.site.statement
            tells = s.event.value.size > 1 and bool(s.event.value.any())  # not a 0
            if is_input and tells and s.site.file == first.site.file:
                others = [o.label for o in self.seen if o.site is s.site and o.label]
                if _is_odd(s.label, others):
                    return False
        return True

    def departure_with(
        self,
        corrections: list[Correction],
        planned: Values,
        before: dict[str, bool],
    ) -> Departure | None:
        """Return the departure if it mends the first wrong answer and breaks none."""
        first_wrong = next(name for name, ok in before.items() if not ok)
        after = self.answers(self.plan_with(corrections, planned))
        if not after[first_wrong] or any(before[n] and not after[n] for n in before):
            return None
        in_order = sorted(corrections, key=lambda c: c.seen.position)
        return Departure(
            in_order[0].seen.site,
            tuple(in_order),
            tuple(n for n, ok in after.items() if ok and not before[n]),
            tuple(n for n, ok in after.items() if not ok),
        )

    def plan_with(self, corrections: Sequence[Correction], planned: Values) -> Values:
        """Return a plan with the corrections of one place, or of one line, added."""
        values = {number: dict(turns) for number, turns in planned.items()}
        for site in {c.seen.site for c in corrections if not c.seen.site.is_load}:
            values.setdefault(site.number, {}).update(self._right_turns(site))
        for c in corrections:
            event, place = c.seen.event, values.setdefault(c.seen.site.number, {})
            if c.quantity is None and self.exception is not None:
                # A number is the same in the turns that the exception has hidden.
                place |= dict.fromkeys(range(event.turn, MOST_AT_ONE_SITE), c.value)
            place[event.turn] = c.value
        return values

    def _right_turns(self, site: Site) -> dict[int, Any]:
        """Return what a place gave in the turns in which it was right.

        They stay as they are while other turns are corrected: a wrong sign in each of
        two layers is right again in the second.
        """
        return {
            s.event.turn: s.event.value
            for s in self.seen
            if s.site is site
            and s.label is not None
            and s.label.is_right
            and s.label.quantity.is_whole
            and s.label.row is None
        }

    def sites(self, planned: Values) -> Iterator[tuple[Site, list[Seen]]]:
        """Yield the sites in the order in which they were reached first."""
        by_site: dict[int, list[Seen]] = {}
        for seen in self.seen:
            by_site.setdefault(seen.site.number, []).append(seen)
        for number, events in by_site.items():
            if number not in planned:
                yield events[0].site, events


def _is_odd(label: Label | None, others: list[Label]) -> bool:
    """Tell whether it is unknown, or da, and something known, or dz, in other turns."""
    known = {o.quantity.family for o in others if o.is_right and o.quantity.is_whole}
    if label is None:
        return bool(known)
    return label.quantity.family == "da" and "dz" in known
