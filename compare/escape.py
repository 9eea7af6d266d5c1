"""Texts of somebody else's, an exception's or a file's name, made fit for print."""

import re
import unicodedata

# Longer texts of others are cut: their beginning and their end say most.
LONGEST = 500


def printable(text: str, longest: int = LONGEST) -> str:
    """Return a text of somebody else's so that it can be shown anywhere.

    Control characters, which a terminal would obey, and halves of surrogate pairs,
    which nothing can encode, are escaped; a long text keeps its beginning and end.
    """
    if len(text) > longest:
        half = (longest - 30) // 2
        left_out = len(text) - 2 * half
        text = f"{text[:half]} … {left_out:,} characters … {text[-half:]}"
    return "".join(c if _is_harmless(c) else repr(c)[1:-1] for c in text)


# Colours, which the suite prints itself.
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def for_terminal(text: str) -> str:
    """Return a text of our own so that nothing but colours and lines is obeyed.

    The last resort, for a name of somebody else's that got into it as it was.
    """
    if text.isprintable():
        return text
    parts = _COLOUR.split(text)
    parts[::2] = [
        "".join(c if c == "\n" or _is_harmless(c) else repr(c)[1:-1] for c in part)
        for part in parts[::2]
    ]
    return "".join(parts)


def _is_harmless(character: str) -> bool:
    # Cc: control, Cs: surrogates, Cf: invisible, some turn the direction of writing.
    return unicodedata.category(character) not in ("Cc", "Cs", "Cf")
