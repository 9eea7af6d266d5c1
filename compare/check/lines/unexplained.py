"""What is told where no correction makes the answers right.

The line that raised; or the first whose value is like nothing that a right computation
holds, which need not be the mistake. Refuses to call the latter wrong.
"""

import re

from compare.check.guard import UserCodeError
from compare.check.lines.departure import Seen
from compare.check.lines.quantities import Quantities
from compare.check.lines.result import WrongLine
from compare.check.lines.search import Search

FRAME = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+)')


def line_that_raised(looked: Search, topic: str) -> list[WrongLine]:
    """Return the last line of the user's files that an exception has passed."""
    raised = looked.exception
    if not isinstance(raised, UserCodeError):
        return []
    for match in reversed(list(FRAME.finditer(raised.trace))):
        file, line = match["file"], int(match["line"])
        source = looked.watch.sources.get(file, [])
        if 0 < line <= len(source):
            text = source[line - 1].strip()
            sentence = raised.sentence.partition(" raised ")[2] or raised.sentence
            wanted = "no exception"
            return [
                WrongLine(file, line, 0, -1, text, text, wanted, sentence, topic, False)
            ]
    return []


def first_strange_line(looked: Search, topic: str) -> WrongLine | None:
    """Return the first line whose value is not recognised, though it could be."""
    for seen in looked.seen:
        if seen.site.number in looked.trusted:
            continue  # wrong by what came before: it was right in other questions
        if _is_strange(seen, looked.question.quantities):
            site = seen.site
            shape = " × ".join(map(str, seen.event.value.shape))
            return WrongLine(
                site.file,
                site.line,
                site.column,
                site.end_column if site.end_line == site.line else -1,
                site.target,
                site.text,
                "a quantity of the right computation",
                f"none of them is like it ({shape} numbers)",
                topic,
                False,
            )
    return None


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
