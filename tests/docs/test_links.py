"""Every link of every page leads somewhere, and every quoted line is in the code."""

import re
import shutil
from pathlib import Path

import pytest

from compare import registry
from docs.tools import links, pages
from docs.tools.pages import Link

PAGES = pages.all_pages()
ALL_LINKS = [link for page in PAGES for link in pages.links(page)]
LOCAL_LINKS = [link for link in ALL_LINKS if link.is_local]
CODE_LINKS = [link for link in LOCAL_LINKS if links.is_code_link(link)]


def where(link: Link) -> str:
    return f"{link.page.relative_to(pages.ROOT)}:{link.line}:{link.target}"


def test_the_pages_are_found() -> None:
    names = {str(page.relative_to(pages.ROOT)) for page in PAGES}
    assert {"docs/1-the-network.md", "docs/8-glossary.md", "CONTRIBUTING.md"} <= names


@pytest.mark.parametrize("link", LOCAL_LINKS, ids=where)
def test_a_local_link_leads_to_a_file(link: Link) -> None:
    assert link.path.exists(), f"{where(link)} leads to no file"
    assert link.path.is_relative_to(pages.ROOT)


@pytest.mark.parametrize(
    "link", [k for k in LOCAL_LINKS if k.path.suffix == ".md" and k.anchor], ids=where
)
def test_an_anchor_exists(link: Link) -> None:
    assert link.anchor in pages.anchors(link.path)


@pytest.mark.parametrize("link", CODE_LINKS, ids=where)
def test_a_line_link_points_at_the_line_it_quotes(link: Link) -> None:
    number = links.line_number(link.path, links.quoted(link))
    assert link.anchor == f"L{number}", (
        f"{where(link)} should be #L{number}: run `make docs` to mend line numbers"
    )


@pytest.mark.parametrize(
    "link", [k for k in LOCAL_LINKS if k.path.suffix == ".py" and k.anchor], ids=where
)
def test_an_anchor_in_code_is_a_line(link: Link) -> None:
    assert links.is_code_link(link)


@pytest.mark.parametrize("link", [k for k in LOCAL_LINKS if k.is_image], ids=where)
def test_an_image_says_what_it_shows(link: Link) -> None:
    assert len(link.text) >= 20, "a reader without eyes needs a sentence"


class TestTheMender:
    """`python -m docs.tools.links` on a page and a file of its own."""

    @pytest.fixture
    def page(self, tmp_path: Path) -> Path:
        shutil.copy(pages.ROOT / "numpy_impl" / "textbook.py", tmp_path)
        page = tmp_path / "page.md"
        page.write_text(
            "[`dW = inputs[layer].T @ dz`](textbook.py#L1), [`sgd`](textbook.py#L2)"
        )
        return page

    def test_it_writes_the_right_numbers(self, page: Path) -> None:
        assert links.mend(page) == (2, [])
        lines = (page.parent / "textbook.py").read_text().splitlines()
        matrix, function = pages.links(page)
        assert "dW = inputs[layer].T @ dz" in lines[int(matrix.anchor[1:]) - 1]
        assert lines[int(function.anchor[1:]) - 1].startswith("def sgd(")
        assert links.mend(page) == (0, [])

    def test_the_title_is_quoted_where_there_is_one(self, page: Path) -> None:
        page.write_text('[code](textbook.py#L1 "dW = inputs[layer].T @ dz")')
        assert links.mend(page) == (1, [])
        (link,) = pages.links(page)
        lines = (page.parent / "textbook.py").read_text().splitlines()
        assert link.title in lines[int(link.anchor[1:]) - 1]

    def test_it_follows_code_that_moved(self, page: Path) -> None:
        links.mend(page)
        before = [int(link.anchor[1:]) for link in pages.links(page)]
        code = page.parent / "textbook.py"
        code.write_text("# one more line\n" + code.read_text())
        links.mend(page)
        assert [int(link.anchor[1:]) for link in pages.links(page)] == [
            number + 1 for number in before
        ]

    def test_it_reports_a_line_that_changed(self, page: Path) -> None:
        code = page.parent / "textbook.py"
        code.write_text(code.read_text().replace("dW = inputs[layer].T", "dW = a.T"))
        _, failures = links.mend(page)
        assert len(failures) == 1
        assert "no line" in failures[0]

    def test_it_reports_a_quote_that_fits_two_lines(self, page: Path) -> None:
        page.write_text("[`return e / `](textbook.py#L1) [`import `](textbook.py#L2)")
        code = page.parent / "textbook.py"
        code.write_text(code.read_text() + "import math\n")
        _, failures = links.mend(page)
        assert len(failures) == 1
        assert "not in exactly one" in failures[0]


ENGINE_FOLDERS = {entry.folder for entry in registry.ENGINES.values()}
MENTION = re.compile(r"docs/(?P<page>[\w-]+\.md)(?:, equation (?P<number>\d+))?")
MENTIONS = [
    (path, match["page"], match["number"])
    for folder in sorted({"data", "compare", *ENGINE_FOLDERS})
    for path in sorted((pages.ROOT / folder).rglob("*.py"))
    for match in MENTION.finditer(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("path", "page", "number"),
    MENTIONS,
    ids=lambda value: getattr(value, "name", value),
)
def test_what_the_code_says_of_a_page_is_there(
    path: Path, page: str, number: str | None
) -> None:
    text = (pages.ROOT / "docs" / page).read_text(encoding="utf-8")
    assert number is None or rf"\tag{{{number}}}" in text
