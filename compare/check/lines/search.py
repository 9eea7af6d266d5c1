"""The first line that leaves the right way, found by mending it.

For each place of the user's code a right quantity is put where a wrong value was, and
the code runs again. The first place whose correction makes every answer right is where
the mistake is: nothing before it is wrong, and nothing after it is. No mistake need be
known for that. Where no single place mends everything, the one that mends the most is
taken, and the search goes on behind it.

Refuses to correct what is right already, and to blame a line that only fetches what
another line made wrong.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from compare.check.lines.attempts import Attempts
from compare.check.lines.blame import (
    or_its_call,
    or_its_maker,
    or_its_two_inputs,
    or_where_it_counts,
    or_where_it_goes,
)
from compare.check.lines.choice import best_of, clearest, on_one_line
from compare.check.lines.departure import Correction, Departure, Seen, Values
from compare.check.lines.experiment import Experiment
from compare.check.lines.forms import dims_of
from compare.check.lines.left_out import superfluous
from compare.check.lines.lending import COPY
from compare.check.lines.sites import Site, stores_its_argument
from compare.check.lines.suspicion import may_be_wrong

SECONDS = 8.0  # of processor time, for one search: a busy machine finds as much
MOST_MISTAKES = 3
MOST_HIDDEN = 3  # layers behind an exception


@dataclass
class Search(Experiment):
    """Looks for departures in the code behind one question.

    `trusted` are sites that came out right in other questions: they are suspected
    only if nothing else mends the answers.
    """

    seconds: float = SECONDS
    trusted: frozenset[int] = frozenset()
    attempts: Attempts = field(init=False)

    def departures(self) -> list[Departure]:
        """Return the first departure, and those that remain when it is mended."""
        self.look()
        as_it_is = self.seen, self.given
        found = list(self._one_by_one(time.process_time() + self.seconds))
        self.seen, self.given = as_it_is
        return found

    def _one_by_one(self, deadline: float) -> Iterator[Departure]:
        planned: Values = {}
        if not self.is_repeatable:  # a shuffle of one's own, say
            spoilt = superfluous(self, planned, self.judged(self.given))
            if spoilt is not None and not self.question.is_of_lending:
                yield spoilt
        can_tell = self.is_repeatable and self.has_wrong_answers
        for _ in range(MOST_MISTAKES if can_tell else 0):
            if planned:
                self.look_with(planned)
            right = self.judged(self.given)
            if all(right.values()):
                break
            self.attempts = Attempts(self.question, self.given, self.made_at())
            best = self._one_too_many(planned, right, deadline) or self._best(
                planned, right, deadline
            )
            if best is None or (self.exception is not None and best.still_wrong):
                break  # where it raised says more than what mends a part of it
            yield best
            planned = self.plan_with(best.corrections, planned)

    def _one_too_many(
        self, planned: Values, before: dict[str, bool], deadline: float
    ) -> Departure | None:
        """Return the line without which all is right, or what is wrong in that line."""
        if self.question.is_of_lending or self.exception is not None:
            return None
        found = superfluous(self, planned, before)
        if found is None:
            return None
        suspects = self._suspects(planned, frozenset())
        in_it = [s for s in suspects if on_one_line(s[1], found)]
        better = self._first_that_mends(in_it, planned, before, deadline)
        if better is None or better.still_wrong or better.first.is_number:
            return found
        return better

    def _best(
        self, planned: Values, before: dict[str, bool], deadline: float
    ) -> Departure | None:
        """Return the best departure; what is least suspicious is tried last."""
        best: Departure | None = None
        self.set_aside: Departure | None = None
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
        if self.set_aside is not None and (best is None or best.still_wrong):
            return self.set_aside
        return best

    def _first_that_mends(
        self,
        suspects: list[tuple[int, Site, list[Seen]]],
        planned: Values,
        before: dict[str, bool],
        deadline: float,
    ) -> Departure | None:
        best: list[Departure] = []  # all of one line, and equally good
        for first, site, events in suspects:
            if time.process_time() > deadline:
                break
            if best and not best[0].still_wrong:
                is_later = first > best[0].first.seen.position
                if is_later and not on_one_line(site, best[0]):
                    continue
            turns = [s for s in self.seen if s.site is site]
            for corrections in self.attempts.of(site, events, turns):
                found = self._departure(corrections, planned, before)
                if found is None or _is_chance(found):
                    continue
                if not found.still_wrong and self._is_doubtful(found):
                    if self.set_aside is None:
                        self.set_aside = or_its_two_inputs(
                            self, self.attempts, found, planned, before
                        )
                    continue
                best = best_of(best, found)
                if found.still_wrong and not site.is_load:
                    for both in self._with_the_other_values(found, planned, before):
                        if both.still_wrong or not self._is_doubtful(both):
                            best = best_of(best, both)
        if not best:
            return None
        chosen = or_its_call(self, self.attempts, clearest(best), planned, before)
        chosen = or_its_maker(self, chosen, planned, before)
        chosen = or_its_two_inputs(self, self.attempts, chosen, planned, before)
        chosen = or_where_it_counts(self, chosen)
        return or_where_it_goes(self, chosen, planned, before)

    def _with_the_other_values(
        self, found: Departure, planned: Values, before: dict[str, bool]
    ) -> Iterator[Departure]:
        """Yield the correction of a second value that the same statement makes.

        ``dW, db = sum_W + dW, sum_b + db`` is one line, and one mistake.
        """
        first = found.site
        for site, turns in self.sites(planned):
            is_twin = (
                site.target
                and site.target == first.target
                and on_one_line(site, found)
                and not first.column <= site.column < first.end_column
            )
            if not is_twin:
                continue
            doubtful = [e for e in turns if may_be_wrong(e)]
            for more in self.attempts.of(site, doubtful, turns):
                corrections = [*found.corrections, *more]
                both = self.departure_with(corrections, planned, before)
                if both is not None and len(both.mended) > len(found.mended):
                    yield both

    def _departure(
        self, corrections: list[Correction], planned: Values, before: dict[str, bool]
    ) -> Departure | None:
        """Return the departure if these corrections mend the first wrong answer.

        With the wrong value mended in one layer, an exception may come in the next:
        the correction goes on in the turns which it has hidden.
        """
        found = self.departure_with(corrections, planned, before)
        if found is not None or self.exception is None or self.is_training:
            return found
        kept, reach = (self.seen, self.given), len(self.seen)
        for _ in range(MOST_HIDDEN):
            now = self.reach(self.plan_with(corrections, planned))
            if now <= reach:
                break
            reach = now
            options = list(self._in_hidden_turns(corrections, planned))
            if not options:
                break
            corrections = max(
                options, key=lambda c: self.reach(self.plan_with(c, planned))
            )
        self.seen, self.given = kept
        return self.departure_with(corrections, planned, before)

    def _in_hidden_turns(
        self, corrections: list[Correction], planned: Values
    ) -> Iterator[list[Correction]]:
        self.look_with(self.plan_with(corrections, planned))
        done = {c.seen.event.turn for c in corrections}
        first = corrections[0]
        turns = [s for s in self.seen if s.site is first.seen.site]
        hidden = [s for s in turns if s.event.turn not in done]
        if not hidden or first.quantity is None or self.exception is None:
            return
        for more in self.attempts.of(first.seen.site, hidden, turns):
            other = more[0].quantity
            if other is not None and other.family == first.quantity.family:
                yield [*corrections, *more]

    def _is_doubtful(self, found: Departure) -> bool:
        """Tell whether a correction only makes up for what is wrong elsewhere.

        Another thing fetched may do so before the mistake, a result behind it.
        """
        if found.first.factor_name == COPY:
            return False
        if found.site.is_load and (_keeps_its_name(found) or self.does_harm(found)):
            return True
        return not self.had_right_inputs(found)

    def _suspects(
        self, planned: Values, trusted: frozenset[int]
    ) -> list[tuple[int, Site, list[Seen]]]:
        """Return what may be wrong, in the order in which it first is."""
        found = []
        for site, events in self.sites(planned):
            doubtful = [e for e in events if may_be_wrong(e)]
            is_given = stores_its_argument(site)  # by the checker: it is not wrong
            if not doubtful or site.number in trusted or is_given:
                continue
            first = doubtful[0].position
            if site.is_load:  # its other turns may be wrong because of the first
                doubtful = [e for e in events if e in doubtful or e.label is None]
            else:  # η g is the update in the first step, and nothing in the second
                dims = {dims_of(e.event.value) for e in doubtful}
                doubtful = [e for e in events if dims_of(e.event.value) in dims]
            found.append((first, site, doubtful))
        found.sort(key=lambda suspect: suspect[0])
        return found

    def _skipped_steps(self, planned: Values) -> list[tuple[int, Site, list[Seen]]]:
        """Return whole lines that are right as far as they go: ``dz = dz2 @ W2.T``."""
        return [
            (events[0].position, site, events)
            for site, events in self.sites(planned)
            if site.target
            and not site.is_load
            and any(
                e.label is not None and e.label.is_right and e.label.quantity.is_whole
                for e in events
            )
        ]


def _is_chance(found: Departure) -> bool:
    """Tell whether it is a number that mends a part: some number often does."""
    return found.first.quantity is None and bool(found.still_wrong)


def _keeps_its_name(found: Departure) -> bool:
    """Tell whether something is stored where its name says.

    ``zs.append(z)``, or ``cache["Z" + str(k)] = z``.
    """
    label, target = found.first.seen.label, found.site.target
    if label is None or not label.is_right:
        return False
    names = re.findall(r"""['"]([A-Za-z]+)|(?:^|\.)([A-Za-z]+)""", target)
    last = "".join(names[-1]) if names else ""
    return last.lower().startswith(label.quantity.family.lower())
