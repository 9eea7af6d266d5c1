"""Reads the user's file while it runs: what each line computes, where it goes wrong.

`read` asks the questions of `questions.py` one after the other, and stops at the first
that is answered wrongly. Refuses to name a mistake: that is the diagnosis's work.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from compare.check.guard import UserCodeError
from compare.check.lines.departure import Departure, Seen
from compare.check.lines.quantities import Quantities
from compare.check.lines.questions import AnySubject, Topic, topics
from compare.check.lines.relation import expected_of, relation_of
from compare.check.lines.result import Computed, Reading, WrongLine
from compare.check.lines.rewriting import Site
from compare.check.lines.search import Search
from compare.check.lines.training import facts
from compare.check.lines.watching import Watch
from compare.check.simulate.equations import Equations
from compare.check.subject.of_class import ClassSubject
from compare.check.subject.of_functions import FunctionsSubject

NO_SOURCE = "Your lines could not be read: there is no source of them on this machine."
NOT_REPEATABLE = (
    "Your lines were not searched: two runs on the same batch do not give the same "
    "numbers (dropout, or a random start?)."
)
FRAME = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+)')


def read(
    subject: AnySubject,
    *,
    search: bool = True,
    equations: Equations | None = None,
    is_known: Callable[[str], bool] = lambda topic: False,
) -> Reading:
    """Return what the lines of a subject compute.

    Parameters
    ----------
    subject : ClassSubject or FunctionsSubject
    search : bool
        False if all gates passed: then no line is wrong, and only one question is
        asked.
    equations : Equations
        Those of the network that the subject is meant to be.
    is_known : callable
        Tells of the name of a topic whether it need not be asked.
    """
    watch = Watch.over(*objects_of(subject))
    if watch is None:
        found = Reading(refusal=NO_SOURCE)
        if search and isinstance(subject, ClassSubject):
            found.facts = facts(subject, None)
        return found
    reading = Reading(sources=watch.sources)
    trusted: set[int] = set()
    for topic in topics(subject, equations):
        if is_known(topic.name):
            continue
        looked = Search(topic.question, watch, trusted=frozenset(trusted))
        departures = looked.departures() if search else []
        if not search:
            looked.look()
        if not looked.is_repeatable:
            reading.refusal = NOT_REPEATABLE
            break
        if topic.name in ("get_weights", "one batch") or _is_training(topic):
            reading.lines += computed(looked.seen, topic.question.quantities, reading)
        reading.wrong = [_wrong_line(d, looked, topic) for d in departures]
        is_explained = reading.wrong or topic.question.is_of_lending
        if not is_explained and search and looked.has_wrong_answers:
            reading.wrong = list(_fallback(looked, topic))
        if reading.wrong or looked.has_wrong_answers:
            break
        if not topic.question.is_of_lending:
            trusted |= {s.site.number for s in looked.seen if not _is_setting(s)}
        if not search and _is_training(topic):
            break
    if search and isinstance(subject, ClassSubject):
        reading.facts = facts(subject, watch)
    reading.lines.sort(key=lambda line: (line.file, line.line))
    return reading


def objects_of(subject: AnySubject) -> tuple[Any, ...]:
    """Return the functions or the class behind a subject."""
    if isinstance(subject, FunctionsSubject):
        return tuple(f for f in (subject.forward, subject.gradients) if f is not None)
    return (subject.factory,)


def _is_setting(seen: Seen) -> bool:
    """Tell whether it sets a number, which may matter in other questions only."""
    return bool(seen.site.target) and seen.event.value.size == 1


def _is_training(topic: Topic) -> bool:
    return "step" in topic.name or "training" in topic.name


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


# --- what no correction mends -----------------------------------------------------


def _fallback(looked: Search, topic: Topic) -> Iterator[WrongLine]:
    """Yield the line that raised, or the first whose value is not recognised."""
    raised = looked.exception
    if isinstance(raised, UserCodeError):
        for match in reversed(list(FRAME.finditer(raised.trace))):
            file, line = match["file"], int(match["line"])
            source = looked.watch.sources.get(file)
            if source and 0 < line <= len(source):
                text = source[line - 1].strip()
                sentence = raised.sentence.partition(" raised ")[2] or raised.sentence
                yield WrongLine(
                    file,
                    line,
                    0,
                    -1,
                    text,
                    text,
                    "no exception",
                    sentence,
                    topic.name,
                    False,
                )
                return
    for seen in looked.seen:
        if seen.site.number in looked.trusted:
            continue  # wrong by what came before: it was right in other questions
        if _is_strange(seen, looked.question.quantities):
            site = seen.site
            shape = " × ".join(map(str, seen.event.value.shape))
            yield WrongLine(
                site.file,
                site.line,
                site.column,
                site.end_column if site.end_line == site.line else -1,
                site.target,
                site.text,
                "a quantity of the right computation",
                f"none of them is like it ({shape} numbers)",
                topic.name,
                False,
            )
            return


def _is_strange(seen: Seen, quantities: Quantities) -> bool:
    value = seen.event.value
    dims = tuple(sorted(n for n in value.shape if n != 1))
    return (
        bool(seen.site.target)
        and seen.event.fresh
        and seen.label is None
        and value.size > 1
        and any(q.is_whole for q in quantities.by_dims.get(dims, ()))
        and bool((value != value.flat[0]).any())
    )


# --- what each line computes ------------------------------------------------------


def computed(
    seen: list[Seen], quantities: Quantities, known: Reading
) -> Iterator[Computed]:
    """Yield what each line computes that stores, returns or changes something."""
    done = {(line.file, line.line, line.variable) for line in known.lines}
    by_place: dict[tuple[str, int, str], list[Seen]] = {}
    for one in seen:
        site = one.site
        if site.target:
            by_place.setdefault((site.file, site.line, site.target), []).append(one)
    for (file, line, variable), turns in by_place.items():
        text = _together(turns, quantities)
        if text and (file, line, variable) not in done:
            yield Computed(file, line, variable, text)


def _together(turns: list[Seen], quantities: Quantities) -> str:
    """Return what a line computes, over all its turns."""
    last: Site = turns[-1].site
    texts: list[str] = []
    for seen in turns:
        text = str(seen.label) if seen.label else _number(seen, quantities)
        if seen.label is not None and seen.label.row is not None:
            text = text.partition(", sample")[0] + ", one sample at a time"
        if text:
            texts.append(text)
    if not texts:
        return ""
    unique = list(dict.fromkeys(texts))
    if last.kind == "changed" and len(unique) > 1:
        whole = [t for t in unique if "so far" not in t]
        unique = whole or unique[-1:]
    if len(unique) > 4:
        return f"{unique[0]}, {unique[1]}, …, {unique[-1]}"
    return _common_tail(unique)


def _common_tail(texts: list[str]) -> str:
    """Return "z[0], z[1], transposed" instead of the form after each."""
    tails = {text.partition(", ")[2] for text in texts}
    if len(tails) == 1 and (tail := tails.pop()):
        return ", ".join(text.partition(", ")[0] for text in texts) + f", {tail}"
    return ", ".join(texts)


def _number(seen: Seen, quantities: Quantities) -> str:
    value = seen.event.value
    if value.size != 1 or seen.site.kind == "test" or value.dtype.kind == "b":
        return ""
    number = float(value.flat[0])
    if number == quantities.n_rows:
        return "B"
    for q in quantities.by_dims.get((), ()):
        if abs(number - float(q.value.flat[0])) < 1e-12:
            return q.name
    return ""
