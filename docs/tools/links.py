"""Links into the code: each quotes a piece of the line that it leads to.

    [`dW = inputs[layer].T @ dz`](../numpy_impl/textbook.py#L59)
    [code](../numpy_impl/textbook.py#L59 "dW = inputs[layer].T @ dz")

The title is quoted, or the text where there is none. The quoted piece is the truth; the
number follows it. `python -m docs.tools.links` writes the right numbers after the code
has moved. It changes nothing else, and says which quoted pieces are no longer there:
those need an author.
"""

import re
import sys
from pathlib import Path

from docs.tools import pages
from docs.tools.pages import Link

_LINE = re.compile(r"L(\d+)")


class LinkError(Exception):
    """A quoted piece does not occur, or occurs in several lines."""


def is_code_link(link: Link) -> bool:
    """Whether the link leads to a line of a file of this project."""
    return link.is_local and _LINE.fullmatch(link.anchor) is not None


def quoted(link: Link) -> str:
    """Return the piece of code that a link quotes."""
    return link.title or link.text


def line_number(path: Path, quoted: str) -> int:
    """Return the one line of a file that contains `quoted`, counted from 1.

    A name alone, as `softmax` or `test_forward`, means the line that defines it.

    Raises
    ------
    LinkError
        If no line or more than one contains it.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    is_name = quoted.isidentifier()
    name = re.escape(quoted)
    definition = re.compile(rf"\s*(def|class) {name}\b|{name} ?[:=]")
    found = [
        number
        for number, line in enumerate(lines, start=1)
        if (definition.match(line) if is_name else quoted in line)
    ]
    if len(found) != 1:
        places = f"lines {', '.join(map(str, found))}" if found else "no line"
        raise LinkError(f"{path.name} has `{quoted}` in {places}, not in exactly one")
    return found[0]


def mend(page: Path) -> tuple[int, list[str]]:
    """Rewrite the line numbers of a page; return how many, and what failed."""
    text = page.read_text(encoding="utf-8")
    n_mended, failures = 0, []
    for link in filter(is_code_link, pages.links(page)):
        try:
            number = line_number(link.path, quoted(link))
        except (LinkError, OSError) as error:
            failures.append(f"{page.name}:{link.line}: {error}")
            continue
        place = link.target.partition("#")[0]
        new_target = f"{place}#L{number}"
        old, new = f"`{link.text}`]({link.target})", f"`{link.text}`]({new_target})"
        if link.title:
            mark = "'" if '"' in link.title else '"'
            titled = f"{mark}{link.title}{mark}"
            old, new = f"({link.target} {titled})", f"({new_target} {titled})"
        n_mended += old != new and old in text
        text = text.replace(old, new)
    if n_mended:
        page.write_text(text, encoding="utf-8")
    return n_mended, failures


def main() -> int:
    """Mend every page; return 1 if a link needs an author."""
    n_mended, failures = 0, []
    for page in pages.all_pages():
        n_page, page_failures = mend(page)
        n_mended += n_page
        failures += page_failures
    sys.stdout.write(f"{n_mended} line numbers changed\n")
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
