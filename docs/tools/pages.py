"""Read a Markdown page: its links, headings and code blocks.

Parsing is markdown-it-py's. What GitHub adds is here: the anchors of headings. It
judges nothing; `links.py` and the tests in `tests/docs` do.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]

_PARSER = MarkdownIt("gfm-like", {"linkify": False})
_MARKER = re.compile(r"<!--\s*(?P<text>.*?)\s*-->", re.DOTALL)
_HTML_ANCHOR = re.compile(r'<a (?:id|name)="(?P<anchor>[^"]+)">')


@dataclass(frozen=True)
class Link:
    """A link or an image: where it stands, what it shows, where it leads."""

    page: Path
    line: int
    text: str
    target: str
    is_image: bool = False
    title: str = ""

    @property
    def path(self) -> Path:
        """The file that a local link leads to; the page itself for ``#anchor``."""
        place = self.target.partition("#")[0]
        return (self.page.parent / place).resolve() if place else self.page

    @property
    def anchor(self) -> str:
        """What stands behind the ``#``, or an empty string."""
        return self.target.partition("#")[2]

    @property
    def is_local(self) -> bool:
        """Whether the link leads to a file of this project."""
        return not re.match(r"[a-z]+:", self.target)


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block, with the text of the HTML comment just before it, if any."""

    page: Path
    line: int
    language: str
    code: str
    marker: str


def all_pages(root: Path = ROOT) -> list[Path]:
    """Return every Markdown file of the project, in order."""
    pages = root.rglob("*.md")
    return sorted(p for p in pages if not _is_hidden(p.relative_to(root)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "results" for part in path.parts)


def links(page: Path) -> list[Link]:
    """Return the links and images of a page."""
    found = []
    for token in _tokens(page):
        if token.type != "inline" or token.children is None or token.map is None:
            continue
        children = token.children
        for i, child in enumerate(children):
            line = token.map[0] + 1
            if child.type == "link_open":
                end = next(
                    j
                    for j in range(i, len(children))
                    if children[j].type == "link_close"
                )
                text = "".join(c.content for c in children[i + 1 : end])
                href = unquote(str(child.attrs["href"]))
                title = str(child.attrs.get("title", ""))
                found.append(Link(page, line, text, href, title=title))
            elif child.type == "image":
                source = str(child.attrs["src"])
                found.append(Link(page, line, child.content, source, is_image=True))
    return found


def anchors(page: Path) -> set[str]:
    """Return what ``#…`` may name on a page: headings, and ``<a id="…">``."""
    found = set(_HTML_ANCHOR.findall(page.read_text(encoding="utf-8")))
    for heading in headings(page):
        anchor = slug(heading)
        number = 0
        while (anchor if number == 0 else f"{anchor}-{number}") in found:
            number += 1
        found.add(anchor if number == 0 else f"{anchor}-{number}")
    return found


def headings(page: Path) -> list[str]:
    """Return the headings of a page without their marks."""
    tokens = list(_tokens(page))
    return [
        "".join(c.content for c in following.children or [])
        for token, following in itertools.pairwise(tokens)
        if token.type == "heading_open"
    ]


def slug(heading: str) -> str:
    """Return GitHub's anchor: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def code_blocks(page: Path) -> list[CodeBlock]:
    """Return the fenced blocks of a page."""
    blocks, marker = [], ""
    for token in _tokens(page):
        if token.type == "html_block":
            match = _MARKER.search(token.content)
            marker = match["text"] if match else ""
        elif token.type == "fence" and token.map is not None:
            line = token.map[0] + 1
            language = token.info.strip()
            blocks.append(CodeBlock(page, line, language, token.content, marker))
            marker = ""
        elif not token.type.endswith("_open"):
            marker = ""
    return blocks


def _tokens(page: Path) -> Iterator[Token]:
    yield from _PARSER.parse(page.read_text(encoding="utf-8"))
