"""Reads the user's file while it runs: what each line computes, where it goes wrong.

`read` asks the questions of `questions.py` one after the other, and stops at the first
that is answered wrongly. Refuses to name a mistake: that is the diagnosis's work.
"""

from typing import Any

from compare.check.lines.computing import computed
from compare.check.lines.departure import Departure, Seen
from compare.check.lines.expected import expected_of
from compare.check.lines.questions import AnySubject, Topic, topics
from compare.check.lines.relation import relation_of
from compare.check.lines.result import Reading, WrongLine
from compare.check.lines.search import Search
from compare.check.lines.training import facts
from compare.check.lines.unexplained import first_strange_line, line_that_raised
from compare.check.lines.watching import Watch
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.of_functions import FunctionsSubject

NO_SOURCE = "Your lines could not be read: there is no source of them on this machine."
NOT_REPEATABLE = (
    "Your lines were not searched: two runs on the same batch do not give the same "
    "numbers (dropout, or a random start?)."
)


def read(subject: AnySubject, *, search: bool = True) -> Reading:
    """Return what the lines of a subject compute.

    Parameters
    ----------
    subject : ClassSubject or FunctionsSubject
    search : bool
        False if all gates passed: then no line is wrong, and only what the lines
        compute is asked.
    """
    watch = Watch.over(*objects_of(subject))
    reading = Reading(refusal=NO_SOURCE)
    if watch is not None:
        reading = Reading(sources=watch.sources)
        _ask_all(subject, watch, reading, search)
        reading.lines.sort(key=lambda line: (line.file, line.line))
    if search and isinstance(subject, ClassSubject):
        reading.facts = facts(subject, watch)
    return reading


def _ask_all(subject: AnySubject, watch: Watch, reading: Reading, search: bool) -> None:
    """Ask one topic after the other, until an answer is wrong."""
    trusted: frozenset[int] = frozenset()
    for topic in topics(subject):
        if not (search or topic.tells_lines):
            continue
        is_of_lending = topic.question.is_of_lending
        proved = frozenset() if is_of_lending else trusted
        looked = Search(topic.question, watch, trusted=proved)
        departures: list[Departure] = []
        if search:
            departures = looked.departures()
        else:
            looked.look()
        if not looked.is_repeatable and not departures:
            reading.refusal = NOT_REPEATABLE
            return
        if topic.tells_lines:
            reading.lines += computed(looked.seen, topic.question.quantities, reading)
        reading.wrong = [_wrong_line(d, looked, topic) for d in departures]
        if reading.wrong:
            return
        if looked.has_wrong_answers:
            if not is_of_lending:
                reading.wrong = line_that_raised(looked, topic.name)
                reading.unexplained = first_strange_line(looked, topic.name)
            return
        if not is_of_lending:
            trusted |= {s.site.number for s in looked.seen if not _is_setting(s)}


def objects_of(subject: AnySubject) -> tuple[Any, ...]:
    """Return the functions or the class behind a subject."""
    if isinstance(subject, FunctionsSubject):
        return tuple(f for f in (subject.forward, subject.gradients) if f is not None)
    return (subject.factory,)


def _is_setting(seen: Seen) -> bool:
    """Tell whether it sets a number, which may matter in other questions only."""
    return bool(seen.site.target) and seen.event.value.size == 1


def _wrong_line(departure: Departure, looked: Search, topic: Topic) -> WrongLine:
    site = departure.site
    return WrongLine(
        site.file,
        site.line,
        site.column,
        site.end_column if site.end_line == site.line else -1,
        site.target or site.text,
        site.text,
        expected_of(departure),
        relation_of(departure, looked.namer),
        topic.name,
        True,
        departure.mended,
        departure.still_wrong,
    )
