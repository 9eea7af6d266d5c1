"""A matplotlib figure as SVG inside a page, where it takes part in what the page does.

The same drawing code serves files and pages. Inside a page the figure follows its
colours, light or dark; an artist that `figure_style.mark` has marked can be hidden with
all that belongs to its row, and tells its value when pointed at. Words stay words: they
can be found, copied and printed sharply.
"""

import io
import re
from typing import Any
from xml.etree import ElementTree

from matplotlib import pyplot as plt
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from compare.show import figure_style as style

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
REFERENCE = re.compile(r"url\(#([^)]+)\)")
FONTS = re.compile(r"font-family: [^;]+;? *")


def inline(figure: Figure, label: str) -> str:
    """Return the figure as an svg element called `label`, and free its memory.

    The same figure gives the same characters.
    """
    file = io.BytesIO()
    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set(facecolor="none", edgecolor="none")
    # Names inside the SVG are random unless they are derived from a salt; with a salt
    # of its own, no figure of a page refers to another's.
    with plt.rc_context({"svg.hashsalt": label, "svg.fonttype": "none"}):
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        # Not by `savefig`, which draws twice.
        canvas: Any = FigureCanvasSVG(figure)  # of which matplotlib gives no types
        canvas.print_svg(file, metadata=nothing)
    plt.close(figure)
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314  # our own figure
    _clean(root)
    root.set("role", "img")
    root.set("aria-label", label)
    for namespace, prefix in ((SVG, ""), (XLINK, "xlink")):
        ElementTree.register_namespace(prefix, namespace)
    return ElementTree.tostring(root, encoding="unicode")


def _clean(root: ElementTree.Element) -> None:
    """Leave out what a page has no use for, and put marks and colours in its terms."""
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    for parent in list(root.iter()):
        for child in list(parent):
            # Metadata, and a style sheet that would hold for the whole page.
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    used = _references(root)
    for element in root.iter():
        _follow_the_page(element)
        name = element.get("id", "")
        if name.startswith(style.MARK):
            _tell(element, name)
        if name not in used:
            element.attrib.pop("id", None)


def _references(root: ElementTree.Element) -> set[str]:
    """Return the names that elements are called by from elsewhere in the figure."""
    found = {e.get(f"{{{XLINK}}}href", "").lstrip("#") for e in root.iter()}
    for element in root.iter():
        for value in element.attrib.values():
            found.update(REFERENCE.findall(value))
    return found


def _tell(element: ElementTree.Element, name: str) -> None:
    """Turn the mark of an artist into a class and a title."""
    place, _, words = name.removeprefix(style.MARK).partition(" ")
    if place:
        element.set("class", f"row-{place}")
    if words:
        title = ElementTree.Element(f"{{{SVG}}}title")
        title.text = words
        element.insert(0, title)


def _follow_the_page(element: ElementTree.Element) -> None:
    """Name colours by what they mean, and take the page's font."""
    parts = [element.attrib.pop("style", "")]
    # Of hatches; only a style knows variables.
    attributes = [n for n in ("fill", "stroke") if element.get(n, "").startswith("#")]
    parts += [f"{name}: {element.attrib.pop(name)}" for name in attributes]
    shown = FONTS.sub("", "; ".join(filter(None, parts)))
    for colour, variable in style.page_colours().items():
        shown = shown.replace(colour, variable)
    if shown:
        element.set("style", shown)
