"""Formulas in the pages are in the form that GitHub shows.

Inside `$…$` Markdown comes first: it eats a backslash before a punctuation mark, and
a formula broken over two lines is not one. Displayed formulas are in math blocks.
"""

import re
from pathlib import Path

import pytest

from docs.tools import pages

PAGES = [page for page in pages.all_pages() if "$" in page.read_text(encoding="utf-8")]
INLINE = re.compile(r"\$([^$]+)\$")


def prose(page: Path) -> list[str]:
    """Return the lines of a page without its code."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`]*`", "", text).splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_inline_formulas_survive_markdown(page: Path) -> None:
    for line in prose(page):
        assert line.count("$") % 2 == 0, f"a formula is broken over lines: {line}"
        for formula in INLINE.findall(line):
            assert not re.search(r"\\[^\w\s]", formula), f"Markdown eats a \\: {line}"
            assert formula == formula.strip(), f"no space inside the dollars: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_braces_of_formulas_match(page: Path) -> None:
    blocks = [b.code for b in pages.code_blocks(page) if b.language == "math"]
    for formula in [*blocks, *INLINE.findall("\n".join(prose(page)))]:
        assert formula.count("{") == formula.count("}")
        pairs = [len(re.findall(rf"\\{side}\b", formula)) for side in ("left", "right")]
        assert pairs[0] == pairs[1]
