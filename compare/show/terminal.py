"""What the reader's terminal can show: its width, and colours for words that matter.

Colour only repeats what a word says. It is left out where nobody would see it: in a
pipe, in a file, with NO_COLOR, on a terminal without colours.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Literal

from compare.show.words import NO_BREAK, unbroken

Mood = Literal["", "good", "bad", "doubt", "soft"]
# Of the sixteen colours that every theme of a terminal defines for its own background.
CODES: dict[Mood, str] = {"good": "32", "bad": "1;31", "doubt": "33", "soft": "2"}
# Lines of prose that are longer are hard to read.
PROSE_WIDTH = 96


def width(environ: Mapping[str, str] = os.environ) -> int | None:
    """Return how many characters fit into a line; None in a pipe or a file.

    COLUMNS in the environment is obeyed everywhere.
    """
    if environ.get("COLUMNS", "").isdecimal():
        return max(1, int(environ["COLUMNS"]))
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def has_colours(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether colours would be seen (see no-color.org and force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and environ.get("TERM") != "dumb"


def of_parent() -> dict[str, str]:
    """Return what a process must be told whose text goes to our own terminal."""
    limit = width()
    told = {} if limit is None else {"COLUMNS": str(limit)}
    return told | ({"FORCE_COLOR": "1"} if has_colours() else {})


def paint(text: str, mood: Mood) -> str:
    """Return text in the colour of a mood, or as it is."""
    if not mood or not text or not has_colours():
        return text
    return f"\x1b[{CODES[mood]}m{text}\x1b[0m"


def prose(text: str) -> str:
    """Return lines of prose, wrapped between words to what the terminal shows."""
    limit = width()
    if limit is None:
        return text
    lines = [_fill(line, min(limit, PROSE_WIDTH)) for line in text.split("\n")]
    return "\n".join(lines)


def listing(lines: Mapping[str, str], *, indent: str = "") -> str:
    """Return names, each with what it is beside it, wrapped there."""
    limit = width()
    room = max(map(len, lines)) + 2
    if limit is None:
        return "".join(f"{indent}{n:<{room}}{words}\n" for n, words in lines.items())
    hanging = " " * (len(indent) + room)
    return "".join(
        _fill(words, limit, f"{indent}{name:<{room}}", hanging) + "\n"
        for name, words in lines.items()
    )


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a list, wrapped, each with its full stop."""
    limit = min(width() or PROSE_WIDTH, PROSE_WIDTH)
    lines = []
    for sentence in sentences:
        whole = sentence if sentence.endswith(".") else f"{sentence}."
        lines.append(_fill(whole, limit, "- ", "  "))
    return "".join(f"{line}\n" for line in lines)


def _fill(text: str, limit: int, first: str = "", then: str = "") -> str:
    # Neither 784-128-64-10 nor a path is ever cut in two.
    filled = textwrap.fill(
        unbroken(text),
        limit,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(NO_BREAK, " ")
