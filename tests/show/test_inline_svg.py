"""Figures inside a page: marks, titles and colours survive; nothing leaks out."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot as plt

from compare.show import figure_style as style
from compare.show.inline_svg import SVG, inline


@pytest.fixture(scope="module")
def svg() -> str:
    return drawn("Two bars & a line")


def drawn(label: str) -> str:
    looks = style.looks(["a<b", "c"])
    with style.styled():
        figure, axes = plt.subplots()
        for place, (name, look) in enumerate(looks.items()):
            (bar,) = axes.barh(
                place, 1, color=style.tint(look.colour), hatch=look.hatch
            )
            style.mark(bar, look, f"{name}: 1 s")
        (line,) = axes.plot([0, 1], [0, 1], color="#123456")
        style.mark(line, None, "belongs to no row")
        axes.set_title("Title")
        return inline(figure, label)


def test_it_is_well_formed_and_called_by_its_label(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    assert root.tag == f"{{{SVG}}}svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", "Two bars & a line")
    assert root.get("width") is None  # as wide as the page lets it be
    assert root.get("viewBox")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"style", "metadata", "script"}


def test_marks_become_rows_and_titles(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    marked = {
        (element.get("class"), element[0].text)
        for element in root.iter()
        if len(element) and element[0].tag == f"{{{SVG}}}title"
    }
    expected = {("row-0", "a<b: 1 s"), ("row-1", "c: 1 s"), (None, "belongs to no row")}
    assert marked == expected


def test_colours_are_the_pages_and_words_are_words(svg: str) -> None:
    assert "color-mix(in srgb, var(--c0) 55%, var(--paper))" in svg
    assert "color-mix(in srgb, var(--c1) 55%, var(--paper))" in svg  # under its hatch
    assert "#123456" in svg  # a colour of nobody stays
    assert not re.search(r"#(000000|ffffff|222222|666666|dddddd)", svg)
    assert re.search(r"<text[^>]*>Title</text>", svg)
    assert "DejaVu" not in svg


def test_the_same_figure_is_the_same_and_two_share_no_name(svg: str) -> None:
    assert drawn("Two bars & a line") == svg
    ids = set(re.findall(r' id="([^"]+)"', svg))
    assert ids
    assert not ids & set(re.findall(r' id="([^"]+)"', drawn("Another label")))
