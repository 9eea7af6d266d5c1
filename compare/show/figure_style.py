"""One look for all figures: colours that colour-blind readers can tell apart, and a
marker and line style for each row, so that no figure relies on colour alone.
"""

import functools
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito's palette, without yellow, which is too light for lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#444444")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "//", "..", "xx", "\\\\", "--", "++")
GREY = "#666666"
INK = "#222222"
LINE = "#dddddd"
DPI = 150
# How much of a colour is left in a light area of it.
TINTS = (0.55, 0.6)
# How much wider than the last of several lines the first one is, at most, in points.
WIDEST = 5.0
# What the name of a marked artist begins with.
MARK = "row "

SETTINGS: dict[str, Any] = {
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@dataclass(frozen=True)
class Look:
    """How one row is drawn in every figure."""

    colour: str
    marker: str
    hatch: str
    place: int
    """Of the row among all; what is marked with it can be hidden on a page."""


def looks(labels: Sequence[str]) -> dict[str, Look]:
    """Return one look per row; the same order gives the same looks.

    Where colours begin again, markers and hatches have moved on by one: of 49 rows no
    two look alike.
    """
    found = {}
    for i, label in enumerate(labels):
        form = i + i // len(COLOURS)
        found[label] = Look(
            COLOURS[i % len(COLOURS)],
            MARKERS[form % len(MARKERS)],
            HATCHES[form % len(HATCHES)],
            i,
        )
    return found


def extra_width(place: int, n_lines: int) -> float:
    """Return by how many points a line is wider than the last of `n_lines`.

    Lines that lie on one another all stay visible if each is narrower than the one
    before, drawn in this order.
    """
    step = min(1.0, WIDEST / max(1, n_lines - 1))
    return step * (n_lines - 1 - place)


@contextmanager
def styled() -> Iterator[None]:
    """Draw with these settings, on no screen, and leave matplotlib as it was."""
    import matplotlib as mpl

    mpl.use("Agg")
    with mpl.rc_context(SETTINGS):  # type: ignore[arg-type]  # the stubs want literals
        yield


def mark(artist: Any, look: Look | None, words: str = "") -> None:
    """Say which row an artist draws, if one, and its value, for a page to show."""
    artist.set_gid(f"{MARK}{'' if look is None else look.place} {words}")


@functools.cache
def page_colours() -> dict[str, str]:
    """Return CSS for our colours, for a page that defines its own for light and dark.

    `--ink`, `--soft`, `--line`, `--paper`, and `--c0` to `--c6` for the rows.
    """
    from matplotlib.colors import to_hex

    names = {INK: "ink", "#000000": "ink", GREY: "soft", LINE: "line"}
    names["#ffffff"] = "paper"
    css = {colour: f"var(--{name})" for colour, name in names.items()}
    for i, colour in enumerate(COLOURS):
        css[colour.lower()] = f"var(--c{i})"
        for strength in TINTS:
            css[to_hex(tint(colour, strength))] = (
                f"color-mix(in srgb, var(--c{i}) {100 * strength:.0f}%, var(--paper))"
            )
    return css


def tint(colour: str, strength: float = TINTS[0]) -> tuple[float, float, float]:
    """Return a lighter colour, not a transparent one: grid lines stay behind it."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def headline(figure: "Figure", text: str, **place: float) -> None:
    """Put a sentence over the whole figure, from its left edge.

    Without a layout that moves it up, `y` says how high it stands.
    """
    figure.suptitle(text, x=0.01, ha="left", fontsize=10, color=GREY, **place)


def save(figure: "Figure", path: Path) -> str:
    """Save a figure in the format of its suffix, free its memory, return its name."""
    from matplotlib import pyplot as plt

    content = io.BytesIO()
    try:
        kind = path.suffix.lower().removeprefix(".")
        figure.savefig(content, format=kind, dpi=DPI, bbox_inches="tight")
    finally:
        plt.close(figure)
    write_atomically(path, content.getvalue())
    return path.name
