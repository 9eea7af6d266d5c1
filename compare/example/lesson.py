"""The example one array at a time, with a question before each: "your turn".

An answer is right if it is within half a unit of its last place. `?` shows the
arithmetic, `z0[1,2]?` that of any number, Enter goes on, `q` ends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from compare.contract import IntArray
from compare.errors import UsageError
from compare.example import text
from compare.example.arithmetic import Index, Quantity, explained, find, number
from compare.show.words import count

HELP = (
    "Before each array you are asked for one number of it. Type it (four places are "
    "enough),\n? for its arithmetic, z0[0,1]? for that of any number, Enter to go on, "
    "q to end.\n"
)
CLOSE = 6e-5  # half a unit of the fourth place, and a little


def teach(
    known: list[Quantity],
    y: IntArray,
    new_loss: float,
    *,
    ask: Callable[[str], str],
    say: Callable[[str], object],
) -> None:
    """Go through the example; `ask` returns an answer or raises EOFError."""
    say(HELP)
    n_right = n_asked = 0
    try:
        for heading, quantities in text.parts(known):
            say(f"\n{heading}\n")
            for quantity in quantities:
                if quantity.equation is not None:
                    right = _your_turn(quantity, known, ask, say)
                    n_right, n_asked = (
                        n_right + bool(right),
                        n_asked + (right is not None),
                    )
                say("\n".join(text.block(quantity)) + "\n")
                if quantity.name == "X":
                    say(text.labels(y) + "\n")
        say("\n".join(text.step(known, new_loss)) + "\n")
    except (EOFError, StopIteration):
        say("\n")
    if n_asked:
        say(f"\nYou were right {count(n_right, 'time')} out of {n_asked}.\n")


def _your_turn(
    quantity: Quantity,
    known: list[Quantity],
    ask: Callable[[str], str],
    say: Callable[[str], object],
) -> bool | None:
    """Ask for one number; return whether it was right, None if none was given."""
    at = telling_place(quantity)
    place = f"[{','.join(map(str, at))}]" if at else ""
    value = float(quantity.values[at])
    say(f"\nYour turn ({quantity.equation}): {quantity.title}\n")
    first: bool | None = None
    while True:
        answer = ask(f"  {quantity.name}{place} = ").strip()
        if answer == "q":
            raise EOFError
        if not answer:
            return first
        if answer.endswith("?"):
            _explain(answer[:-1].strip(), (quantity, at), known, say)
            continue
        right = _is_close(answer, value)
        if right is None:
            say(f"  {answer!r} is no number: 0.25 or 1/4 are, and ? shows the way\n")
            continue
        first = right if first is None else first
        if right:
            say(f"  Yes, {number(value)}.\n")
            return first
        say("  No. Try again, ? shows the arithmetic, Enter goes on.\n")


def telling_place(quantity: Quantity) -> Index:
    """Return the place of the largest number, the first of them."""
    flat = int(np.argmax(np.abs(quantity.values)))
    return tuple(int(i) for i in np.unravel_index(flat, quantity.values.shape))


def _explain(
    text_of_place: str,
    default: tuple[Quantity, Index],
    known: list[Quantity],
    say: Callable[[str], object],
) -> None:
    try:
        wanted = find(text_of_place, known) if text_of_place else default
        say(f"  {explained(*wanted)}\n")
    except UsageError as error:
        say(f"  {error}\n")


def _is_close(answer: str, value: float) -> bool | None:
    """Compare an answer, a number or a fraction; None if it is neither."""
    above, _, below = answer.replace(",", ".").partition("/")
    try:
        given = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return None
    places = len(above.partition(".")[2]) if not below else 4
    return abs(given - value) <= max(CLOSE, 0.51 * 10.0**-places if places > 1 else 0)
